"""The invented patients: their files are up to date, valid FHIR, and the same person whatever the release.

What a release cannot say is taken from the record before the comparison (`as_said_in`), with the reason beside it.
"""

import json
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest

from cds_service import record as r
from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.record_reading import read_record
from cds_service.fhir.release import release_of
from cds_service.fhir.writing import Release
from fhir_fixtures.elements import RENAMED, type_name
from fhir_fixtures.people import FOLDER, Person, everybody, named_reasons
from fhir_fixtures.render import RELEASES, render, text

PEOPLE = everybody()
LIBRARY = {
    "STU3": "fhir.resources.STU3",
    "R4": "fhir.resources.R4B",
    "R4B": "fhir.resources.R4B",
    "R5": "fhir.resources",
}
EVERYBODY = pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
IN_EACH_RELEASE = pytest.mark.parametrize("release", RELEASES)
T = TypeVar("T")


def resources(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [values["patient"], *(e["resource"] for v in values.values() for e in v.get("entry", ()))]


@EVERYBODY
@IN_EACH_RELEASE
def test_the_file_on_disk_is_what_the_generator_writes(person: Person, release: Release) -> None:
    file = FOLDER / f"{person.name}.{release.lower()}.json"
    assert file.read_text(encoding="utf-8") == text(person, release), "run `python -m fhir_fixtures.render`"


def test_no_file_is_left_of_a_patient_who_is_gone() -> None:
    assert len(list(FOLDER.glob("*.json"))) == len(PEOPLE) * len(RELEASES)


def test_there_are_enough_people_and_no_two_are_alike() -> None:
    assert len(PEOPLE) >= 30
    assert len({person.story for person in PEOPLE}) == len(PEOPLE)
    assert all(person.story.endswith(".") and "\n" not in person.story for person in PEOPLE)


@EVERYBODY
@pytest.mark.parametrize("release", LIBRARY)
def test_every_resource_is_valid_in_its_release(person: Person, release: Release) -> None:
    for resource in resources(render(person, release)):
        kind = resource["resourceType"]
        getattr(import_module(f"{LIBRARY[release]}.{kind.lower()}"), kind).model_validate(resource)


@EVERYBODY
@IN_EACH_RELEASE
def test_all_keys_are_there_and_hold_what_their_need_takes(person: Person, release: Release) -> None:
    values = render(person, release)
    assert values.keys() == NEEDS.keys()
    for key, need in NEEDS.items():
        looked = look(json.dumps(values[key]).encode(), need)
        assert looked.state in ("present", "empty"), key
        for resource in (e["resource"] for e in values[key].get("entry", ()) if e["search"]["mode"] == "match"):
            assert resource["resourceType"] in need.types


def test_every_id_is_used_once() -> None:
    ids = [f"{one['resourceType']}/{one['id']}" for p in PEOPLE for one in resources(render(p, "R4"))]
    mixed_in = [f"Condition/{c.reference.partition('/')[2]}" for p in PEOPLE for c in p.strangers]
    assert len(set(ids)) == len(ids) - len(mixed_in) + len(set(mixed_in))


@EVERYBODY
@IN_EACH_RELEASE
def test_the_patient_is_the_same_in_every_release(person: Person, release: Release) -> None:
    read = read_record(looked_at(person, release), person.name, ZoneInfo("UTC"))
    assert [(u.need, u.reference) for u in read.unread] == [("conditions", c.reference) for c in person.strangers]
    assert read.not_assessed == ()
    expected = as_said_in(release, person)
    for part in set(r.PatientRecord._fields) - {"unread", "not_assessed"}:
        assert getattr(read, part) == getattr(expected, part), part


@pytest.mark.parametrize("person", [p for p in PEOPLE if p.record.conditions], ids=lambda person: person.name)
@IN_EACH_RELEASE
def test_the_release_is_told_by_the_shape(person: Person, release: Release) -> None:
    """R4 and R4B look alike, and in a chart with little on file R5 looks like them."""
    alike = render(person, "R4") == json.loads(
        json.dumps(render(person, release)).replace(f"/{release.lower()}/", "/r4/")
    )
    assert release_of(looked_at(person, release)) == (None if alike else release)


def looked_at(person: Person, release: Release) -> dict[str, Looked]:
    values = render(person, release)
    return {key: look(json.dumps(values[key]).encode(), need) for key, need in NEEDS.items()}


def as_said_in(release: Release, person: Person) -> r.PatientRecord:
    """The record without what this release has no way to say."""
    record = person.record
    if release == "R5":
        record = record._replace(medications=each(record.medications, _without_completed))
    if release in ("DSTU2", "STU3"):
        record = record._replace(
            conditions=each(record.conditions, _early_condition),
            medications=each(record.medications, _early_use),
            procedures=each(record.procedures, _early_procedure),
        )
    if release == "DSTU2":
        record = record._replace(
            conditions=each(record.conditions, _dstu2_condition),
            medications=each(record.medications, lambda use: _dstu2_use(use, person)),
            orders=each(record.orders, lambda order: _dstu2_order(order, person)),
            appointments=each(record.appointments, _dstu2_appointment),
        )
    renamed: r.PatientRecord = _renamed(record, release)
    return renamed


def each(entries: Iterable[T], change: Callable[[T], T]) -> tuple[T, ...]:
    return tuple(change(entry) for entry in entries)


def _renamed(value: Any, release: Release) -> Any:
    """References name the type, and an order is a ProcedureRequest or DiagnosticOrder before R4."""
    if isinstance(value, str):
        kind, slash, rest = value.partition("/")
        return f"{type_name(kind, release)}/{rest}" if slash and kind in RENAMED.get(release, {}) else value
    if isinstance(value, tuple):
        parts = [_renamed(part, release) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def _without_completed(use: r.MedicationUse) -> r.MedicationUse:
    """R5's statements are `recorded`; there is no word for completed, the date alone tells."""
    return use._replace(status="active") if (use.kind, use.status) == ("statement", "completed") else use


def _early_condition(condition: r.Condition) -> r.Condition:
    """`unconfirmed` came with R4."""
    return condition._replace(verification="provisional") if condition.verification == "unconfirmed" else condition


def _early_use(use: r.MedicationUse) -> r.MedicationUse:
    """Before R4 a statement gave a reason for its status only if the medicine was not taken."""
    return use if use.status == "not-taken" else use._replace(status_reasons=())


def _early_procedure(procedure: r.Procedure) -> r.Procedure:
    """`performedString` came with R4."""
    return procedure._replace(performed_words="")


def _dstu2_condition(condition: r.Condition) -> r.Condition:
    """No inactive and no recurrence; its categories have no word for a problem list."""
    status = {"inactive": "remission", "recurrence": "relapse"}.get(condition.status, condition.status)
    return condition._replace(status=status, categories=())


def _dstu2_use(use: r.MedicationUse, person: Person) -> r.MedicationUse:
    """A statement was active, completed or intended, so one that was stopped is completed.

    An administration's reasons are concepts only: what the condition is stands in place of the reference to it.
    """
    if (use.kind, use.status) == ("statement", "stopped"):
        return use._replace(status="completed")
    if use.kind == "administration":
        return use._replace(reasons=(*use.reasons, *named_reasons(use, person)), reason_references=())
    return use


def _dstu2_order(order: r.Order, person: Person) -> r.Order:
    """A DiagnosticOrder has no intent, and its reasons are concepts only."""
    return order._replace(intent="", reasons=(*order.reasons, *named_reasons(order, person)), reason_references=())


def _dstu2_appointment(visit: r.Appointment) -> r.Appointment:
    """No requested period and no date of creation."""
    return visit._replace(created=None, requested=None)
