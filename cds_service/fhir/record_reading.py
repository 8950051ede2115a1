"""Everything that came for one patient → PatientRecord, whatever release it is in and whatever is wrong with it.

Each resource is decoded and read on its own: one that cannot be read is listed as unread and hides no other.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from cds_service.fhir.allergies import allergy
from cds_service.fhir.appointments import appointment
from cds_service.fhir.belonging import belongs
from cds_service.fhir.chart import Chart, Entry
from cds_service.fhir.conditions import condition
from cds_service.fhir.elements import Resource, word
from cds_service.fhir.glimpse import UNREADABLE
from cds_service.fhir.medications import medication_use
from cds_service.fhir.needs import DRAFTS, NEEDS, Need
from cds_service.fhir.observations import observation
from cds_service.fhir.orders import order, single_orders
from cds_service.fhir.patient import patient
from cds_service.fhir.prefetch import ABSENT, Looked
from cds_service.fhir.procedures import procedure
from cds_service.fhir.reports import imaging_study, report
from cds_service.record import Drafts, NotAssessed, Patient, PatientRecord, Unread

NOT_DECODED: Final = "could not be decoded"
NO_RESOURCE: Final = "is not a FHIR resource"
FOREIGN: Final = "belongs to another patient"
ODD_SHAPE: Final = "has a shape that could not be read"

Reader = Callable[[Resource, str, Chart], Any]

# Resource type → the record's part that it becomes, and how.
READERS: Final[Mapping[str, tuple[str, Reader]]] = {
    "Patient": ("patient", patient),
    "Condition": ("conditions", condition),
    "MedicationStatement": ("medications", medication_use),
    "MedicationRequest": ("medications", medication_use),
    "MedicationOrder": ("medications", medication_use),
    "MedicationAdministration": ("medications", medication_use),
    "MedicationDispense": ("medications", medication_use),
    "Procedure": ("procedures", procedure),
    "Observation": ("observations", observation),
    "ServiceRequest": ("orders", order),
    "ProcedureRequest": ("orders", order),
    "DiagnosticOrder": ("orders", order),
    "DiagnosticRequest": ("orders", order),
    "ReferralRequest": ("orders", order),
    "Task": ("orders", order),
    "DiagnosticReport": ("reports", report),
    "ImagingStudy": ("reports", imaging_study),
    "AllergyIntolerance": ("allergies", allergy),
    "Appointment": ("appointments", appointment),
}


# Drafts first: what is being signed may be on the server too, and must not be taken for something that stood before.
_READ: Final[Mapping[str, Need]] = {DRAFTS.key: DRAFTS, **NEEDS}


def read_record(looked: Mapping[str, Looked], patient_id: str, zone: ZoneInfo) -> PatientRecord:
    """The record of this patient; instants in UTC become days in `zone`. Never raises for what the values hold."""
    unread: list[Unread] = []
    chart = Chart(_decoded(looked, unread), zone)
    parts: dict[str, list[Any]] = {field: [] for field, _ in READERS.values()}
    drafts: dict[str, list[Any]] = {field: [] for field in Drafts._fields}
    done: set[str] = set()
    for entry in chart.entries:
        is_draft = entry.need == DRAFTS.key  # several may have one id, until a server gives them their own
        if entry.kind not in _READ[entry.need].types or (entry.reference in done and not is_draft):
            continue
        if entry.reference:
            done.add(entry.reference)
        field, reader = READERS[entry.kind]
        try:
            if belongs(entry, patient_id, chart):
                into = drafts if is_draft else parts
                into[field] += [reader(piece, entry.reference, chart) for piece in single_orders(entry.resource)]
            else:
                unread.append(Unread(entry.need, entry.reference, FOREIGN))
        except Exception:  # A shape that nobody thought of must not cost the patient the rest of the chart.
            unread.append(Unread(entry.need, entry.reference, ODD_SHAPE))
    patients = parts.pop("patient")
    return PatientRecord(
        patient=patients[0] if patients else Patient(),
        unread=tuple(unread),
        not_assessed=tuple(_not_assessed(looked)),
        drafts=Drafts(**{field: tuple(found) for field, found in drafts.items()}),
        **{field: tuple(found) for field, found in parts.items()},
    )


def _decoded(looked: Mapping[str, Looked], unread: list[Unread]) -> Iterator[Entry]:
    """Every resource of every key in the contract's order, those included for reference too."""
    for key in _READ:
        for piece in looked.get(key, ABSENT).cuts:
            try:
                resource = msgspec.json.decode(piece.resource)
            except UNREADABLE:
                unread.append(Unread(key, "", NOT_DECODED))
                continue
            if isinstance(resource, dict) and word(resource, "resourceType"):
                yield Entry.of(key, resource, piece.full_url)
            else:
                unread.append(Unread(key, "", NO_RESOURCE))


def _not_assessed(looked: Mapping[str, Looked]) -> Iterator[NotAssessed]:
    """Further needs that nobody looked at, or not to the end; of the required ones only the latter (without them
    there is no answer).
    """
    for need in NEEDS.values():
        found = looked.get(need.key, ABSENT)
        if found.problem and (found.state == "incomplete" or not need.required):
            yield NotAssessed(need.key, found.problem)
