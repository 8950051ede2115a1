"""Who is let in, and what the others are told: nothing (SEC-5, JWT-1, CORS-3, CORS-4)."""

import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app import create_app, wsgi_from_environment
from cds_service.settings import Settings
from cds_service.trust.clients_file import load_clients
from cds_service.trust.guarded_door import GuardedDoor
from cds_service.trust.key_sources import key_sources
from cds_service.trust.refused import Refused
from cds_service.trust.servers import ServerBase
from cds_service.trust.unavailable import ReplaysUnavailable
from cds_service.web import routes
from cds_service.web.policy import POLICY, caller
from cds_service.web.state import KEY
from tests.attacks import ATTACKS, write_world
from tests.conftest import REQUESTS
from tests.own_log import log_of_its_own  # noqa: F401
from tests.signing import DISCOVERY, FEEDBACK, MERCY, NORTH, PUBLIC_URL, SERVICE, claims, elliptic
from tests.test_tokens import SANDBOX_KEY

NOW = 1_780_000_000
PATH = "/cds-services/facial-twitching"


class Seen:
    """What was used before, in memory. The real store has its own tests, and is behind the two workers."""

    def __init__(self) -> None:
        self.uses: list[tuple[str, str, int, int]] = []
        self.down = False

    def first_use(self, issuer: str, jti: str, expires: int, now: int) -> bool:
        if self.down:
            raise ReplaysUnavailable("the store is down")
        first = not any(use[:2] == (issuer, jti) for use in self.uses)
        self.uses.append((issuer, jti, expires, now))
        return first


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def door(tmp_path: Path, seen: Seen) -> GuardedDoor:
    clients = load_clients(write_world(tmp_path))
    return GuardedDoor(clients, key_sources(clients, lambda url: b""), PUBLIC_URL, seen, lambda: NOW)


def bearer(**changes: Any) -> str:
    return f"Bearer {elliptic('mercy-1').token(claims(NOW, **changes))}"


def reason(attempt: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        attempt()
    return refused.value.reason


def test_who_is_let_in_is_known(door: GuardedDoor) -> None:
    admitted = door.admit(bearer(), PATH)
    assert (admitted.name, admitted.fhir_version, admitted.may_use_token) == ("mercy", "R4", True)
    assert admitted.servers == (ServerBase("https", "fhir.mercy.example", 443, "/r4"),)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_read_in_any_case(door: GuardedDoor, scheme: str) -> None:
    assert door.admit(bearer().replace("Bearer", scheme), PATH).name == "mercy"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Token {}",
        "{}",
        "Bearer {}, Bearer {}",
        "Bearer {} {}",
        "Bearer\t{}",
    ],
)
def test_what_is_no_single_bearer_token(door: GuardedDoor, seen: Seen, header: str | None) -> None:
    token = bearer().removeprefix("Bearer ")
    assert reason(lambda: door.admit(header.replace("{}", token) if header else header, PATH)) == "no-token"
    assert not seen.uses


@pytest.mark.parametrize(
    ("aud", "path"),
    [
        (DISCOVERY, "/cds-services"),
        (DISCOVERY, "/cds-services/"),
        (f"{DISCOVERY}/", "/cds-services"),
        (SERVICE, "//cds-services///facial-twitching"),
        (f"{DISCOVERY}//facial-twitching/feedback", "/cds-services/facial-twitching/feedback"),
    ],
)
def test_slashes_are_undone_before_aud_is_compared(door: GuardedDoor, aud: str, path: str) -> None:
    assert door.admit(bearer(aud=aud), path).name == "mercy"


def test_a_token_is_for_one_endpoint(door: GuardedDoor) -> None:
    """Discovery's doesn't do for the service, nor the service's for feedback."""
    assert reason(lambda: door.admit(bearer(aud=DISCOVERY), PATH)) == "audience"
    assert reason(lambda: door.admit(bearer(aud=SERVICE), f"{PATH}/feedback")) == "audience"
    assert reason(lambda: door.admit(bearer(aud=FEEDBACK), PATH)) == "audience"


def test_a_token_is_used_once(door: GuardedDoor, seen: Seen) -> None:
    token = bearer(jti="n1")
    assert door.admit(token, PATH).name == "mercy"
    assert reason(lambda: door.admit(token, PATH)) == "replayed"
    assert reason(lambda: door.admit(bearer(jti="n1"), PATH)) == "replayed"
    assert door.admit(bearer(jti="n2"), PATH).name == "mercy"
    assert seen.uses[0] == (MERCY, "n1", NOW + 300 + 30, NOW)


def test_two_issuers_may_use_the_same_jti(door: GuardedDoor) -> None:
    assert door.admit(bearer(jti="n1"), PATH).name == "mercy"
    north = claims(NOW, jti="n1", iss=NORTH, tenant="north-a", sub="our-client-id")
    assert door.admit(f"Bearer {elliptic('north-1').token(north)}", PATH).name == "north"


