"""What is being signed or booked: how it is read beside the chart, and what is offered to change of it."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import msgspec
import pytest

from cds_service.answer import answer
from cds_service.deck import load_deck
from cds_service.explain import explain
from cds_service.fhir.amending import amended
from cds_service.fhir.server import FhirServers
from cds_service.hooks.services import ORDER_SIGN
from cds_service.trust.caller import Caller
from cds_service.trust.servers import read_base
from fhir_fixtures.people import everybody
from fhir_fixtures.render import render
from tests.desks import desk
from tests.invariants import EXPLANATION, check_answer
from tests.scripted_ehr import BASE, ScriptedEhr, bundle
from tests.test_writing import LIBRARY

DECK = load_deck()
# Injected on 2026-05-01: an order of botulinum toxin today is too early.
NOMSA = next(person for person in everybody() if person.name == "nomsa-dlamini")
# Hemifacial spasm, never imaged.
HANA = next(person for person in everybody() if person.name == "hana-yilmaz")
BOTOX = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "203279"}], "text": "Botox"}


def call(*entries: dict[str, Any], person: Any = NOMSA, release: str = "R4", **prefetch: Any) -> bytes:
    drafts = {"resourceType": "Bundle", "entry": list(entries)}
    body = {"hook": "order-sign", "hookInstance": "i", "fhirServer": BASE}
    body["context"] = {"patientId": person.name, "userId": "Practitioner/p1", "draftOrders": drafts}
    return json.dumps({**body, "prefetch": {**render(person, release), **prefetch}}).encode()


def cards(sent: bytes, servers: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The answer, where the EHR's server says what is given, or may not be asked."""
    at = desk(DECK)
    if servers is not None:
        at = desk(DECK, Caller(servers=(read_base(BASE),)))._replace(servers=FhirServers(ScriptedEhr(servers)))
    said = json.loads(answer(sent, at, ORDER_SIGN).body)
    check_answer(said)
    return said["cards"]  # type: ignore[no-any-return]


def order(**more: Any) -> dict[str, Any]:
    return {"resource": {"resourceType": "MedicationRequest", "id": "draft-1", "status": "draft", **more}}


def actions(card: dict[str, Any]) -> list[tuple[str, str]]:
    found = [action for suggestion in card.get("suggestions", ()) for action in suggestion["actions"]]
    return [(a["type"], a.get("resourceId") or a["resource"]["resourceType"]) for a in found]


REFERRING = {"medicationReference": {"reference": "Medication/m1"}}
MEDICATION = {"resourceType": "Medication", "id": "m1", "code": BOTOX}


@pytest.mark.parametrize(
    "sent",
    [
        call(order(**REFERRING), {"resource": MEDICATION}),
        call(order(medicationReference={"reference": "#m1"}, contained=[MEDICATION])),
        call(order(medicationReference={"reference": "urn:uuid:9"}), {"fullUrl": "urn:uuid:9", "resource": MEDICATION}),
        call(order(medicationReference={**REFERRING["medicationReference"], "display": "Botox 100 units"})),
        call(order(**REFERRING), medicationRequests=bundle(MEDICATION)),
    ],
    ids=["beside the draft", "inside it", "by urn", "by its display", "in the chart"],
)
def test_the_medicine_of_a_draft_is_found(sent: bytes) -> None:
    (card,) = cards(sent)
    assert card["source"]["topic"]["code"] == "botulinum-recall"
    assert actions(card) == [("update", "MedicationRequest"), ("delete", "MedicationRequest/draft-1")]


def test_the_medicine_of_a_draft_is_looked_up_on_the_ehrs_server() -> None:
    assert len(cards(call(order(**REFERRING)), {"Medication/m1": MEDICATION})) == 1
    assert cards(call(order(**REFERRING)), {}) == []
    assert cards(call(order(**REFERRING))) == []


def test_the_chart_is_read_from_the_ehrs_server() -> None:
    """What prefetch does not bring is asked for as when a chart is opened."""
    chart = render(NOMSA, "R4")
    said = {need.partition("?")[0]: value for need, value in zip(KINDS, chart.values(), strict=False)}
    said[f"Patient/{NOMSA.name}"] = chart["patient"]
    bare = json.loads(call(order(medicationCodeableConcept=BOTOX)))
    (card,) = cards(json.dumps({**bare, "prefetch": {}}).encode(), said)
    assert "2026-07-24" in card["summary"]


