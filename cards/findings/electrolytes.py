"""Calcium, magnesium and potassium below their range, and TSH below its (clinical_rules.md 4): the latest result of
each decides.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from cards.findings.clinical_text import fold
from cards.findings.lab_results import is_below_range, is_test, newest, numbered, taken_on
from cds_service.record import Observation, PatientRecord

Electrolyte = Literal["calcium", "magnesium", "potassium"]

_ALBUMIN = "1751-7"
_IONISED = frozenset({"1994-3", "1995-0"})
_CORRECTED = frozenset({"29265-6"})
_TSH = frozenset({"3016-3", "11580-8"})
# The limit that stands for a missing reference range, by what is measured and the unit as it is written, folded.
_TSH_LIMITS = dict.fromkeys(("mu/l", "miu/l", "m[iu]/l", "uiu/ml", "u[iu]/ml", "uu/ml"), "tsh_low_miu_l")
_LIMITS = {
    "calcium": {"mg/dl": "calcium_low_mg_dl", "mmol/l": "calcium_low_mmol_l"},
    "ionised-calcium": {"mmol/l": "ionised_calcium_low_mmol_l"},
    "magnesium": {"mg/dl": "magnesium_low_mg_dl", "mmol/l": "magnesium_low_mmol_l"},
    "potassium": {"mmol/l": "potassium_low_mmol_l", "meq/l": "potassium_low_mmol_l"},
    "tsh": _TSH_LIMITS,
}


class LowResult(NamedTuple):
    """A result below its range."""

    electrolyte: Electrolyte
    observation: Observation

    @property
    def date(self) -> str:
        taken = taken_on(self.observation)
        return taken.written if taken else ""


def electrolyte_results(
    record: PatientRecord, today: date, limits: Mapping[str, float]
) -> dict[Electrolyte, Observation]:
    """The latest result of each within `electrolyte_days`. Ionised calcium goes before one corrected for albumin, and
    that before a total, where these are not newer.
    """
    days = limits["electrolyte_days"]

    def results(test: Electrolyte) -> list[Observation]:
        return [numbered(o) for o in record.observations if is_test(o.code, test) and not _has(o, {_ALBUMIN})]

    calcium = results("calcium")
    kinds = (
        (o for o in calcium if _has(o, _IONISED)),
        (o for o in calcium if _has(o, _CORRECTED)),
        (o for o in calcium if not _has(o, _IONISED | _CORRECTED)),
    )
    found = {
        "calcium": _most_telling(*(newest(kind, today, days) for kind in kinds)),
        "magnesium": newest(results("magnesium"), today, days),
        "potassium": newest(results("potassium"), today, days),
    }
    names: tuple[Electrolyte, ...] = ("calcium", "magnesium", "potassium")
    return {name: result for name in names if (result := found[name]) is not None}


def low_electrolytes(record: PatientRecord, today: date, limits: Mapping[str, float]) -> tuple[LowResult, ...]:
    """Those whose latest result lies below its range; unknown is not low."""
    results = electrolyte_results(record, today, limits)
    return tuple(LowResult(name, o) for name, o in results.items() if is_below_range(o, _usual_low(name, o, limits)))


def low_tsh(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Observation | None:
    """The latest TSH of the last `tsh_days`, if it lies below its reference."""
    results = (numbered(o) for o in record.observations if is_test(o.code, "thyroid") and _has(o, _TSH))
    result = newest(results, today, limits["tsh_days"])
    return result if result is not None and is_below_range(result, _usual_low("tsh", result, limits)) else None


def _has(observation: Observation, codes: frozenset[str] | set[str]) -> bool:
    return any(coding.code in codes for coding in observation.code.codings)


def _most_telling(*results: Observation | None) -> Observation | None:
    """The first of these, unless one that tells less is newer."""
    best = None
    for result in results:
        if result is not None and (best is None or _is_newer(result, best)):
            best = result
    return best


def _is_newer(one: Observation, other: Observation) -> bool:
    first, second = taken_on(one), taken_on(other)
    return first is not None and second is not None and first.latest > second.latest


def _usual_low(name: str, observation: Observation, limits: Mapping[str, float]) -> float | None:
    """The usual lower limit in the result's own unit, where one is known."""
    unit = fold(observation.value.unit) if observation.value else ""
    form = "ionised-calcium" if name == "calcium" and _has(observation, _IONISED) else name
    limit = _LIMITS[form].get(unit)
    return limits[limit] if limit else None
