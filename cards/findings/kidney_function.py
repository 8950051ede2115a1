"""Kidney function, for contrast media: the latest eGFR, and severe kidney disease on record (clinical_rules.md 1.2)."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from cards.findings.clinical_text import fold
from cards.findings.condition_status import is_current
from cards.findings.lab_orders import is_written_as, ordered_test
from cards.findings.lab_results import is_test, newest, numbered, taken_on
from cards.findings.labels import label
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Observation, PatientRecord, Quantity


class Egfr(NamedTuple):
    """Estimated glomerular filtration rate in mL/min/1.73 m2."""

    value: Quantity
    evidence: Evidence

    def is_below(self, limit: float) -> bool:
        """Surely below: `<30` is below 30, `<60` is not surely."""
        if self.value.comparator == "<":
            return self.value.high <= limit
        return self.value.comparator not in (">", ">=") and self.value.low < limit


def egfr(record: PatientRecord, today: date, within_days: float) -> Egfr | None:
    """The latest usable eGFR of these days, in mL/min; another unit or no number is no result."""
    results = (numbered(o) for o in record.observations if is_test(o.code, "egfr"))
    found = newest(filter(_is_a_rate, results), today, within_days)
    if found is None or found.value is None:
        return None
    on = taken_on(found)
    return Egfr(found.value, Evidence(found.reference, on.written if on else "", label(found.code, "egfr")))


def _is_a_rate(result: Observation) -> bool:
    if result.value is None:
        return False
    return not result.value.unit or fold(result.value.unit).replace(" ", "").startswith("ml/min")


def ordered_creatinine(record: PatientRecord, today: date, within_days: float) -> Evidence | None:
    """An open order that will bring a new eGFR."""
    return ordered_test(
        record,
        lambda code: value_set("renal_labs").match(code) or is_written_as(code, "creatinine"),
        today,
        within_days,
    )


def severe_kidney_disease(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Evidence | None:
    """A current entry of chronic kidney disease, stage 4 or 5."""
    for condition in record.conditions:
        if value_set("kidney_disease_severe").match(condition.code) and is_current(
            condition, today, limits, record.conditions
        ):
            on = condition.onset or condition.recorded
            return Evidence(
                condition.reference, on.written if on else "", label(condition.code, "kidney_disease_severe")
            )
    return None