KINDS = (
    "Patient", "Condition", "MedicationStatement", "MedicationRequest", "MedicationAdministration", "Procedure",
    "Observation", "ServiceRequest", "DiagnosticReport", "AllergyIntolerance", "Appointment",
)  # fmt: skip


@pytest.mark.parametrize(
    "draft",
    [
        {"resource": {**order(medicationCodeableConcept=BOTOX)["resource"], "id": None}},
        {"fullUrl": "urn:uuid:7", "resource": {**order(medicationCodeableConcept=BOTOX)["resource"], "id": ""}},
    ],
    ids=["nameless", "by urn"],
)
def test_a_draft_that_cannot_be_named_is_spoken_of_without_a_button(draft: dict[str, Any]) -> None:
    (card,) = cards(call(draft))
    assert "suggestions" not in card
    assert card["extension"][EXPLANATION]["findings"][0]["code"] == "botulinum-ordered-too-early"


def test_of_several_drafts_with_one_id_none_is_changed() -> None:
    same = order(medicationCodeableConcept=BOTOX)
    other = order(medicationCodeableConcept={"text": "Ibuprofen 400 mg"})
    (card,) = cards(call(same, other))
    assert "suggestions" not in card


def test_of_an_order_with_several_items_none_is_left_out() -> None:
    """DSTU2's DiagnosticOrder: the knee must not go with the head."""
    items = [{"code": {"text": "MRI posterior fossa with CISS"}}, {"code": {"text": "MRI knee"}}]
    draft = {"resource": {"resourceType": "DiagnosticOrder", "id": "d", "status": "draft", "item": items}}
    stands = {"resourceType": "DiagnosticOrder", "id": "old", "status": "requested", "item": items[:1]}
    stands["event"] = [{"status": "requested", "dateTime": "2026-05-20"}]
    (card,) = cards(call(draft, person=HANA, release="DSTU2", serviceRequests=bundle(stands)))
    assert card["extension"][EXPLANATION]["findings"][0]["code"] == "mri-order-duplicate"
    assert "suggestions" not in card


def test_a_draft_that_the_server_has_already_is_not_taken_for_an_older_order() -> None:
    draft = {"resourceType": "ServiceRequest", "id": "s1", "status": "draft", "authoredOn": "2026-06-15"}
    draft["code"] = {"text": "MRI posterior fossa with CISS"}
    assert cards(call({"resource": draft}, person=HANA, serviceRequests=bundle(draft))) == []
    twin = {**draft, "id": "s2"}
    (card,) = cards(call({"resource": draft}, person=HANA, serviceRequests=bundle(draft, twin)))
    assert card["extension"][EXPLANATION]["findings"][0]["evidence"][1]["reference"] == "ServiceRequest/s2"


TAKEN = {
    "a day": (NOMSA, "R4", order(medicationCodeableConcept=BOTOX)),
    "a day, DSTU2": (NOMSA, "DSTU2", {"resource": {"resourceType": "MedicationOrder", "id": "d", "status": "draft"}}),
    "sequences": (
        HANA,
        "R4",
        {"resource": {"resourceType": "ServiceRequest", "id": "d", "code": {"text": "MRI brain"}}},
    ),
}
TAKEN["a day, DSTU2"][2]["resource"]["medicationCodeableConcept"] = BOTOX


@pytest.mark.parametrize(("person", "release", "draft"), TAKEN.values(), ids=TAKEN)
def test_a_note_that_was_taken_over_settles_it(person: Any, release: str, draft: dict[str, Any]) -> None:
    """The EHR asks again with the updated order: nobody is told twice."""
    (card,) = cards(call(draft, person=person, release=release))
    update = next(a for s in card["suggestions"] for a in s["actions"] if a["type"] == "update")
    assert cards(call({"resource": update["resource"]}, person=person, release=release)) == []


