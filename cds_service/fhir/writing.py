"""Proposals → FHIR resources in the caller's release: what an EHR is offered to create.

What leaves is strict. The leaves (references, codings, dates, words) are valid by construction (`writing_elements`).
The structure is checked by fhir.resources, which costs 160–470 µs a resource (reference/performance.md): so once per
structure and not once per resource. Two resources of the same structure differ in leaves only. DSTU2, which no library
knows, is checked by the tests alone.
"""

from collections.abc import Hashable
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias

from cds_service.advice import Amendment, AppointmentProposal, OrderProposal, Written
from cds_service.fhir import writing_dstu2, writing_r4, writing_r5, writing_stu3
from cds_service.fhir.amending import amended
from cds_service.fhir.writing_elements import About, Json, string

__all__ = ["About", "Release", "write"]

Release: TypeAlias = Literal["DSTU2", "STU3", "R4", "R4B", "R5"]

_WRITERS: Final[dict[Release, Any]] = {
    "DSTU2": writing_dstu2,
    "STU3": writing_stu3,
    "R4": writing_r4,
    "R4B": writing_r4,
    "R5": writing_r5,
}
# fhir.resources has no R4 of its own; for what is written here R4B is the same.
_VALIDATORS: Final[dict[Release, str]] = {
    "STU3": "fhir.resources.STU3",
    "R4": "fhir.resources.R4B",
    "R4B": "fhir.resources.R4B",
    "R5": "fhir.resources",
}
_sound: Final[set[Hashable]] = set()


def write(proposal: Written, about: About, release: Release) -> dict[str, Any]:
    """The resource to create, or a draft to update, ready for JSON.

    Raises ValueError without a patient id (the request's reader refuses that before).
    """
    if isinstance(proposal, Amendment):
        return amended(about.drafts[proposal.draft], string(about.text(proposal.note)), release)
    if not about.patient:
        raise ValueError("A proposal needs the id of the patient that it is for.")
    writer = _WRITERS[release]
    if isinstance(proposal, OrderProposal):
        resource = writer.order(proposal, about)
    elif isinstance(proposal, AppointmentProposal):
        resource = writer.appointment(proposal, about)
    else:
        resource = writer.task(proposal, about)
    _check(resource, release)
    return resource  # type: ignore[no-any-return]


def _check(resource: Json, release: Release) -> None:
    """Validates the first resource of every structure; these are few: three proposals, with and without their parts."""
    library = _VALIDATORS.get(release)
    structure = (library, resource["resourceType"], _structure(resource))
    if library is None or structure in _sound:
        return
    kind: str = resource["resourceType"]
    getattr(import_module(f"{library}.{kind.lower()}"), kind).model_validate(resource)
    _sound.add(structure)


def _structure(value: Any) -> Hashable:
    """A resource with its leaves reduced to their types; a list is the set of the structures in it."""
    if isinstance(value, dict):
        return tuple((name, _structure(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return frozenset(map(_structure, value))
    return type(value).__name__
