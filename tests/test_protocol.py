"""Discovery, the service call, feedback, CORS: what integrators meet first (conformance GEN, DISC, REQ, RESP, FB, CORS,
SBX).
"""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.hooks.cards import encode
from cds_service.settings import Settings
from tests.conftest import Post

SERVICE = "/cds-services/facial-twitching"
ORIGIN = {"Origin": "https://sandbox.cds-hooks.org"}
FEEDBACK = Path(__file__).parents[1] / "fhir_fixtures" / "feedback"


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/"])
def test_discovery(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    service = answer.json["services"][0]
    assert service["hook"] == "patient-view"
    assert service["id"] == "facial-twitching"
    assert service["hookVersion"] == "1.0"
    assert all(isinstance(service[key], str) and service[key] for key in ("title", "description", "usageRequirements"))


def test_prefetch_templates_keep_to_the_recommended_subset(client: FlaskClient) -> None:
    """PFT-1…4, PFQ-1…9: reads and searches, plain root-level tokens, no modifier but :in, one value a parameter
    (SBX-4).
    """
    service, *others = client.get("/cds-services").json["services"]
    assert all(other["prefetch"] == service["prefetch"] for other in others)
    assert list(service["prefetch"]) == [
        "patient", "conditions", "medicationStatements", "medicationRequests", "medicationAdministrations",
        "procedures", "observations", "serviceRequests", "diagnosticReports", "allergies", "appointments",
    ]  # fmt: skip
    for template in service["prefetch"].values():
        assert set(re.findall(r"{{(.*?)}}", template)) == {"context.patientId"}
        query = parse_qsl(urlsplit(template).query)
        names = [name for name, _ in query]
        assert len(names) == len(set(names))
        assert not any(
            name.startswith(("_include", "_revinclude", "_has", "_elements", "_summary")) or ":" in name
            for name in names
        )


def test_lean_prefetch_asks_for_the_required_only() -> None:
    lean = create_app(Settings(prefetch="lean", log_level="error")).test_client()
    assert list(lean.get("/cds-services").json["services"][0]["prefetch"]) == [
        "patient",
        "conditions",
        "medicationStatements",
    ]


def test_the_service_tolerates_a_doubled_slash(post: Post, hfs_right: dict[str, Any]) -> None:
    assert len(post(hfs_right, "/cds-services//facial-twitching").json["cards"]) == 3


def test_nothing_to_say_is_an_empty_list(post: Post, no_twitching: dict[str, Any]) -> None:
    assert post(no_twitching).data == b'{"cards":[]}'


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/json; charset=utf-8", "application/fhir+json", "application/hl7-cds-hooks+json"],
)
def test_json_content_types(post: Post, no_twitching: dict[str, Any], kind: str) -> None:
    assert post(no_twitching, content_type=kind).status_code == 200


def test_unknown_members_and_extensions_are_tolerated(post: Post, no_twitching: dict[str, Any]) -> None:
    no_twitching["extension"] = {"com.epic.cdshooks.request.bpa-trigger-action": "60", "internal.epic": {"a": [1]}}
    no_twitching["context"] |= {"encounterId": "e1", "somethingNew": {"x": 1}, "extension": {}}
    no_twitching |= {"fhirAuthorization": {"access_token": "t", "expires_in": "300"}, "somethingElse": None}
    no_twitching["prefetch"]["unknownKey"] = {"resourceType": "Patient"}
    assert post(no_twitching).status_code == 200


def test_the_encounter_is_kept(post: Post, hfs_right: dict[str, Any]) -> None:
    hfs_right["context"]["encounterId"] = "enc-7"
    cards = post(hfs_right).json["cards"]
    order = next(card for card in cards if card["source"]["topic"]["code"] == "mri-workup")["suggestions"][0][
        "actions"
    ][0]["resource"]
    assert order["encounter"] == {"reference": "Encounter/enc-7"}
    assert order["subject"] == {"reference": "Patient/hfs-right-1"}


@pytest.mark.parametrize(
    "user", ["Patient/hfs-right-1", "RelatedPerson/7", "https://ehr.example/r4/Patient/x", " Patient/x", "patient/x"]
)
def test_a_patient_as_user_sees_no_clinicians_card(post: Post, hfs_right: dict[str, Any], user: str) -> None:
    hfs_right["context"]["userId"] = user
    assert {card["source"]["topic"]["code"] for card in post(hfs_right).json["cards"]} == {"self-care"}