PHONE = {"text": "Phone."}
DRAFTS: list[tuple[str, dict[str, Any], str]] = [
    ("R4", {"resourceType": "ServiceRequest", "intent": "order"}, "note"),
    ("R4", {"resourceType": "MedicationRequest", "intent": "order", "medicationCodeableConcept": BOTOX}, "note"),
    ("R5", {"resourceType": "ServiceRequest", "intent": "order"}, "note"),
    ("R5", {"resourceType": "MedicationRequest", "intent": "order", "medication": {"concept": BOTOX}}, "note"),
    ("STU3", {"resourceType": "ProcedureRequest", "intent": "order", "code": {"text": "MRI"}}, "note"),
    ("STU3", {"resourceType": "ReferralRequest", "intent": "order"}, "note"),
    ("STU3", {"resourceType": "MedicationRequest", "intent": "order", "medicationCodeableConcept": BOTOX}, "note"),
]


@pytest.mark.parametrize(("release", "draft", "name"), DRAFTS, ids=lambda value: str(value)[:40])
def test_a_valid_draft_is_valid_with_its_note(release: str, draft: dict[str, Any], name: str) -> None:
    """And nothing else of it is touched."""
    draft = {**draft, "id": "d1", "status": "draft", "subject": {"reference": "Patient/p"}, name: [{"text": "Phone."}]}
    after = with_note(draft, "Not before 2026-07-24.", release)
    kind = draft["resourceType"]
    getattr(import_module(f"{LIBRARY[release]}.{kind.lower()}"), kind).model_validate(after)
    assert [note["text"] for note in after[name]] == ["Phone.", "Not before 2026-07-24."]
    assert {**after, name: None} == {**draft, name: None}


@pytest.mark.parametrize(
    ("draft", "after"),
    [
        ({"resourceType": "MedicationOrder", "note": "Phone."}, {"note": "Phone. Later."}),
        ({"resourceType": "MedicationOrder"}, {"note": "Later."}),
        ({"resourceType": "ReferralRequest", "description": "Phone."}, {"description": "Phone. Later."}),
        ({"resourceType": "ProcedureRequest", "notes": [PHONE]}, {"notes": [PHONE, {"text": "Later."}]}),
        ({"resourceType": "DiagnosticOrder"}, {"note": [{"text": "Later."}]}),
        ({"resourceType": "DiagnosticOrder", "note": PHONE}, {"note": [PHONE, {"text": "Later."}]}),
    ],
    ids=str,
)  # fmt: skip
def test_where_dstu2_keeps_its_notes(draft: dict[str, Any], after: dict[str, Any]) -> None:
    assert with_note(draft, "Later.", "DSTU2") == {**draft, **after}


def test_a_draft_comes_back_to_the_letter() -> None:
    """Decimals say how exact a number is, and what is nested without end is nobody's business here."""
    deep = b'{"a":' * 800 + b"1.10" + b"}" * 800
    draft = b'{"resourceType":"ServiceRequest","id":"d","x":1.10,"extension":[%s],"status":null}' % deep
    after = msgspec.json.encode(amended(msgspec.Raw(draft), "Later.", "R4"))
    assert after == draft.replace(b',"status":null', b',"note":[{"text":"Later."}]')


def with_note(draft: dict[str, Any], note: str, release: str) -> Any:
    return json.loads(msgspec.json.encode(amended(msgspec.Raw(json.dumps(draft).encode()), note, release)))


def test_explain_knows_every_hook() -> None:
    lines = list(explain(call(order(medicationCodeableConcept=BOTOX)), desk(DECK)))
    assert any("● botulinum-recall" in line and "[warning]" in line for line in lines)
    assert any("○ mri-workup: silent – No MRI of the head is being signed." in line for line in lines)
    (line,) = explain(call(order(medicationCodeableConcept={"text": "Ibuprofen"})), desk(DECK))
    assert "nothing that is signed or booked here is any card's business" in line


def test_no_word_of_a_draft_reaches_the_markdown_unescaped() -> None:
    (card,) = cards(call(order(medicationCodeableConcept={"text": "Botox <img src=x onerror=y> [a](b)"})))
    assert "<img" not in card["detail"]
    assert "&lt;img" in card["detail"]
    assert "\\[a\\]" in card["detail"]
