"""The pages of a server's answers: which links are followed, where it ends, and what is known when some are missing."""

import json
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url

from cds_service.answer import answer
from cds_service.deck import load_deck
from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.server import FhirServers
from cds_service.outbound.fetching import Reply
from cds_service.trust.caller import Caller
from cds_service.trust.servers import read_base
from tests.desks import desk
from tests.scripted_ehr import BASE, PATIENT, ScriptedEhr, bundle, named, read

ASKED = f"Condition?patient={PATIENT}&_count=1000"


def condition(identity: str) -> dict[str, Any]:
    return named("Condition", identity)


def conditions(**said: Any) -> tuple[Looked, ScriptedEhr]:
    """What is known in the end where the first page is asked of the server."""
    ehr = ScriptedEhr({name.replace("first", ASKED): value for name, value in said.items()})
    return read(ehr, {"conditions": look(None, NEEDS["conditions"])})["conditions"], ehr


def given_page(value: dict[str, Any], ehr: ScriptedEhr) -> Looked:
    """The same where it came in prefetch."""
    return read(ehr, {"conditions": look(json.dumps(value).encode(), NEEDS["conditions"])})["conditions"]


def ids(found: Looked) -> list[str]:
    return [json.loads(bytes(resource))["id"] for resource in found.resources]


LINKS = {
    "relative": "Condition?page=2",
    "a path": "/fhir/Condition?page=2",
    "without scheme": "//ehr.example.org/fhir/Condition?page=2",
    "absolute": f"{BASE}/Condition?page=2",
    "with the port": "https://ehr.example.org:443/fhir/Condition?page=2",
    "in capitals": "HTTPS://EHR.EXAMPLE.ORG/fhir/Condition?page=2",
    "the base with a query": f"{BASE}?page=2",
}


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS.keys())
@pytest.mark.parametrize("came", ["read", "prefetched"])
def test_links_to_the_same_server_are_followed(link: str, came: str) -> None:
    first = bundle(condition("c1"), next_page=link)
    second = bundle(condition("c2"))
    ehr = ScriptedEhr({ASKED: first, "Condition?page=2": second, "?page=2": second})
    if came == "read":
        found = read(ehr, {"conditions": look(None, NEEDS["conditions"])})["conditions"]
    else:
        found = given_page(first, ehr)
    assert (found.state, found.problem, ids(found)) == ("present", "", ["c1", "c2"])
    assert len(ehr.asked) == (2 if came == "read" else 1)


ELSEWHERE = {
    "another host": "https://evil.test/fhir/Condition?page=2",
    "another host, without scheme": "//evil.test/fhir/Condition?page=2",
    "a host that begins like ours": "https://ehr.example.org.evil.test/fhir/Condition?page=2",
    "user": "https://ehr.example.org@evil.test/fhir/Condition?page=2",
    "backslash": "https://evil.test\\@ehr.example.org/fhir/Condition?page=2",
    "http": "http://ehr.example.org/fhir/Condition?page=2",
    "another port": "https://ehr.example.org:8443/fhir/Condition?page=2",
    "another scheme": "file:///fhir/Condition?page=2",
    "beside the base": "/fhirevil/Condition?page=2",
    "above the base": "../admin?page=2",
    "percent-escaped dots": "%2e%2e/admin?page=2",
    "a fragment": "Condition?page=2#x",
    "a line break in the query": "Condition?page=2\r\nX: y",
    "not ASCII": "Condition?page=zwölf",
    "broken": "https://[",
    "broken address": "https://[x]/fhir",
    "broken port": "https://ehr.example.org:x/fhir/Condition",
    "lookalike": "https://ehr.example.org℀/fhir",
    "too long": "Condition?page=" + "2" * 20_000,
    "empty": "",
    "no text": 5,
}


