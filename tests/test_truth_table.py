"""Every state of every prefetch value, before every behaviour of an EHR's server: what is answered, and what is said
not to have been assessed. "No advice" and "could not decide" are never confused.

Asked of two real worker processes, with a web server and a raw socket for the EHR.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pytest
from pytest_httpserver import HTTPServer

from cds_service.fhir.needs import NEEDS
from tests.conftest import REQUESTS
from tests.ehr_servers import TOKEN, Ehr, RawServer, resource, searchset
from tests.invariants import EXPLANATION, check_answer
from tests.running import SERVICE, Running, running

PATIENT: Final = "hfs-right-1"
RECORDED: Final = json.loads((REQUESTS / "sandbox-hfs-right.request.json").read_text(encoding="utf-8"))
REQUIRED: Final = [key for key, need in NEEDS.items() if need.required]
KIND: Final = {key: need.template.partition("?")[0].partition("/")[0] for key, need in NEEDS.items()}

# What each server makes of a need that has to be read from it: None where it brings what was missing.
SERVERS: Final[dict[str, str | None]] = {
    "well": None,
    "none": "",
    "refused": "",
    "slow": "the FHIR server did not answer in time",
    "401": "the FHIR server refused the access token",
    "403": "the FHIR server did not allow it",
    "404": "the FHIR server does not have it",
    "410": "the FHIR server no longer has it",
    "429": "the FHIR server was busy",
    "500": "the FHIR server failed",
    "redirect": "the FHIR server redirected",
    "dropped": "the FHIR server dropped the connection",
    "cut-short": "the FHIR server dropped the connection",
    "garbage": "the FHIR server's answer could not be read",
    "not-json": "not a FHIR resource",
    "endless": "the FHIR server's answer was too large",
    "dripping": "the FHIR server did not answer in time",
    "foreign": "belongs to another patient",
}
# Each state of a value, and what is wrong with it where nothing can be read: None where nothing is.
VALUES: Final[dict[str, str | None]] = {
    "present": None,
    "null": None,
    "empty": None,
    "warning": None,
    "absent": "not provided",
    "error": "the server reported an error",
    "wrong-type": "another kind of resource than asked for",
    "another-patients": "belongs to another patient",
}
FIRST_PAGE: Final = "only the first page was provided"
RAW: Final = ("dropped", "cut-short", "garbage", "not-json", "endless", "dripping")


class Ehrs(NamedTuple):
    web: Ehr
    busy: Ehr
    raw: RawServer

    def base(self, server: str) -> str:
        if server == "refused":
            return f"{self.web.root}/elsewhere"
        return (self.raw if server in RAW else self.busy if server == "429" else self.web).base(server)


@pytest.fixture(scope="module")
def ehrs() -> Iterator[Ehrs]:
    values = {KIND[key]: RECORDED["prefetch"][key] for key in NEEDS}
    twitching, *rest = (entry["resource"] for entry in RECORDED["prefetch"]["conditions"]["entry"])
    values |= {"page/rest": searchset(*rest), "page/twitching": searchset(twitching), "page/none": searchset()}
    raw = RawServer()
    with HTTPServer(threaded=True) as web, HTTPServer(threaded=True) as busy:
        yield Ehrs(Ehr(web, values), Ehr(busy, values), raw)
    raw.close()


@pytest.fixture(scope="module")
def service(ehrs: Ehrs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    servers = ",".join(f"{server.root}/fhir" for server in ehrs)
    with running(
        tmp_path_factory.mktemp("truth"), FHIR_SERVERS=servers, ANSWER_BUDGET_MS="400", MAX_BODY_MB="1", THREADS="4"
    ) as service:
        yield service
    assert not ehrs.web.trapped, "a server that is not listed, or where a redirect leads, was contacted"
    assert ehrs.web.tokens == {f"Bearer {TOKEN}"}
    assert ehrs.busy.tokens == {f"Bearer {TOKEN}"}
    log = service.log.read_text()
    assert TOKEN not in log
    assert PATIENT not in log


def value(state: str, key: str) -> Any:
    kind = KIND[key]
    if state == "present":
        return RECORDED["prefetch"][key]
    if state == "null":
        return None
    if state == "empty":
        return searchset()
    if state in ("warning", "error"):
        return {"resourceType": "OperationOutcome", "issue": [{"severity": state, "code": "processing"}]}
    if state == "wrong-type":
        return resource("Basic", PATIENT)
    theirs = resource(kind, "somebody-else")
    return theirs if kind == "Patient" else searchset(theirs)


def asked(service: Running, ehrs: Ehrs, server: str, prefetch: dict[str, Any]) -> tuple[int, Any]:
    body = copy.deepcopy(RECORDED) | {"prefetch": prefetch}
    del body["fhirServer"]
    if server != "none":
        body["fhirServer"] = ehrs.base(server)
        body["fhirAuthorization"] = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300}
    status, _, answer = service.ask("POST", SERVICE, json.dumps(body).encode())
    return status, json.loads(answer)


def not_assessed(answer: dict[str, Any]) -> dict[str, str]:
    """Need → reason, from all cards; there must be cards."""
    check_answer(answer)
    assert answer["cards"]
    cards = (card["extension"][EXPLANATION].get("notAssessed", ()) for card in answer["cards"])
    return {missing["need"]: missing["reason"] for said in cards for missing in said}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("state", VALUES)
@pytest.mark.parametrize("key", NEEDS)
def test_the_table(service: Running, ehrs: Ehrs, key: str, state: str, server: str) -> None:
    prefetch = copy.deepcopy(RECORDED["prefetch"])
    del prefetch[key]
    if state != "absent":
        prefetch[key] = value(state, key)
    status, answer = asked(service, ehrs, server, prefetch)
    wrong, read = VALUES[state], SERVERS[server]
    problem = None if wrong is None or read is None else read or wrong
    if problem is not None and key in REQUIRED:
        assert status == 412
        issue = answer["issue"][0]
        assert f"{key} ({problem})" in issue["details"]["text"]
        assert issue["expression"] == [f"Request.prefetch.{key}"]
        return
    assert status == 200
    if key == "conditions" and state in ("null", "empty", "warning"):
        assert answer == {"cards": []}
        return
    said = not_assessed(answer)
    if key == "patient" and state in ("null", "empty", "warning"):
        assert said == {"patient": "the client has no data"}
    else:
        assert said == ({} if problem is None else {key: problem})


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("key", NEEDS)
def test_a_first_page_that_shows_twitching(service: Running, ehrs: Ehrs, key: str, server: str) -> None:
    """The answer goes out, and says what it does not know where the next page cannot be had."""
    prefetch = copy.deepcopy(RECORDED["prefetch"])
    entries = [e["resource"] for e in prefetch[key].get("entry", ())] if key != "patient" else [prefetch[key]]
    rest = f"{ehrs.base(server)}/page/{'rest' if key == 'conditions' else 'none'}?kind={KIND[key]}"
    prefetch[key] = searchset(*entries[:1] if key == "conditions" else entries, next_page=rest)
    status, answer = asked(service, ehrs, server, prefetch)
    assert status == 200
    read = SERVERS[server]
    reason = f"the next page could not be had: {read}" if read else FIRST_PAGE
    assert not_assessed(answer) == ({} if read is None else {key: reason})


@pytest.mark.parametrize("server", SERVERS)
def test_a_first_page_that_shows_no_twitching(service: Running, ehrs: Ehrs, server: str) -> None:
    """Nobody may say that there is none before the last page was read."""
    prefetch = copy.deepcopy(RECORDED["prefetch"])
    rest = [entry["resource"] for entry in prefetch["conditions"]["entry"]][1:]
    prefetch["conditions"] = searchset(*rest, next_page=f"{ehrs.base(server)}/page/twitching?kind=Condition")
    prefetch["medicationStatements"] = searchset()
    status, answer = asked(service, ehrs, server, prefetch)
    read = SERVERS[server]
    if read is None:
        assert not_assessed(answer) == {}
    else:
        assert status == 412
        assert answer["issue"][0]["code"] == "incomplete"
        assert (read or FIRST_PAGE) in answer["issue"][0]["details"]["text"]


@pytest.mark.parametrize("server", SERVERS)
def test_no_prefetch_at_all(service: Running, ehrs: Ehrs, server: str) -> None:
    status, answer = asked(service, ehrs, server, {})
    if SERVERS[server] is None:
        assert not_assessed(answer) == {}
        return
    assert status == 412
    assert answer["issue"][0]["expression"] == [f"Request.prefetch.{key}" for key in REQUIRED]


@pytest.mark.parametrize("state", ["present", "null", "empty", "warning"])
def test_what_came_is_not_asked_for_again(service: Running, ehrs: Ehrs, state: str) -> None:
    before = len(ehrs.web.asked)
    prefetch = {key: RECORDED["prefetch"][key] if need.required else value(state, key) for key, need in NEEDS.items()}
    assert asked(service, ehrs, "well", prefetch)[0] == 200
    assert ehrs.web.asked[before:] == []


def test_further_needs_are_only_read_for_who_twitches(service: Running, ehrs: Ehrs) -> None:
    before = len(ehrs.web.asked)
    prefetch = {"conditions": searchset(), "medicationStatements": searchset()}
    assert asked(service, ehrs, "well", prefetch) == (200, {"cards": []})
    assert set(ehrs.web.asked[before:]) - {"metadata"} == {f"Patient/{PATIENT}"}
