"""Which FHIR release a patient's data are in, told by their shape: the request doesn't say."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from cds_service.fhir.elements import Resource, each, one, word
from cds_service.fhir.glimpse import UNREADABLE
from cds_service.fhir.needs import DRAFTS, NEEDS
from cds_service.fhir.prefetch import ABSENT, Looked

Release: TypeAlias = Literal["DSTU2", "STU3", "R4", "R5"]
_A_FEW: Final = 5

# Elements and types that exist in one release alone.
_DSTU2_TYPES: Final = ("MedicationOrder", "DiagnosticOrder")
_DSTU2_ELEMENTS: Final = (
    "dateRecorded",
    "wasNotTaken",
    "wasNotGiven",
    "notPerformed",
    "reasonForUseCodeableConcept",
    "reasonForUseReference",
    "comments",
    "orderedOn",
    "codedDiagnosis",
    "effectiveTimeDateTime",
    "effectiveTimePeriod",
    "dateWritten",
)
_DSTU2_ELEMENTS_OF: Final = {
    "Condition": ("patient",),
    "MedicationStatement": ("patient",),
    "AllergyIntolerance": ("substance",),
    "Procedure": ("reasonCodeableConcept",),
}
_STU3_ELEMENTS: Final = ("assertedDate", "taken", "notDone", "notGiven", "comment", "definition")
_R5_ELEMENTS: Final = ("adherence", "medication", "occurenceDateTime", "occurencePeriod", "renderedDosageInstruction")
_R5_ELEMENTS_OF: Final = {
    "Procedure": ("occurrenceDateTime", "occurrencePeriod", "occurrenceString", "reportedBoolean", "recorded")
}
_REFERABLE: Final = ("reason", "code", "serviceType", "procedure", "usedCode")


# How servers and clients write a release, in their addresses and settings.
_NAMED: Final[Mapping[str, Release]] = {
    **dict.fromkeys(("dstu2", "r2"), "DSTU2"),
    **dict.fromkeys(("stu3", "dstu3", "r3"), "STU3"),
    **dict.fromkeys(("r4", "r4b"), "R4"),
    "r5": "R5",
}
# Ballots and patches count as the release they belong to.
_NUMBERED: Final[Mapping[str, Release]] = {"1.0": "DSTU2", "3.0": "STU3", "4.0": "R4", "4.3": "R4", "5.0": "R5"}


def release_named(text: str) -> Release | None:
    """The release that a version number (`4.0.1`, `1.0.2`) or a name (`R4`) means."""
    said = text.strip().lower()
    return _NAMED.get(said) or next((found for start, found in _NUMBERED.items() if said.startswith(start)), None)


def release_in_address(server: str) -> Release | None:
    """The release that a part of a server's address names, as in `…/fhir/r4`."""
    return next((_NAMED[part] for part in reversed(server.lower().split("/")) if part in _NAMED), None)


def release_of(looked: Mapping[str, Looked]) -> Release | None:
    """By the first of a few resources of each key that can be of one release alone; None where none says."""
    for key in (*NEEDS, DRAFTS.key):
        for piece in looked.get(key, ABSENT).cuts[:_A_FEW]:
            try:
                resource = msgspec.json.decode(piece.resource)
            except UNREADABLE:
                continue
            found = _release(resource) if isinstance(resource, dict) else None
            if found is not None:
                return found
    return None


def _release(resource: Resource) -> Release | None:
    kind = word(resource, "resourceType")
    listed_family = any(isinstance(n, dict) and isinstance(n.get("family"), list) for n in each(resource, "name"))
    if kind in _DSTU2_TYPES or listed_family or _has(resource, *_DSTU2_ELEMENTS, *_DSTU2_ELEMENTS_OF.get(kind, ())):
        return "DSTU2"
    if kind != "Appointment" and _has(resource, *_STU3_ELEMENTS):
        return "STU3"
    if _speaks_r5(resource, kind):
        return "R5"
    # Before R4 these were mere codes; DSTU2's Condition and AllergyIntolerance were caught by their `patient` and
    # `substance`.
    if any(isinstance(value, str) for value in each(resource, "clinicalStatus", "verificationStatus")):
        return "STU3"
    return None


def _speaks_r5(resource: Resource, kind: str) -> bool:
    return (
        _has(resource, *_R5_ELEMENTS, *_R5_ELEMENTS_OF.get(kind, ()))
        or (kind == "MedicationStatement" and word(resource, "status") == "recorded")
        or any(isinstance(one(value, "concept"), dict) for value in each(resource, *_REFERABLE))
    )


def _has(resource: Resource, *names: str) -> bool:
    return any(name in resource for name in names)
