"""The services beside patient-view: which there are, what each takes, what it needs, and what the sandbox sends
(conformance, sections 2 and 9; the sandbox's draft orders).
"""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.hooks.services import APPOINTMENT_BOOK, ENCOUNTER_START, ORDER_SIGN, PATIENT_VIEW, SERVICES, Service
from fhir_fixtures.people import everybody
from fhir_fixtures.render import render
from tests.approve import _numbered as numbered
from tests.conftest import REQUESTS, Post

HOOKS = {
    "facial-twitching": "patient-view",
    "facial-twitching-order-sign": "order-sign",
    "facial-twitching-appointment-book": "appointment-book",
    "facial-twitching-encounter-start": "encounter-start",
}
services = pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.hook)
drafted = pytest.mark.parametrize("service", [ORDER_SIGN, APPOINTMENT_BOOK], ids=lambda service: service.hook)
BOTOX = {
    "resourceType": "MedicationRequest",
    "id": "draft-1",
    "status": "draft",
    "medicationCodeableConcept": {"text": "Botox 100 units"},
}
IBUPROFEN = {**BOTOX, "medicationCodeableConcept": {"text": "Ibuprofen 400 mg"}}
# Injected on 2026-05-01, so not again before 2026-07-24; the clock stands at 2026-06-15.
NOMSA = next(person for person in everybody() if person.name == "nomsa-dlamini")


def path(service: Service) -> str:
    return f"/cds-services/{service.id}"


def body(service: Service, *drafts: Any, prefetch: Any = ..., **context: Any) -> dict[str, Any]:
    """A call about Nomsa. Drafts go into a Bundle as the sandbox makes it, without a type."""
    told = {"patientId": NOMSA.name, "userId": "Practitioner/p1", "encounterId": "e1", **context}
    if service.drafts and drafts:
        told[service.drafts] = {"resourceType": "Bundle", "entry": [{"resource": draft} for draft in drafts]}
    said = render(NOMSA, "R4") if prefetch is ... else prefetch
    return {"hook": service.hook, "hookInstance": "i", "context": told, **({"prefetch": said} if said else {})}


def visit(day: str, **more: Any) -> dict[str, Any]:
    about = {"id": "slot-1", "status": "proposed", "description": "Botulinum toxin injection"}
    return {"resourceType": "Appointment", **about, "start": f"{day}T09:00:00+02:00", **more}


def test_discovery_lists_every_service(client: FlaskClient) -> None:
    listed = client.get("/cds-services").json["services"]
    assert {service["id"]: service["hook"] for service in listed} == HOOKS
    assert listed[0]["id"] == "facial-twitching"
    for service in listed:
        assert all(service[key] for key in ("title", "description", "usageRequirements", "prefetch"))
    # Where a hook's own sources disagree about its version, none is claimed (conformance, section 13).
    assert [service.get("hookVersion") for service in listed] == ["1.0", None, "1.0", "1.0"]


@services
@pytest.mark.parametrize("hook", [*HOOKS.values(), "order-select"])
def test_a_service_answers_its_own_hook_only(post: Post, service: Service, hook: str) -> None:
    answer = post({**body(service), "hook": hook}, path(service))
    assert answer.status_code == (200 if hook == service.hook else 400)
    if answer.status_code == 400:
        assert answer.json["issue"][0]["expression"] == ["Request.hook"]


@services
def test_each_has_feedback_and_preflight(post: Post, client: FlaskClient, service: Service) -> None:
    item = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-06-15T08:00:00Z"}
    assert post({"feedback": [item]}, f"{path(service)}/feedback").status_code == 200
    assert post({"feedback": item}, f"{path(service)}/feedback").status_code == 400
    asked = {"Origin": "https://sandbox.cds-hooks.org", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization,content-type"
    for address in (path(service), f"{path(service)}/feedback"):
        assert client.options(address, headers=asked).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "address", ["/cds-services/facial-twitching-order-select", "/cds-services/order-sign/feedback"]
)
def test_an_unknown_service_is_told_which_there_are(post: Post, address: str) -> None:
    answer = post(b"{}", address)
    assert answer.status_code == 404
    assert all(name in answer.json["issue"][0]["details"]["text"] for name in HOOKS)


# Encounter start: the same as patient-view.


def test_an_encounter_that_begins_gets_what_an_opened_chart_gets(post: Post, hfs_right: dict[str, Any]) -> None:
    hfs_right["context"]["encounterId"] = "enc-7"
    opened = post(hfs_right, path(PATIENT_VIEW)).json
    begun = post({**hfs_right, "hook": "encounter-start"}, path(ENCOUNTER_START)).json
    assert len(opened["cards"]) == 3
    assert numbered(begun, [0]) == numbered(opened, [0])


@pytest.mark.parametrize("encounter", [None, "", 7, "a b", {"reference": "Encounter/e1"}])
def test_an_encounter_that_begins_must_be_named(post: Post, encounter: Any) -> None:
    answer = post(body(ENCOUNTER_START, encounterId=encounter), path(ENCOUNTER_START))
    assert answer.status_code == 400
    assert answer.json["issue"][0]["expression"] == ["Request.context.encounterId"]


def test_an_encounter_may_be_named_by_its_reference(post: Post) -> None:
    assert post(body(ENCOUNTER_START, encounterId="Encounter/e1"), path(ENCOUNTER_START)).status_code == 200


# Drafts: decided by them first.


@drafted
@pytest.mark.parametrize("prefetch", [..., None], ids=["with a chart", "without one"])
def test_without_drafts_there_is_nothing_to_say(post: Post, service: Service, prefetch: Any) -> None:
    """The sandbox calls so whenever the tab is clicked."""
    assert post(body(service, prefetch=prefetch), path(service)).data == b'{"cards":[]}'