@pytest.mark.parametrize("user", [None, 7, "", "Practitioner/a", "PractitionerRole/b", "odd", {"x": 1}])
def test_an_odd_user_is_taken_for_a_clinician(post: Post, hfs_right: dict[str, Any], user: object) -> None:
    hfs_right["context"]["userId"] = user
    assert len(post(hfs_right).json["cards"]) == 3


def test_topic_codes_are_static_and_uuids_fresh(post: Post, hfs_right: dict[str, Any]) -> None:
    first, second = post(hfs_right).json["cards"], post(hfs_right).json["cards"]
    assert [c["source"]["topic"] for c in first] == [c["source"]["topic"] for c in second]
    assert {c["uuid"] for c in first}.isdisjoint({c["uuid"] for c in second})


def test_addresses_come_from_public_url_never_from_the_host_header(hfs_right: dict[str, Any]) -> None:
    from datetime import date

    client = create_app(
        Settings(public_url="https://cds.example.org/hfs/", cds_today=date(2026, 6, 15), log_level="error")
    ).test_client()
    cards = client.post(SERVICE, json=hfs_right, headers={"Host": "evil.example"}).json["cards"]
    assert {card["source"]["topic"]["system"] for card in cards} == {"https://cds.example.org/hfs/cards"}
    assert "evil.example" not in json.dumps(cards)


@pytest.mark.parametrize("path", ["/cds-services", SERVICE, f"{SERVICE}/feedback", "/cds-services//facial-twitching"])
@pytest.mark.parametrize("headers", ["authorization", "authorization,content-type"])
def test_preflight_needs_no_token(client: FlaskClient, path: str, headers: str) -> None:
    method = "GET" if path == "/cds-services" else "POST"
    asked = {**ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    answer = client.options(path, headers=asked)
    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN["Origin"])
    assert method in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in headers.split(","))
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/cds-services", None, 200),
        ("POST", SERVICE, b"{", 400),
        ("POST", SERVICE, b'{"hook":"patient-view","hookInstance":"x","context":{"patientId":"p"}}', 412),
        ("POST", "/cds-services/other", b"{}", 404),
        ("POST", "/cds-services", b"{}", 405),
        ("GET", SERVICE, None, 405),
        ("GET", "/nowhere", None, 404),
        ("POST", f"{SERVICE}/feedback", b"[]", 400),
    ],
)
def test_every_answer_carries_cors(
    client: FlaskClient, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = client.open(path, method=method, data=body, content_type="application/json", headers=ORIGIN)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN["Origin"])


def test_origins_can_be_bounded() -> None:
    client = create_app(Settings(cors_origins=("https://ehr.example.org",), log_level="error")).test_client()
    assert (
        client.get("/cds-services", headers={"Origin": "https://ehr.example.org"}).headers[
            "Access-Control-Allow-Origin"
        ]
        == "https://ehr.example.org"
    )
    assert "Access-Control-Allow-Origin" not in client.get("/cds-services", headers=ORIGIN).headers


def test_the_sandboxs_feedback_lands(post: Post) -> None:
    answer = post((FEEDBACK / "sandbox-overridden.json").read_bytes(), f"{SERVICE}/feedback")
    assert answer.status_code == 200


ACCEPTED = {
    "card": "c1",
    "outcome": "accepted",
    "outcomeTimestamp": "2026-06-15T08:00:00Z",
    "acceptedSuggestions": [{"id": "s1"}],
}
OVERRIDDEN = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-06-15T08:00:00.123Z"}


