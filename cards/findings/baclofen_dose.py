"""How many milligrams of baclofen a day (clinical_rules.md 5–9, R7d). Dosages are read as those of caffeine are."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache

from cards.findings.caffeine_dose import portions
from cards.findings.caffeine_products import DosedProduct
from cards.findings.clinical_text import fold
from cards.findings.dosage_frequency import Range
from cards.findings.medication_exposure import wordings
from cards.findings.vocabulary import table
from cards.value_sets import value_set
from cds_service.record import MedicationUse


def baclofen_a_day(uses: Iterable[MedicationUse], today: date, limits: Mapping[str, float]) -> Range | None:
    """From what is certain to the most that may be taken; None where one entry does not tell.

    An order and a statement of the same strength tell of the same tablets; of several strengths each is taken.
    """
    kinds: dict[str, dict[float, Range]] = {}
    for use in uses:
        amount = _of_one(use, today, limits)
        if amount is None:
            return None
        strengths = kinds.setdefault(use.kind, {})
        strength = _strength(use)[0] or 0.0
        strengths[strength] = max(strengths.get(strength, Range(0, 0)), amount, key=lambda a: a.high)
    sums = [Range(sum(a.low for a in s.values()), sum(a.high for a in s.values())) for s in kinds.values()]
    return max(sums, key=lambda a: a.high) if sums else None


def _of_one(use: MedicationUse, today: date, limits: Mapping[str, float]) -> Range | None:
    mg, per_ml = _strength(use)
    product = DosedProduct("baclofen", mg, per_ml, single=True)
    found = portions(product, use.dosages, today, limits)
    if not found or any(portion.unknown for portion in found):
        return None
    low, high = sum(p.fixed.low for p in found), sum(p.fixed.high + p.as_needed for p in found)
    return Range(low, high)


def _strength(use: MedicationUse) -> tuple[float | None, bool]:
    """Milligrams in one piece, or in one millilitre (then True)."""
    row = value_set("baclofen").match(use.medication)
    for wording in (fold(row["display"]) if row else "", *wordings(use)):
        found = _written().search(wording)
        if found:
            mg, per = _number(found["amount"]), _number(found["per"] or "1")
            return (mg / per, bool(found["volume"])) if mg and per else (None, False)
    for ingredient in use.ingredients:
        strength, per_unit = ingredient.strength, fold(ingredient.per_unit)
        if strength is not None and fold(strength.unit) == "mg" and ingredient.per > 0:
            return strength.low / ingredient.per, per_unit == "ml"
    return None, False


def _number(text: str) -> float:
    return float(text.replace(",", "."))


@cache
def _written() -> re.Pattern[str]:
    return re.compile(table("oral_drugs")["strength"]["pattern"])