@pytest.mark.parametrize("row", ATTACKS)
def test_what_falls_uses_up_nothing(door: GuardedDoor, seen: Seen, row: str) -> None:
    """Else anybody could spend a client's `jti` before it does, or fill the store."""
    assert reason(lambda: door.admit(f"Bearer {ATTACKS[row][0](NOW)}", PATH)) == ATTACKS[row][1]
    assert not seen.uses


# Over HTTP, in process.


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        public_url=PUBLIC_URL, clients_config=str(write_world(tmp_path)), data_dir=str(tmp_path), log_level="info"
    )


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return create_app(settings).test_client()


def fresh(**changes: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {elliptic('mercy-1').token(claims(int(time.time()), **changes))}"}


def check_refused(answer: TestResponse) -> None:
    """The same answer for whatever was wrong."""
    assert answer.status_code == 401
    assert answer.json == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "login", "details": {"text": "Not authorised."}}],
    }
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.mimetype == "application/json"


def test_every_route_says_who_may_call_it() -> None:
    app = create_app(Settings())
    undeclared = [
        rule.rule for rule in app.url_map.iter_rules() if not hasattr(app.view_functions[rule.endpoint], POLICY)
    ]
    assert not undeclared, f"decorate these with open_to_all or clients_only: {undeclared}"
    only = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], POLICY) == "clients"
    }
    assert only == {"/cds-services", "/cds-services/<service>", "/cds-services/<service>/feedback"}