ODD = [
    None, [], {}, 7, "x", True, [BOTOX], {"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": None},
    {"resourceType": "Bundle", "entry": {}}, {"resourceType": "Bundle", "entry": [None, 7, {}, {"resource": None}]},
    {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "MedicationRequest"}}]},
    {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "NutritionOrder", "id": "n"}}]},
    {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "ServiceRequest", "code": {"coding": [{}]}}}]},
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]},
]  # fmt: skip


@drafted
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_odd_drafts_are_nothing_to_speak_of(post: Post, service: Service, value: Any) -> None:
    assert post(body(service, **{service.drafts: value}), path(service)).data == b'{"cards":[]}'


def test_an_order_of_something_else_needs_no_chart(post: Post) -> None:
    """Nearly every call: decided before anything of the chart is asked for."""
    assert post(body(ORDER_SIGN, IBUPROFEN, prefetch=None), path(ORDER_SIGN)).data == b'{"cards":[]}'
    assert post(body(ORDER_SIGN, IBUPROFEN, BOTOX, prefetch=None), path(ORDER_SIGN)).status_code == 412


def test_a_visit_for_something_else_needs_no_chart(post: Post) -> None:
    dentist = visit("2026-06-20", description="Dental cleaning")
    assert post(body(APPOINTMENT_BOOK, dentist, prefetch=None), path(APPOINTMENT_BOOK)).data == b'{"cards":[]}'
    assert post(body(APPOINTMENT_BOOK, visit("2026-06-20"), prefetch=None), path(APPOINTMENT_BOOK)).status_code == 412


@pytest.mark.parametrize("user", ["Patient/nomsa-dlamini", "RelatedPerson/r1"])
@drafted
def test_no_card_for_patients_who_book_or_order(post: Post, service: Service, user: str) -> None:
    call = body(service, BOTOX, visit("2026-06-20"), userId=user)
    assert post(call, path(service)).data == b'{"cards":[]}'


def test_a_card_speaks_of_the_draft_alone(post: Post) -> None:
    """Her chart would have more to say (a visit booked too early); what is signed is spoken of, and by its name."""
    (card,) = post(body(ORDER_SIGN, IBUPROFEN | {"id": "draft-2"}, BOTOX), path(ORDER_SIGN)).json["cards"]
    assert card["summary"].startswith("Botox 100 units: ")
    finding, *others = card["extension"]["org.facial-twitching-cds.explanation"]["findings"]
    assert (finding["code"], others) == ("botulinum-ordered-too-early", [])
    assert finding["evidence"][0]["reference"] == "MedicationRequest/draft-1"
    assert "Ibuprofen" not in json.dumps(card)


@pytest.mark.parametrize(("day", "cards"), [("2026-07-23", 1), ("2026-07-24", 0)])
def test_a_visit_before_the_earliest_day(post: Post, day: str, cards: int) -> None:
    found = post(body(APPOINTMENT_BOOK, visit(day)), path(APPOINTMENT_BOOK)).json["cards"]
    assert len(found) == cards
    for card in found:
        removal, instead = card["suggestions"][0]["actions"]
        assert (removal["type"], removal["resourceId"]) == ("delete", "Appointment/slot-1")
        assert instead["resource"]["requestedPeriod"] == [{"start": "2026-07-24", "end": "2026-08-21"}]


@pytest.mark.parametrize("subject", ["Patient/somebody-else", "https://ehr.example/fhir/Patient/somebody-else"])
def test_drafts_for_somebody_else_are_not_read(post: Post, subject: str) -> None:
    theirs = {**BOTOX, "subject": {"reference": subject}}
    assert post(body(ORDER_SIGN, theirs), path(ORDER_SIGN)).data == b'{"cards":[]}'


# The sandbox's orders.


def test_what_the_sandbox_signs(post: Post) -> None:
    """An object for a list, no type of the Bundle, DSTU2's names for a DSTU2 server."""
    r4 = {**BOTOX, "id": "request-123", "category": {"text": "x"}, "reasonCode": {"text": "Hemifacial spasm"}}
    dstu2 = {
        "resourceType": "MedicationOrder",
        "id": "request-123",
        "dateWritten": "2026-06-15",
        "status": "draft",
        "patient": {"reference": f"Patient/{NOMSA.name}"},
        "medicationCodeableConcept": {"text": "Botox", "coding": [{"code": "203279", "display": "Botox"}]},
        "dosageInstruction": [{"doseQuantity": {"value": 1, "code": "{pill}"}, "timing": {"repeat": {"frequency": 1}}}],
        "reasonCodeableConcept": {"coding": [{"code": "G51.3"}]},
    }
    for draft in (r4, dstu2):
        (card,) = post(body(ORDER_SIGN, draft), path(ORDER_SIGN)).json["cards"]
        update, delete = (suggestion["actions"][0] for suggestion in card["suggestions"])
        assert delete["resourceId"] == f"{draft['resourceType']}/request-123"
        assert {**update["resource"], "note": None} == {**draft, "note": None}
        assert "Not before 2026-07-24" in json.dumps(update["resource"]["note"])
    undecided = {key: value for key, value in r4.items() if key != "medicationCodeableConcept"}
    assert post(body(ORDER_SIGN, undecided), path(ORDER_SIGN)).data == b'{"cards":[]}'


def test_orders_of_the_recordings_are_answered(post: Post) -> None:
    """Every recorded conversation of these services is one that a test plays (tests/test_conversations.py)."""
    hooks = [json.loads(file.read_bytes())["hook"] for file in REQUESTS.glob("*.request.json")]
    assert {service.hook for service in SERVICES.values()} <= set(hooks)
