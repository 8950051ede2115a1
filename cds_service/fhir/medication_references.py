"""Medicines that are named by reference only, and whose Medication did not come along."""

from collections.abc import Mapping
from typing import Final

from cds_service.fhir.chart import local, reference_of
from cds_service.fhir.elements import each, word
from cds_service.fhir.needs import DRAFTS
from cds_service.fhir.prefetch import ABSENT, Looked

NAMING: Final = (DRAFTS.key, "medicationStatements", "medicationRequests", "medicationAdministrations")
_MEDICATION: Final = "Medication/"


def unresolved(looked: Mapping[str, Looked]) -> dict[str, str]:
    """Each reference to a Medication that did not come, as it was written → the need that it was found under."""
    wanted: dict[str, str] = {}
    here: set[str] = set()
    for key in NAMING:
        for resource, piece in looked.get(key, ABSENT).decoded:
            here |= {local(piece.full_url), f"{word(resource, 'resourceType')}/{word(resource, 'id')}"}
            for value in each(resource, "medicationReference", "medication"):
                reference = reference_of(value) if isinstance(value, dict) else ""
                if local(reference).startswith(_MEDICATION):
                    wanted.setdefault(reference, key)
    return {reference: key for reference, key in wanted.items() if local(reference) not in here}
