"""Medicines that are named by reference only, and whose Medication did not come along."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from cds_service.fhir.chart import local, reference_of
from cds_service.fhir.elements import Resource, each, word
from cds_service.fhir.glimpse import UNREADABLE
from cds_service.fhir.needs import DRAFTS
from cds_service.fhir.prefetch import ABSENT, Looked

NAMING: Final = (DRAFTS.key, "medicationStatements", "medicationRequests", "medicationAdministrations")
_MEDICATION: Final = "Medication/"


def unresolved(looked: Mapping[str, Looked]) -> dict[str, str]:
    """Each reference to a Medication that did not come, as it was written → the need that it was found under."""
    wanted: dict[str, str] = {}
    here: set[str] = set()
    for key in NAMING:
        for resource, full_url in _decoded(looked.get(key, ABSENT)):
            here |= {local(full_url), f"{word(resource, 'resourceType')}/{word(resource, 'id')}"}
            for value in each(resource, "medicationReference", "medication"):
                reference = reference_of(value) if isinstance(value, dict) else ""
                if local(reference).startswith(_MEDICATION):
                    wanted.setdefault(reference, key)
    return {reference: key for reference, key in wanted.items() if local(reference) not in here}


def _decoded(looked: Looked) -> Iterator[tuple[Resource, str]]:
    for piece in looked.cuts:
        try:
            resource: Any = msgspec.json.decode(piece.resource)
        except UNREADABLE:
            continue
        if isinstance(resource, dict):
            yield resource, piece.full_url
