"""Appointment: what it is for moved from `type` and `reason` (DSTU2) to serviceType, reasonCode (R4) and
CodeableReferences (R5).
"""

from typing import Final

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import Resource, concepts, notes, status_word
from cds_service.record import Appointment

_ABOUT: Final = (
    "serviceType",
    "type",
    "reasonCode",
    "reason",
    "reasonReference",
    "appointmentType",
    "specialty",
    "serviceCategory",
)
_WORDS: Final = ("description", "comment", "note", "patientInstruction")


def appointment(resource: Resource, reference: str, chart: Chart) -> Appointment:
    about = (*concepts(resource, *_ABOUT), *chart.reasons(resource).concepts)
    return Appointment(
        reference=reference,
        status=status_word(resource, "status"),
        start=chart.date(resource, "start"),
        requested=chart.period(resource, "requestedPeriod"),
        about=tuple(dict.fromkeys(about)),
        description="; ".join(dict.fromkeys(notes(resource, *_WORDS))),
        created=chart.date(resource, "created"),
    )