def test_clients_are_served(client: FlaskClient) -> None:
    assert client.get("/cds-services", headers=fresh(aud=DISCOVERY)).json["services"]
    body = (REQUESTS / "sandbox-no-twitching.request.json").read_bytes()
    answer = client.post(PATH, data=body, content_type="application/json", headers=fresh())
    assert answer.json == {"cards": []}
    answer = client.post(f"{PATH}/feedback", json={"feedback": []}, headers=fresh(aud=FEEDBACK))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cds-services"),
        ("HEAD", "/cds-services"),
        ("GET", "/cds-services/"),
        ("POST", PATH),
        ("POST", "/cds-services//facial-twitching"),
        ("POST", f"{PATH}/feedback"),
        ("POST", "/cds-services/unknown"),
        ("POST", "/cds-services/unknown/feedback"),
    ],
)
def test_everything_that_is_not_open_needs_a_token(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == 401
    if method != "HEAD":
        check_refused(answer)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/", "/cards", "/cards/mri-workup"])
def test_what_is_open_needs_none(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/cds-services", PATH, f"{PATH}/feedback"])
def test_preflights_need_none_and_browsers_may_read_the_refusal(client: FlaskClient, path: str) -> None:
    origin = {"Origin": "https://sandbox.cds-hooks.org"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    preflight = client.options(path, headers={**origin, **asked})
    assert preflight.status_code == 200
    assert {"authorization", "content-type"} <= set(
        preflight.headers["Access-Control-Allow-Headers"].lower().split(", ")
    )
    refused = client.open(path, method="GET" if path == "/cds-services" else "POST", headers=origin)
    check_refused(refused)
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


class Unread:
    """A body that fails the test when it is read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the body was read before it was known who calls")

    readline = readlines = __iter__ = read


@pytest.mark.parametrize(
    "options",
    [{"content_type": "text/plain"}, {"content_length": 10**12}, {"headers": {"Content-Encoding": "gzip"}}, {}],
    ids=["415", "413", "compressed", "unread"],
)
def test_who_calls_is_asked_first(client: FlaskClient, options: dict[str, Any]) -> None:
    answer = client.post(
        PATH, environ_overrides={"wsgi.input": Unread()}, **{"content_type": "application/json", **options}
    )
    check_refused(answer)


def test_a_client_learns_what_exists(client: FlaskClient) -> None:
    aud = f"{DISCOVERY}/unknown"
    assert client.post("/cds-services/unknown", headers=fresh(aud=aud)).status_code == 404
    assert client.post(PATH, data=b"{}", content_type="text/plain", headers=fresh()).status_code == 415


def test_the_log_says_why_and_whose_and_nothing_of_the_token(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    for claim, value, why, whose in (
        ("exp", 1, "expired", "mercy"),
        ("iss", "https://MARKED.example", "issuer", None),
        ("jti", "MARKED\n", "nonce", "mercy"),
        ("aud", "https://MARKED.example", "audience", "mercy"),
    ):
        headers = fresh(**{"aud": f"{DISCOVERY}/MARKED", claim: value})
        check_refused(client.post("/cds-services/MARKED", headers=headers))
        (line,) = capsys.readouterr().out.splitlines()
        said = json.loads(line)
        assert said["event"] == "refused"
        assert (said["reason"], said.get("client"), said["status"]) == (why, whose, 401)
        assert said["route"] == "/cds-services/<service>"
        assert "MARKED" not in line
        assert headers["Authorization"][-20:] not in line


def counted(client: FlaskClient) -> dict[str, float]:
    text = client.get("/metrics").text
    found = re.findall(r'^facial_twitching_callers_refused_total\{reason="([a-z-]+)"\} (\S+)$', text, re.MULTILINE)
    return {reason: float(value) for reason, value in found}


def test_refusals_are_counted_by_reason(client: FlaskClient) -> None:
    before = counted(client)
    assert set(before) == {*(why for _, why in ATTACKS.values()), "no-token", "keys-unavailable", "published-key",
                           "ambiguous", "replayed"}  # fmt: skip
    client.get("/cds-services")
    client.post(PATH, headers=fresh(exp=1))
    client.post(PATH, headers=fresh(exp=1))
    after = counted(client)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "no-token": 1,
        "expired": 2,
    }


def test_where_replay_cannot_be_checked_nobody_is_let_in(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    broken = create_app(msgspec.structs.replace(settings, data_dir=str(tmp_path / "a-file" / "below"))).test_client()
    answer = broken.get("/cds-services", headers={**fresh(aud=DISCOVERY), "Origin": "https://x.example"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json["resourceType"] == "OperationOutcome"
    assert str(tmp_path) not in answer.text
    check_refused(broken.get("/cds-services", headers=fresh(aud=SERVICE)))
    assert broken.get("/healthz").status_code == 200
    readiness = broken.get("/readyz")
    assert (readiness.status_code, readiness.json["status"]) == (200, "degraded")
    assert "DATA_DIR" in readiness.json["database"]


def test_readiness_tells_of_each_clients_keys(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, "degraded is not down"
    assert (answer.json["status"], answer.json["database"]) == ("degraded", "ready")
    assert answer.json["clients"] == {
        "mercy": {"keys": "fresh"},
        "north": {"keys": "fresh"},
        "pinned": {"keys": "none"},
    }


def test_a_route_knows_who_calls(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[Any] = []
    monkeypatch.setattr(routes, "answer", lambda body, at, _: answered.append((caller(), at.caller)) or 1 / 0)
    body = (REQUESTS / "sandbox-no-twitching.request.json").read_bytes()
    create_app(settings).test_client().post(PATH, data=body, content_type="application/json", headers=fresh())
    ((known, used),) = answered
    assert known is used
    assert known.name == "mercy"


# Open.


def test_without_clients_everybody_is_let_in_and_may_have_the_listed_servers_read() -> None:
    app = create_app(Settings(fhir_servers=("https://r4.example/fhir",)))
    admitted = app.extensions[KEY].door.admit(None, PATH)
    assert admitted.servers == (ServerBase("https", "r4.example", 443, "/fhir"),)
    assert app.test_client().get("/cds-services", headers={"Authorization": "Basic x"}).status_code == 200
    assert app.test_client().get("/readyz").json["status"] == "ready"


# At start.


def started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **environment: str
) -> list[dict[str, Any]]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    wsgi_from_environment()
    for thread in threading.enumerate():
        if thread.name == "warm":
            thread.join(10)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_is_said_that_anybody_may_call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (said,) = started(monkeypatch, capsys)
    assert (said["level"], said["event"]) == ("warning", "open")
    assert "anybody who reaches this service may call it" in said["text"]


def test_it_is_said_that_anybody_may_call_as_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_world(tmp_path)
    (tmp_path / "sandbox.json").write_text(json.dumps({"keys": [SANDBOX_KEY]}))
    with path.open("a") as config:
        config.write('[[clients]]\nname = "demo"\nissuer = "https://sandbox.cds-hooks.org"\n')
        config.write('jwks_file = "sandbox.json"\nprofile = "sandbox"\n')
    # Its keys are asked for in the background, here where nobody listens.
    path.write_text(path.read_text().replace("https://keys.pinned.example/", "http://127.0.0.1:9/"))
    said = started(monkeypatch, capsys, CLIENTS_CONFIG=str(path), DATA_DIR=str(tmp_path))
    (warning,) = (line for line in said if line["event"] == "open")
    assert warning["level"] == "warning"
    assert warning["text"].startswith("Anybody may call as the client 'demo'")
    assert "Only open data is read for it" in warning["text"]
    (guarded,) = (line for line in said if line["event"] == "guarded")
    assert guarded["clients"] == ["demo", "mercy", "north", "pinned"]
    (keys,) = (line for line in said if line["event"] == "keys")
    assert (keys["url"], keys["state"]) == ("http://127.0.0.1:9/jwks.json", "none")
