"""The guidance that holds for this patient (clinical_rules.md 3.3): adult, pregnancy, under 18 years. The lowest that
applies.
"""

from math import inf
from typing import NamedTuple

from cards.fasciculation_check.parts import day, whole
from cards.findings.clinical_text import fold
from cards.findings.lab_results import latest
from cards.findings.months import years_between
from cards.findings.pregnancy import pregnant
from cds_service.advice import Evidence, Phrase, Values, View
from cds_service.record import Observation

# Kilograms in one unit of body weight, UCUM and as written.
_KILOGRAMS = {
    "kg": 1.0,
    "kilogram": 1.0,
    "kilograms": 1.0,
    "g": 0.001,
    "[lb_av]": 0.45359237,
    "lb": 0.45359237,
    "lbs": 0.45359237,
}


class CaffeineLimit(NamedTuple):
    """mg a day, the line that says why, and what it rests on."""

    mg: float
    why: Phrase
    evidence: tuple[Evidence, ...] = ()


def caffeine_limit(view: View) -> CaffeineLimit:
    """Strictly above it is above it. A patient who is not surely under 18 is taken for an adult."""
    adult = view.limits["caffeine_adult_mg"]
    found = [CaffeineLimit(adult, Phrase("line/caffeine-limit-adult", {"limit": whole(adult)}))]
    pregnancy = pregnant(view.record, view.today, view.limits)
    if pregnancy is not None:
        mg = view.limits["caffeine_pregnancy_mg"]
        values: Values = {"limit": whole(mg), "what": pregnancy.display, "date": pregnancy.date or "–"}
        found.append(CaffeineLimit(mg, Phrase("line/caffeine-limit-pregnancy", values), (pregnancy,)))
    if _is_child(view):
        found.append(_child_limit(view))
    return min(found, key=lambda limit: limit.mg)


def _is_child(view: View) -> bool:
    born = view.record.patient.born
    return born is not None and years_between(born.earliest, view.today) < view.limits["caffeine_adult_years"]


def _child_limit(view: View) -> CaffeineLimit:
    years = whole(view.limits["caffeine_adult_years"])
    days = view.limits["caffeine_weight_days"]
    observation = latest(view.record, "body_weight", view.today, days)
    kilograms = _kilograms(observation)
    if observation is None or kilograms is None:
        mg = view.limits["caffeine_child_mg"]
        return CaffeineLimit(
            mg, Phrase("line/caffeine-limit-child", {"limit": whole(mg), "years": years, "days": whole(days)})
        )
    per_kg = view.limits["caffeine_child_mg_per_kg"]
    when = day(observation.effective)
    values: Values = {
        "limit": whole(per_kg * kilograms),
        "years": years,
        "per_kg": per_kg,
        "weight": round(kilograms, 1),
        "date": when,
    }
    evidence = Evidence(observation.reference, when, observation.code.label)
    return CaffeineLimit(round(per_kg * kilograms, 6), Phrase("line/caffeine-limit-child-weight", values), (evidence,))


def _kilograms(observation: Observation | None) -> float | None:
    if observation is None or observation.value is None:
        return None
    factor = _KILOGRAMS.get(fold(observation.value.unit))
    kilograms = observation.value.low * factor if factor is not None else 0.0
    return kilograms if 0 < kilograms < inf else None
