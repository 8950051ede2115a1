"""Medicines on an EHR's server: what stands in for MedicationStatement, and Medications named by reference only."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.record_reading import read_record
from cds_service.outbound.fetching import Reply
from cds_service.record import MedicationUse
from tests.scripted_ehr import BASE, NOTHING, PATIENT, ScriptedEhr, bundle, capability, named, read, reading


@pytest.mark.parametrize(
    ("offered", "statement", "times"),
    [
        ("", "MedicationStatement", 1),
        ("MedicationStatement MedicationRequest", "MedicationStatement", 1),
        ("MedicationStatement", "MedicationStatement", 1),
        ("Patient MedicationRequest", "MedicationRequest", 2),
        ("Patient Condition", "MedicationStatement", 1),
    ],
)
def test_orders_stand_in_for_statements_where_there_are_none(offered: str, statement: str, times: int) -> None:
    ehr = ScriptedEhr({"metadata": capability("4.0.1", *offered.split()), statement: bundle(named(statement, "m1"))})
    found = read(ehr, NOTHING)["medicationStatements"]
    assert (found.state, len(found.resources)) == ("present", 1)
    assert ehr.kinds.count(statement) == times
    assert ("MedicationStatement" in ehr.kinds) == (statement == "MedicationStatement")


def statement(identity: str, reference: Any, **more: Any) -> dict[str, Any]:
    return named("MedicationStatement", identity, status="active", medicationReference=reference, **more)


def looked(*resources: dict[str, Any], key: str = "medicationStatements") -> dict[str, Looked]:
    return {**NOTHING, key: look(json.dumps(bundle(*resources)).encode(), NEEDS[key])}


def medicine(identity: str = "m1", text: str = "Haloperidol 5 mg tablet") -> dict[str, Any]:
    return {"resourceType": "Medication", "id": identity, "code": {"text": text}}


def uses(found: Any) -> tuple[MedicationUse, ...]:
    return read_record(found, PATIENT, ZoneInfo("UTC")).medications


ABSOLUTE = f"{BASE}/Medication/m1"
READ = {
    "relative": "Medication/m1",
    "absolute": ABSOLUTE,
    "absolute, in capitals": ABSOLUTE.replace("https://ehr.example.org", "HTTPS://EHR.example.org:443"),
    "of a version": "Medication/m1/_history/3",
    "with blanks around": " Medication/m1 ",
    "below": f"{BASE}/tenant/Medication/m1",
}


@pytest.mark.parametrize("reference", READ.values(), ids=READ.keys())
def test_a_medication_on_the_same_server_is_read(reference: str) -> None:
    path = reference.strip().partition("/fhir/")[2] or reference.strip()
    ehr = ScriptedEhr({path: medicine()})
    found = reading(ehr).with_medications(looked(statement("s1", {"reference": reference})))
    assert ehr.asked == [path]
    (use,) = uses(found)
    assert (use.medication.text, use.unresolved) == ("Haloperidol 5 mg tablet", False)


NOT_READ = {
    "another server": "https://evil.test/fhir/Medication/m1",
    "another server, by two slashes": "//evil.test/fhir/Medication/m1",
    "another scheme": ABSOLUTE.replace("https", "http"),
    "another port": ABSOLUTE.replace(".org", ".org:8443"),
    "beside the base": "/other/Medication/m1",
    "above the base": "../Medication/m1",
    "contained": "#m1",
    "a urn": "urn:uuid:0d6a1f0e-0b0f-4c5c-9c5f-3f6a0c9c7d11",
    "another type": "Substance/m1",
    "hidden type": "Medication/../Patient/p1",
    "broken": "https://[/Medication/m1",
    "lookalike": "https://ehr.example.org℀/Medication/m1",
    "line break": "Medication/m1?\r\nX: y",
    "fragment": "Medication/m1#part",
    "no id": "Medication/",
    "too long": "Medication/" + "m" * 20_000,
    "no text": 5,
    "empty": "",
    "nothing": None,
}


@pytest.mark.parametrize("reference", NOT_READ.values(), ids=NOT_READ.keys())
def test_nothing_else_is(reference: Any) -> None:
    ehr = ScriptedEhr({})
    found = reading(ehr).with_medications(looked(statement("s1", {"reference": reference})))
    assert not ehr.asks
    assert uses(found)[0].unresolved


@pytest.mark.parametrize(
    "naming",
    [
        named("MedicationRequest", "r1", medicationReference={"reference": "Medication/m1"}),
        named("MedicationOrder", "r1", medicationReference={"reference": "Medication/m1"}),
        named("MedicationRequest", "r1", medication={"reference": {"reference": "Medication/m1"}}),
    ],
    ids=["R4", "DSTU2", "R5"],
)
def test_a_reference_is_found_in_every_releases_shape(naming: dict[str, Any]) -> None:
    ehr = ScriptedEhr({"Medication/m1": medicine()})
    found = reading(ehr).with_medications(looked(naming, key="medicationRequests"))
    assert ehr.asked == ["Medication/m1"]
    assert uses(found)[0].medication.text == "Haloperidol 5 mg tablet"


def test_a_contained_medication_needs_no_reading() -> None:
    inside = statement("s1", {"reference": "#m"}, contained=[{**medicine("m"), "id": "m"}])
    ehr = ScriptedEhr({})
    assert uses(reading(ehr).with_medications(looked(inside)))[0].medication.text == "Haloperidol 5 mg tablet"
    assert not ehr.asks


def test_what_another_need_already_brought_is_not_read_again() -> None:
    order = named("MedicationRequest", "r1", medicationReference={"reference": ABSOLUTE})
    orders = looked(order, medicine(), key="medicationRequests")["medicationRequests"]
    found = {**looked(statement("s1", {"reference": "Medication/m1"})), "medicationRequests": orders}
    ehr = ScriptedEhr({})
    assert [use.medication.text for use in uses(reading(ehr).with_medications(found))] == [
        "Haloperidol 5 mg tablet"
    ] * 2
    assert not ehr.asks


def test_one_medication_is_read_once_for_all_who_name_it_and_thirty_at_most() -> None:
    names = [f"Medication/m{n}" for n in range(40)]
    twice = [statement(f"s{n}", {"reference": name}) for n, name in enumerate(names * 2)]
    ehr = ScriptedEhr({name: medicine(name.partition("/")[2], name) for name in names})
    found = reading(ehr).with_medications(looked(*twice))
    assert sorted(ehr.asked) == sorted(names[:30])
    read_ones = [use for use in uses(found) if not use.unresolved]
    assert len(read_ones) == 60
    assert all(use.medication.text for use in read_ones)


FAILING = {
    "not there": 404,
    "failing": 500,
    "late": Reply(failure="late"),
    "too large": Reply(200, failure="too-large"),
    "no body": b"",
    "null": b"null",
    "no JSON": b"<html/>",
    "no UTF-8": b'{"resourceType": "Medication", "id": "\xff"}',
    "an empty Bundle": bundle(),
    "another type": named("Basic", "m1"),
    "another Medication": medicine("another"),
}


@pytest.mark.parametrize("said", FAILING.values(), ids=FAILING.keys())
def test_a_medication_that_cannot_be_had_hides_nothing(said: Any) -> None:
    ehr = ScriptedEhr({"Medication/m1": said, "Medication/m2": medicine("m2")})
    first, second = (statement(f"s{n}", {"reference": f"Medication/m{n}", "display": f"No. {n}"}) for n in (1, 2))
    one, two = uses(reading(ehr).with_medications(looked(first, second)))
    assert one.medication.label == "No. 1"
    assert two.medication.text == "Haloperidol 5 mg tablet"
