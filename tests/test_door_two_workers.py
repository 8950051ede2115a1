"""The door as ops run it: two worker processes, the real store, real HTTP, and everything that a token must not be."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.attacks import ADMITTED, ATTACKS, Token, foreign, write_world
from tests.conftest import REQUESTS
from tests.running import Running, running
from tests.signing import DISCOVERY, FEEDBACK, PINNED, claims, elliptic, key_set

PATH = "/cds-services/facial-twitching"
BODY = (REQUESTS / "sandbox-no-twitching.request.json").read_bytes()
REFUSED = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "login", "details": {"text": "Not authorised."}}],
}


@pytest.fixture(scope="module")
def pinned() -> Iterator[HTTPServer]:
    """The one address that may be asked for keys."""
    with HTTPServer(host="127.0.0.1") as server:
        server.expect_request("/jwks.json").respond_with_data(key_set(elliptic("pinned-1").jwk()))
        yield server


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[HTTPServer]:
    """Where attackers would have us go: it has keys that fit, and must never be asked."""
    with HTTPServer(host="127.0.0.1") as server:
        server.expect_request("/jwks.json").respond_with_data(key_set(foreign().jwk(), foreign().jwk(kid="pinned-1")))
        yield server
        assert not server.log


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pinned: HTTPServer) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_world(folder, pinned.url_for("/jwks.json"))
    return folder


def serving(folder: Path) -> Any:
    return running(
        folder, CLIENTS_CONFIG="clients.toml", PUBLIC_URL="https://cds.example.org", DATA_DIR=str(folder / "data")
    )


@pytest.fixture(scope="module")
def service(folder: Path, elsewhere: HTTPServer) -> Iterator[Running]:
    with serving(folder) as service:
        yield service


def now() -> int:
    return int(time.time())


def mercy(**changes: Any) -> str:
    return elliptic("mercy-1").token(claims(now(), **changes))


def status(service: Running, token: str, path: str = PATH) -> int:
    return service.ask("POST", path, BODY, Authorization=f"Bearer {token}")[0]


def reasons(service: Running) -> list[str]:
    lines = (json.loads(line) for line in service.log.read_text().splitlines())
    return [line["reason"] for line in lines if line["event"] == "refused"]


@pytest.mark.parametrize("make", ADMITTED.values(), ids=ADMITTED)
def test_what_passes(service: Running, make: Token) -> None:
    assert status(service, make(now())) == 200


@pytest.mark.parametrize(("make", "reason"), ATTACKS.values(), ids=ATTACKS)
def test_what_falls(service: Running, make: Token, reason: str) -> None:
    """The caller sees no difference; the log does."""
    before = len(reasons(service))
    got, headers, body = service.ask(
        "POST", PATH, BODY, Authorization=f"Bearer {make(now())}", Origin="https://x.example"
    )
    assert (got, json.loads(body)) == (401, REFUSED)
    assert headers["www-authenticate"] == "Bearer"
    assert headers["access-control-allow-origin"] == "*"
    assert reasons(service)[before:] == [reason]


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "{}", "Bearer", "Token {}", "Bearer {} {}"])
def test_what_is_no_bearer_token_falls(service: Running, header: str) -> None:
    assert service.ask("POST", PATH, BODY, Authorization=header.replace("{}", mercy()))[0] == 401


def test_a_small_bearer_passes(service: Running) -> None:
    assert service.ask("POST", PATH, BODY, authorization=f"bearer {mercy()}")[0] == 200


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_authorization_headers_none_counts(service: Running, order: int) -> None:
    """A proxy in front may have looked at the other one."""
    good, bad = f"Bearer {mercy()}", f"Bearer {foreign().token(claims(now()))}"
    for values in ((good, bad), (good, "Basic dXNlcjpwYXNz"), (good, f"Bearer {mercy()}")):
        connection = HTTPConnection("127.0.0.1", service.port, timeout=20)
        connection.putrequest("POST", PATH)
        for value in values[::order]:
            connection.putheader("Authorization", value)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(BODY)))
        connection.endheaders(BODY)
        assert connection.getresponse().status == 401
        connection.close()


def test_the_host_header_decides_nothing(service: Running) -> None:
    aud = f"http://127.0.0.1:{service.port}{PATH}"
    assert status(service, mercy(aud=aud)) == 401
    assert service.ask("POST", PATH, BODY, Authorization=f"Bearer {mercy()}", Host="other.example")[0] == 200


def test_each_endpoint_needs_its_own_token(service: Running) -> None:
    feedback = f"{PATH}/feedback"
    for method, path, aud in (("GET", "/cds-services", DISCOVERY), ("POST", feedback, FEEDBACK)):
        body = b'{"feedback": []}' if method == "POST" else None
        assert service.ask(method, path, body)[0] == 401
        assert service.ask(method, path, body, Authorization=f"Bearer {mercy()}")[0] == 401
        assert service.ask(method, path, body, Authorization=f"Bearer {mercy(aud=aud)}")[0] == 200
    assert status(service, mercy(aud=DISCOVERY)) == 401
    assert status(service, mercy(), feedback) == 401


def test_health_and_preflights_need_none(service: Running) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/"):
        assert service.ask("GET", path)[0] == 200
    for path in ("/cds-services", PATH, f"{PATH}/feedback"):
        headers = {"Origin": "https://x.example", "Access_Control_Request_Method": "POST"}
        assert service.ask("OPTIONS", path, **headers)[0] == 200


def test_a_large_body_of_a_stranger_is_not_waited_for(service: Running) -> None:
    """It is refused, and whoever comes next is served."""
    for _ in range(3):
        try:
            assert service.ask("POST", PATH, b" " * 20_000_000)[0] == 401
        except (BrokenPipeError, ConnectionResetError):
            continue
    assert status(service, mercy()) == 200


@pytest.mark.parametrize("jku", ["foreign", "foreign, of the attacker's key", "internal", "file"])
def test_jku_leads_nowhere_but_to_the_pinned_address(
    service: Running, elsewhere: HTTPServer, pinned: HTTPServer, jku: str
) -> None:
    said = claims(now(), iss=PINNED, aud="configured-by-hand")
    asked = len(pinned.log)
    token = {
        "foreign": elliptic("pinned-1").token(said, jku=elsewhere.url_for("/jwks.json")),
        "foreign, of the attacker's key": foreign().token(
            said, jku=elsewhere.url_for("/jwks.json"), x5u=elsewhere.url_for("/jwks.json")
        ),
        "internal": elliptic("pinned-1").token(said, jku=f"http://127.0.0.1:{service.port}/metrics"),
        "file": elliptic("pinned-1").token(said, jku="file:///etc/hostname"),
    }[jku]
    assert status(service, token) == 401
    assert not elsewhere.log
    assert len(pinned.log) == asked


def test_the_pinned_address_is_read_once_by_each_worker(service: Running, pinned: HTTPServer) -> None:
    for header in ({}, {"jku": pinned.url_for("/jwks.json")}) * 10:
        said = claims(now(), iss=PINNED, aud="configured-by-hand")
        assert status(service, elliptic("pinned-1").token(said, **header)) == 200
    assert len(pinned.log) == 2


# Replays.


def test_a_replay_falls_at_whichever_worker(service: Running) -> None:
    """Each call is a new connection; the kernel deals them out."""
    token = mercy()
    assert status(service, token) == 200
    assert {status(service, token) for _ in range(20)} == {401}
    assert reasons(service)[-20:] == ["replayed"] * 20


def test_of_twenty_at_once_one_passes(service: Running) -> None:
    start = Barrier(20)

    def call(token: str) -> int:
        start.wait(20)
        return status(service, token)

    with ThreadPoolExecutor(20) as pool:
        for _ in range(3):
            assert Counter(pool.map(call, [mercy()] * 20)) == {200: 1, 401: 19}


def test_a_forgery_does_not_use_up_a_jti(service: Running) -> None:
    forged = ATTACKS["signed by somebody else"][0]
    header, payload, signature = mercy(jti="wanted").split(".")
    strange = forged(now()).rpartition(".")[2]
    for token in (f"{header}.{payload}.{strange}", mercy(jti="wanted", exp=1), mercy(jti="wanted", aud=DISCOVERY)):
        assert status(service, token) == 401
    assert status(service, f"{header}.{payload}.{signature}") == 200


def test_a_replay_falls_after_a_restart(folder: Path, elsewhere: HTTPServer) -> None:
    token = mercy(exp=now() + 3000)
    with serving(folder) as service:
        assert status(service, token) == 200
    with serving(folder) as service:
        assert status(service, token) == 401
        assert reasons(service) == ["replayed"]
        assert status(service, mercy()) == 200


# What ops see.


def test_metrics_are_of_all_workers(service: Running) -> None:
    def counted() -> dict[str, float]:
        lines = service.ask("GET", "/metrics")[2].decode().splitlines()
        rows = (line.rpartition(" ") for line in lines if line.startswith("facial_twitching_callers_refused_total{"))
        return {name.split('"')[1]: float(value) for name, _, value in rows}

    before = counted()
    for _ in range(30):
        assert status(service, "a.b") == 401
    after = [counted() for _ in range(10)]
    assert all(said == after[0] for said in after), "whichever worker is asked answers for both"
    assert after[0]["malformed"] == before["malformed"] + 30
    assert sum(after[0].values()) == len(reasons(service))


def test_readiness_names_the_clients(service: Running) -> None:
    said = json.loads(service.ask("GET", "/readyz")[2])
    assert said["status"] == "ready"
    assert said["clients"] == {name: {"keys": "fresh"} for name in ("mercy", "north", "pinned")}


def test_no_token_and_nothing_of_strangers_is_in_the_log(service: Running) -> None:
    token = mercy(jti="MARKED")
    assert [status(service, token), status(service, token)] == [200, 401]
    assert status(service, mercy(iss="https://MARKED.example", sub="MARKED")) == 401
    log = service.log.read_text()
    assert "MARKED" not in log
    assert token.rpartition(".")[2] not in log
    assert "eyJ" not in log
