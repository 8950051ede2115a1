"""Whose the whole of a value is: one that holds nothing but another patient's things is no answer at all."""

from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from cds_service.fhir.belonging import belongs
from cds_service.fhir.chart import Chart, Entry
from cds_service.fhir.glimpse import UNREADABLE
from cds_service.fhir.needs import Need
from cds_service.fhir.prefetch import Looked

ANOTHER_PATIENTS: Final = "belongs to another patient"
_ANY_ZONE: Final = ZoneInfo("UTC")


class _Named(msgspec.Struct):
    resourceType: Any = None  # noqa: N815 – FHIR's own name
    id: Any = None


_decode: Final = msgspec.json.Decoder(_Named).decode


def of_patient(looked: Looked, need: Need, patient_id: str) -> Looked:
    """The same value, or a failed one if all of it belongs to somebody else (for a list, or for the Patient)."""
    if looked.state not in ("present", "incomplete") or _is_plainly_theirs(looked, need, patient_id):
        return looked
    chart = Chart((Entry.of(need.key, resource, piece.full_url) for resource, piece in looked.decoded), _ANY_ZONE)
    own = [entry for entry in chart.entries if entry.kind in need.types]
    if own and not any(belongs(entry, patient_id, chart) for entry in own):
        return Looked("failed", ANOTHER_PATIENTS)
    return looked


def _is_plainly_theirs(looked: Looked, need: Need, patient_id: str) -> bool:
    """The cheap look, enough for almost every value: the Patient's id, or a reference to them as servers write it."""
    if "Patient" in need.types:
        try:
            patient = _decode(looked.pages[0])
        except UNREADABLE:
            return False
        return bool(patient.resourceType == "Patient" and patient.id == patient_id)
    mark = f'Patient/{patient_id}"'.encode()
    return any(mark in bytes(page) for page in looked.pages)