@pytest.mark.parametrize("link", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_prefetched_page_that_leads_elsewhere_is_asked_for_anew(link: Any) -> None:
    ehr = ScriptedEhr({ASKED: bundle(condition("c1"), condition("c2"))})
    found = given_page(bundle(condition("c1"), next_page=link), ehr)
    assert ehr.asked == [ASKED]
    assert (found.state, ids(found)) == ("present", ["c1", "c2"])


@pytest.mark.parametrize("link", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_read_page_that_leads_elsewhere_is_the_last(link: Any) -> None:
    found, ehr = conditions(first=bundle(condition("c1"), next_page=link))
    assert ehr.asked == [ASKED]
    assert (found.state, found.problem, ids(found)) == ("incomplete", "only the first page was provided", ["c1"])


@pytest.mark.parametrize("reference", ["Medication/1", "https://[/Medication/1"])
@pytest.mark.parametrize("link", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_no_link_or_reference_makes_the_service_fail(hfs_right: dict[str, Any], link: Any, reference: str) -> None:
    """Whatever stands in a request: the cards come."""
    ehr = ScriptedEhr({})
    hfs_right["prefetch"]["conditions"] |= {"link": [{"relation": "next", "url": link}]}
    order = named("MedicationRequest", "r1", medicationReference={"reference": reference})
    hfs_right["prefetch"]["medicationRequests"] = bundle(order)
    hfs_right["fhirServer"] = BASE
    at = desk(load_deck(), Caller(servers=(read_base(BASE),)))._replace(servers=FhirServers(ehr))
    assert answer(json.dumps(hfs_right).encode(), at).cards


ODDS = [
    *"@/\\:?#[]\n.",
    "//",
    "..",
    "evil.test",
    "ehr.example.org",
    ":443",
    "https:",
    "/fhir",
    "Condition",
    "page=2",
    BASE,
]
links = st.lists(st.sampled_from(ODDS) | st.text(max_size=3), max_size=6).map("".join)


@settings(max_examples=300)
@given(links, st.booleans())
def test_nothing_is_ever_asked_outside_of_the_base(link: str, prefetched: bool) -> None:
    first = bundle(condition("c1"), next_page=link)
    ehr = ScriptedEhr({ASKED: first})
    given_page(first, ehr) if prefetched else read(ehr, {"conditions": look(None, NEEDS["conditions"])})
    for ask in ehr.asks:
        ours, theirs = urlsplit(ask.url), parse_url(ask.url)
        assert (ours.scheme, ours.netloc) == ("https", "ehr.example.org")
        assert (theirs.scheme, theirs.auth, theirs.host, theirs.port) == ("https", None, "ehr.example.org", None)
        for path in (ours.path, theirs.path or ""):
            assert (path + "/").startswith("/fhir/")
            assert ".." not in path.split("/")
        assert urljoin(ask.url, "") == ask.url
        assert ask.url.isascii()
        assert ask.url.isprintable()


def test_pages_are_read_to_the_last() -> None:
    pages = {f"Condition?page={n}": bundle(condition(f"c{n}"), next_page=f"?page={n + 1}") for n in range(2, 9)}
    ehr = ScriptedEhr({**pages, ASKED: bundle(condition("c1"), next_page="?page=2"), "Condition?page=9": bundle()})
    found = read(ehr, {"conditions": look(None, NEEDS["conditions"])})["conditions"]
    assert (found.state, found.problem, ids(found)) == ("present", "", [f"c{n}" for n in range(1, 9)])


def test_a_loop_of_pages_comes_to_an_end() -> None:
    found, ehr = conditions(first=bundle(condition("c1"), next_page=f"{BASE}/{ASKED}"))
    assert found.state == "incomplete"
    assert set(ids(found)) == {"c1"}
    assert len(ehr.asked) <= 20


def test_pages_that_are_too_large_together_are_not_all_read() -> None:
    """Each is within the limit, and a server that sends ever more of them would fill the memory all the same."""
    large = {**condition("c1"), "text": {"div": "x" * 300_000}}
    found, ehr = conditions(first=lambda _: bundle(large, next_page=f"{BASE}/{ASKED}"))
    assert (found.state, found.problem) == ("incomplete", "not all of its pages were read")
    assert len(ehr.asked) == 4, "a million bytes is all that this call may read"


def test_no_more_than_twenty_pages_are_read() -> None:
    def endless(address: str) -> dict[str, Any]:
        number = int(address.rpartition("page=")[2]) if "page=" in address else 1
        return bundle(condition(f"c{number}"), next_page=f"?page={number + 1}")

    ehr = ScriptedEhr({"Condition": endless})
    found = read(ehr, {"conditions": look(None, NEEDS["conditions"])})["conditions"]
    assert (found.state, len(ehr.asked), len(ids(found))) == ("incomplete", 20, 20)


def test_a_total_that_is_larger_than_what_came_means_that_more_exists() -> None:
    """Without a link to it: all of it is asked for, and if that is no better, it is said."""
    part, whole = bundle(condition("c1"), total=2), bundle(condition("c1"), condition("c2"), total=2)
    ehr = ScriptedEhr({ASKED: whole})
    assert ids(given_page(part, ehr)) == ["c1", "c2"]
    assert ehr.asked == [ASKED]
    found, _ = conditions(first=part)
    assert (found.state, found.problem) == ("incomplete", "only the first page was provided")


@pytest.mark.parametrize("second", [404, Reply(failure="late"), b"", b"null", b"<html/>", b"[1]"])
def test_what_came_stays_where_the_next_page_cannot_be_had(second: Any) -> None:
    first = bundle(condition("c1"), next_page="Condition?page=2")
    ehr = ScriptedEhr({ASKED: first, "Condition?page=2": second})
    for found in (given_page(first, ehr), read(ehr, {"conditions": look(None, NEEDS["conditions"])})["conditions"]):
        assert (found.state, ids(found)) == ("incomplete", ["c1"])
        assert found.problem.startswith("the next page could not be had: ")


@pytest.mark.parametrize("body", [b"", b" ", b"null", b" null\n", b"[]", b"true", b"{}", b'"Bundle"', b"\xff", b"{"])
@pytest.mark.parametrize("key", ["conditions", "patient"])
def test_what_is_no_resource_never_means_that_there_is_nothing(key: str, body: bytes) -> None:
    ehr = ScriptedEhr({"Condition": body, f"Patient/{PATIENT}": body})
    found = read(ehr, {key: look(None, NEEDS[key])})[key]
    assert found.state == "failed"
    assert found.problem in ("the FHIR server's answer could not be read", "not a FHIR resource")


@pytest.mark.parametrize("identity", [b'"\xff"', b'"\\ud800"', b"[" * 5_000 + b"]" * 5_000, b"5", b"null"])
def test_a_patient_whose_id_cannot_be_read_is_no_failure_of_ours(identity: bytes) -> None:
    body = b'{"resourceType": "Patient", "id": %s}' % identity
    found = read(ScriptedEhr({f"Patient/{PATIENT}": body}), {"patient": look(None, NEEDS["patient"])})["patient"]
    assert found.state in ("failed", "present")