@pytest.mark.parametrize(
    "items",
    [
        [],
        [ACCEPTED],
        [OVERRIDDEN, ACCEPTED, OVERRIDDEN],
        [{**OVERRIDDEN, "overrideReason": {"reason": {"code": "x", "system": "y"}, "userComment": "MARKED"}}],
        [{**OVERRIDDEN, "overrideReasons": {"reason": {"code": "unknown"}}}],
        [{**OVERRIDDEN, "overrideReason": {"userComment": "x" * 16_384}, "extension": {"a": 1}}],
    ],
)
def test_feedback_is_taken(post: Post, items: list[Any]) -> None:
    assert post({"feedback": items}, f"{SERVICE}/feedback").status_code == 200


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (OVERRIDDEN, "Feedback"),
        ({"feedback": OVERRIDDEN}, "Feedback.feedback"),
        (
            {"feedback": [{k: v for k, v in ACCEPTED.items() if k != "acceptedSuggestions"}]},
            "Feedback.feedback[0].acceptedSuggestions",
        ),
        ({"feedback": [OVERRIDDEN, {**OVERRIDDEN, "outcome": "ignored"}]}, "Feedback.feedback[1].outcome"),
        ({"feedback": [{**OVERRIDDEN, "outcomeTimestamp": "yesterday"}]}, "Feedback.feedback[0].outcomeTimestamp"),
        (
            {"feedback": [{**OVERRIDDEN, "outcomeTimestamp": "2026-06-15T08:00:00"}]},
            "Feedback.feedback[0].outcomeTimestamp",
        ),
        ({"feedback": [{**OVERRIDDEN, "card": ""}]}, "Feedback.feedback[0].card"),
        (
            {"feedback": [{**OVERRIDDEN, "overrideReason": {"userComment": "MARKED" * 4000}}]},
            "Feedback.feedback[0].overrideReason.userComment",
        ),
    ],
)
def test_wrong_feedback_names_the_item(post: Post, body: Any, where: str) -> None:
    answer = post(body, f"{SERVICE}/feedback")
    assert answer.status_code == 400
    assert answer.json["issue"][0]["expression"] == [where]


def test_health(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz").json
    assert ready["status"] == "ready"
    assert "mri-workup" in ready["deck"]


@pytest.mark.parametrize(
    "path", ["/", "/cards", "/cards/mri-workup", "/cards/botulinum-recall", "/cards/fasciculation-check"]
)
def test_pages_answer_with_a_strict_policy(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<h1>" in page.text


def test_source_url_leads_to_the_cards_page(client: FlaskClient, post: Post, hfs_right: dict[str, Any]) -> None:
    for card in post(hfs_right).json["cards"]:
        assert client.get(urlsplit(card["source"]["url"]).path).status_code == 200


def test_answers_are_encoded_once() -> None:
    assert encode({"a": "ü<&"}) == '{"a":"ü<&"}'.encode()


@pytest.mark.parametrize(
    ("server", "named", "shape"),
    [
        ("https://ehr.example/fhir", None, "coding"),
        ("https://ehr.example/r5", None, "concept"),
        ("https://ehr.example/fhir/R5/", None, "concept"),
        ("https://ehr.example/r4", "R5", "concept"),
        (None, "R4", "coding"),
        (7, 7, "coding"),
    ],
)
def test_the_server_tells_the_release_where_the_data_do_not(post: Post, server: Any, named: Any, shape: str) -> None:
    condition = {"resourceType": "Condition", "code": {"text": "right hemifacial spasm"}}
    prefetch = {
        "patient": {"resourceType": "Patient", "id": "p"},
        "conditions": condition,
        "medicationStatements": None,
    }
    body = {"hook": "patient-view", "hookInstance": "i", "context": {"patientId": "p"}, "prefetch": prefetch}
    body |= {"fhirServer": server, "extension": {"com.epic.cdshooks.request.fhir-version": named}}
    order = post(body).json["cards"][0]["suggestions"][0]["actions"][0]["resource"]
    assert shape in order["code"]


def test_the_log_holds_nothing_that_a_caller_chose(client: FlaskClient, hfs_right: dict[str, Any]) -> None:
    """Names, ids, texts, reasons: marked, sent through every route, and looked for in what is logged."""
    import structlog
    from structlog.testing import LogCapture

    capture = LogCapture()
    before = structlog.get_config()
    structlog.reset_defaults()
    structlog.configure(processors=[capture], cache_logger_on_first_use=False)
    try:
        marked = json.loads(
            json.dumps(hfs_right)
            .replace("hfs-right-1", "MARKED1")
            .replace("Right hemifacial spasm", "MARKED hemifacial spasm right")
        )
        marked["hookInstance"] = "MARKED instance"
        client.post(SERVICE, json=marked)
        client.post(SERVICE, json={**marked, "prefetch": {"MARKED": 1}})
        client.post(SERVICE, data=b'{"MARKED"', content_type="application/json")
        client.post("/cds-services/MARKED", json={})
        item = {
            **OVERRIDDEN,
            "card": "MARKED",
            "overrideReason": {"reason": {"code": "MARKED"}, "userComment": "MARKED"},
        }
        client.post(f"{SERVICE}/feedback", json={"feedback": [item]})
    finally:
        structlog.configure(**before)
    assert len(capture.entries) >= 4
    assert "MARKED" not in str(capture.entries)
