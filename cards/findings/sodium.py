"""Sodium in blood, for the medicines that can lower it (clinical_rules.md 5–9, R7b)."""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from cards.findings.clinical_text import fold
from cards.findings.condition_status import is_current
from cards.findings.lab_orders import is_written_as, ordered_test
from cards.findings.lab_results import is_test, newest, numbered, taken_on
from cards.findings.labels import label
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import LOINC, Observation, PatientRecord, Quantity

_UNITS: Final = frozenset({"", "mmol/l", "meq/l", "mmol per liter", "mval/l"})


class Sodium(NamedTuple):
    """One result in mmol/L."""

    value: Quantity
    evidence: Evidence

    def is_below(self, limit: float) -> bool:
        """Surely below: `<135` is below 135, `>120` is not surely."""
        if self.value.comparator == "<":
            return self.value.high <= limit
        return self.value.comparator not in (">", ">=") and self.value.high < limit


def sodium(record: PatientRecord, today: date, within_days: float) -> Sodium | None:
    """The latest usable sodium of these days; another unit or no number is no result."""
    results = (numbered(o) for o in record.observations if is_test(o.code, "sodium"))
    found = newest(filter(_is_in_moles, results), today, within_days)
    if found is None or found.value is None:
        return None
    on = taken_on(found)
    return Sodium(found.value, Evidence(found.reference, on.written if on else "", label(found.code, "sodium")))


def _is_in_moles(result: Observation) -> bool:
    return result.value is not None and fold(result.value.unit) in _UNITS


def ordered_sodium(record: PatientRecord, today: date, within_days: float) -> Evidence | None:
    """An open order for it, by its code or its words; a panel that holds it too."""
    return ordered_test(
        record, lambda code: is_test(code, "sodium") or is_written_as(code, "sodium"), today, within_days
    )


def hyponatraemia(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Evidence | None:
    """A current entry of low sodium in the blood."""
    for condition in record.conditions:
        row = value_set("hyponatraemia").match(condition.code)
        if row and row["system"] != LOINC and is_current(condition, today, limits, record.conditions):
            on = condition.onset or condition.recorded
            return Evidence(condition.reference, on.written if on else "", label(condition.code, "hyponatraemia"))
    return None
