"""Procedure: `notPerformed` in DSTU2, `notDone` in STU3, a status since R4; performed[x] until R4, occurrence[x] in
R5.
"""

from typing import Final

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import (
    Resource,
    concepts,
    first_concept,
    first_quantity,
    flag,
    notes,
    status_word,
    word,
)
from cds_service.record import Procedure

_WHEN: Final = ("performedDateTime", "performedPeriod", "occurrenceDateTime", "occurrencePeriod", "occurrenceTiming")
_WORDS: Final = ("performedString", "occurrenceString", "performedDateTime", "occurrenceDateTime")
_AGES: Final = ("performedAge", "performedRange", "occurrenceAge", "occurrenceRange")
_R4_STATUS: Final = {"suspended": "on-hold", "aborted": "stopped"}


def procedure(resource: Resource, reference: str, chart: Chart) -> Procedure:
    reasons = chart.reasons(resource)
    performed = chart.moment(resource, *_WHEN)
    return Procedure(
        reference=reference,
        code=first_concept(resource, "code"),
        status=_status(resource),
        status_reasons=concepts(
            resource, "statusReason", "notDoneReason", "reasonNotPerformed", "reasonNotPerformedCodeableConcept"
        ),
        performed=performed,
        performed_words="" if performed else word(resource, *_WORDS) or _age_words(resource),
        reasons=reasons.concepts,
        reason_references=reasons.references,
        body_sites=concepts(resource, "bodySite"),
        outcome=first_concept(resource, "outcome"),
        notes=notes(resource),
    )


def _status(resource: Resource) -> str:
    status = status_word(resource, "status")
    if status != "entered-in-error" and flag(resource, "notDone", "notPerformed"):
        return "not-done"
    return _R4_STATUS.get(status, status)


def _age_words(resource: Resource) -> str:
    """`age 55 a`, or `age 50 to 55 a`."""
    age = first_quantity(resource, *_AGES)
    if age is None:
        return ""
    span = f"{age.low:g}" if age.low == age.high else f"{age.low:g} to {age.high:g}"
    return f"age {span} {age.unit}".rstrip()
