"""Whose a resource is: what names another patient is never read, what names nobody is this patient's."""

from collections.abc import Iterator
from typing import Any

from cds_service.fhir.chart import Chart, Entry, local, reference_of
from cds_service.fhir.elements import each, word


def belongs(entry: Entry, patient_id: str, chart: Chart) -> bool:
    """True unless the resource names a subject and none of those it names is this patient (clinical_rules.md 11, item
    24).
    """
    if entry.kind == "Patient":
        return (entry.reference.rpartition("/")[2] or patient_id) == patient_id
    named = [reference for value in _subjects(entry) if (reference := reference_of(value))]
    return not named or any(_is(reference, patient_id, chart) for reference in named)


def _subjects(entry: Entry) -> Iterator[Any]:
    """`patient` in DSTU2 and for some kinds always, `for` in Task, the participants who are patients in Appointment."""
    yield from each(entry.resource, "subject", "patient", "for")
    for participant in each(entry.resource, "participant"):
        for actor in each(participant, "actor"):
            if "Patient/" in reference_of(actor) or word(actor, "type") == "Patient":
                yield actor


def _is(reference: str, patient_id: str, chart: Chart) -> bool:
    """By id, whatever server the reference names. A contained Patient has no id of its own to differ by."""
    if reference.startswith("#"):
        return True
    found = chart.find(reference)
    name = found.reference if found is not None else local(reference)
    kind, _, identity = name.rpartition("/")
    if name.startswith("urn:"):
        return name.rpartition(":")[2] == patient_id
    return kind in ("", "Patient") and identity == patient_id
