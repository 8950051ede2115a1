"""What an EHR's server is asked, in the words of its release; how the release is found out; and which medicines are
looked up by their reference.
"""

import json
from typing import Any

import pytest

from cds_service.answer import answer
from cds_service.deck import load_deck
from cds_service.fhir.capabilities import Capabilities
from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import ABSENT, look
from cds_service.fhir.release import Release
from cds_service.fhir.server import FhirServers, NoReading
from cds_service.outbound.fetching import Reply
from cds_service.trust.caller import Caller
from cds_service.trust.servers import read_base
from fhir_fixtures.people import everybody
from fhir_fixtures.render import render
from tests.desks import desk
from tests.scripted_ehr import BASE, NOTHING, PATIENT, ScriptedEhr, bundle, capability, named, read, reading

RELEASES: dict[Release, str] = {"DSTU2": "1.0.2", "STU3": "3.0.2", "R4": "4.0.1", "R5": "5.0.0"}
EVERYWHERE = "MedicationAdministration Procedure Observation DiagnosticReport AllergyIntolerance Appointment Condition"
KINDS: dict[Release, str] = {
    "DSTU2": "MedicationStatement MedicationOrder DiagnosticOrder ProcedureRequest ReferralRequest",
    "STU3": "MedicationStatement MedicationRequest ProcedureRequest ReferralRequest",
    "R4": "MedicationStatement MedicationRequest ServiceRequest",
    "R5": "MedicationStatement MedicationRequest ServiceRequest",
}


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_server_of_each_release_is_asked(release: Release) -> None:
    ehr = ScriptedEhr({"metadata": capability(RELEASES[release])})
    read(ehr, NOTHING)
    assert f"Patient/{PATIENT}" in ehr.asked
    searches = [address.partition("?") for address in ehr.asked if "?" in address]
    assert sorted(kind for kind, _, _ in searches) == sorted(f"{EVERYWHERE} {KINDS[release]}".split())
    newest_first = "_sort:desc=date" if release == "DSTU2" else "_sort=-date"
    for kind, _, search in searches:
        parts = search.split("&")
        assert parts[0] == f"patient={PATIENT}"
        sorted_by = [part for part in parts if part.startswith("_sort")]
        assert sorted_by == ([newest_first] if kind in ("Procedure", "Observation", "DiagnosticReport") else [])


def test_only_what_lacks_is_asked_for_and_with_the_token() -> None:
    here = {"patient": look(json.dumps(named("Patient", PATIENT)).encode(), NEEDS["patient"])}
    ehr = ScriptedEhr({"Condition": bundle()})
    found = read(ehr, {**here, "conditions": ABSENT})
    assert ehr.asked == [f"Condition?patient={PATIENT}&_count=1000"]
    assert found["patient"] is here["patient"]
    assert found["conditions"].state == "empty"
    assert {ask.headers["Authorization"] for ask in ehr.asks} == {"Bearer secret"}
    assert {ask.server for ask in ehr.asks} == {"https://ehr.example.org:443"}
    assert "secret" not in repr(ehr.asks)


@pytest.mark.parametrize("patient", ["a.b-c~d", "a:b@c", "a+b=c"])
def test_a_patients_id_changes_no_query(patient: str) -> None:
    ehr = ScriptedEhr({})
    read(ehr, NOTHING, patient=patient)
    quoted = patient.replace(":", "%3A").replace("@", "%40").replace("+", "%2B").replace("=", "%3D")
    assert f"Patient/{quoted}" in ehr.asked
    assert all(f"?patient={quoted}&" in address for address in ehr.asked if "?" in address)


# What says which release a chart is in, the most telling first.
SHAPE = bundle(named("Condition", "c1", assertedDate="2020-01-01"))
SAYINGS: dict[str, tuple[dict[str, Any], Release]] = {
    "the client's configuration": (
        {"named": "DSTU2", "chart": SHAPE, "version": "4.0.1", "base": f"{BASE}/r5"},
        "DSTU2",
    ),
    "the chart's shape": ({"chart": SHAPE, "version": "4.0.1", "base": f"{BASE}/r5"}, "STU3"),
    "the server": ({"version": "1.0.2", "base": f"{BASE}/r5"}, "DSTU2"),
    "the server, a patch": ({"version": "4.3.0-cibuild", "base": f"{BASE}/dstu2"}, "R4"),
    "its address": ({"base": f"{BASE}/DSTU2"}, "DSTU2"),
    "its address, as the server is of no release known": ({"version": "6.0.0", "base": f"{BASE}/r5/tenant"}, "R5"),
    "nothing": ({}, "R4"),
}


@pytest.mark.parametrize("saying", SAYINGS)
def test_what_says_the_release(saying: str) -> None:
    at, expected = SAYINGS[saying]
    said = {"metadata": capability(at["version"])} if "version" in at else {}
    ehr = ScriptedEhr(said, at.get("base", BASE))
    found = dict(NOTHING)
    if "chart" in at:
        found["conditions"] = look(json.dumps(at["chart"]).encode(), NEEDS["conditions"])
    one = reading(ehr, at.get("named"))
    one.complete(found)
    assert one.release(found) == expected
    assert ("DiagnosticOrder" in ehr.kinds) == (expected == "DSTU2")
    assert ("ServiceRequest" in ehr.kinds) == (expected in ("R4", "R5"))


@pytest.mark.parametrize(
    ("unread", "expected"),
    [
        (NoReading(), "R4"),
        (NoReading(fhir_server="https://evil.test/r5"), "R5"),
        (NoReading(fhir_server="/" * 1_000_000 + "/r5"), "R4"),
        (NoReading(named="STU3", fhir_server="https://evil.test/r5"), "STU3"),
    ],
    ids=["nothing", "address", "long address", "named"],
)
def test_the_release_where_nothing_is_read(unread: NoReading, expected: Release) -> None:
    assert unread.release(NOTHING) == expected
    assert unread.complete(NOTHING) is NOTHING


AMARA = next(person for person in everybody() if person.name == "amara-okafor")


def ask_about_amara(release: Release, **more: Any) -> dict[str, Any]:
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": AMARA.name, "userId": "Practitioner/p1"},
        **more,
    }


def ehr_of_amara(release: Release, version: str = "") -> ScriptedEhr:
    said: dict[str, Any] = {"metadata": capability(version)} if version else {}
    values = render(AMARA, release)
    said[f"Patient/{AMARA.name}"] = values.pop("patient")
    for value in values.values():
        for entry in value.get("entry", ()):
            kind = entry["resource"]["resourceType"]
            said.setdefault(kind, {"resourceType": "Bundle", "entry": []})["entry"].append(entry)
    for kind in f"{EVERYWHERE} {KINDS[release]}".split():
        said.setdefault(kind, bundle())
    return ScriptedEhr(said)


def what_is_said(body: bytes) -> list[Any]:
    """All but the names that are made anew for every card."""
    cards = json.loads(body)["cards"]
    assert cards
    proposed = [a["resource"] for c in cards for s in c.get("suggestions", ()) for a in s["actions"]]
    return [[card["summary"], card["detail"], card["extension"]] for card in cards] + proposed


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("how", ["the server", "the client's configuration", "Epic's extension"])
def test_what_is_read_leads_to_the_same_cards_as_what_is_sent(release: Release, how: str) -> None:
    """With proposals in the chart's own release."""
    version = RELEASES[release]
    caller = Caller(servers=(read_base(BASE),), fhir_version=release if how == "the client's configuration" else "")
    ehr = ehr_of_amara(release, version if how == "the server" else "")
    more: dict[str, Any] = {"extension": {"com.epic.cdshooks.request.fhir-version": version}} if "Epic" in how else {}
    at = desk(load_deck(), caller)._replace(servers=FhirServers(ehr))
    sent = answer(json.dumps(ask_about_amara(release, prefetch=render(AMARA, release), **more)).encode(), at)
    assert not ehr.asks
    fetched = answer(json.dumps(ask_about_amara(release, fhirServer=BASE, **more)).encode(), at)
    assert what_is_said(fetched.body) == what_is_said(sent.body)


def test_what_a_server_says_of_itself_is_asked_once_a_day() -> None:
    now = [0.0]
    ehr = ScriptedEhr({"metadata": capability("4.0.1", "Patient")})
    servers = FhirServers(ehr)
    servers.capabilities = Capabilities(lambda: now[0])
    for now[0], times in ((0, 1), (60, 1), (86_399, 1), (86_400, 2), (86_401, 2)):
        read(ehr, NOTHING, servers=servers)
        assert ehr.introductions == times


@pytest.mark.parametrize(
    "failing", [500, 404, b"<html/>", b"{}", b"", Reply(failure="late"), Reply(429, failure="busy")]
)
def test_what_it_could_not_say_is_asked_again_after_a_minute(failing: Any) -> None:
    now = [0.0]
    ehr = ScriptedEhr({"metadata": failing})
    servers = FhirServers(ehr)
    servers.capabilities = Capabilities(lambda: now[0])
    for now[0], times in ((0, 1), (59, 1), (60, 2), (119, 2)):
        read(ehr, NOTHING, servers=servers)
        assert ehr.introductions == times


@pytest.mark.parametrize("status", [401, 403])
def test_one_calls_bad_token_hides_the_server_from_no_other(status: int) -> None:
    ehr = ScriptedEhr({"metadata": status})
    servers = FhirServers(ehr)
    read(ehr, NOTHING, servers=servers)
    assert "DiagnosticOrder" not in ehr.kinds
    ehr.said = {"metadata": capability("1.0.2")}
    read(ehr, NOTHING, servers=servers)
    assert "DiagnosticOrder" in ehr.kinds


def test_each_server_speaks_for_itself_and_no_more_are_remembered_than_needed() -> None:
    known = Capabilities()
    first = ScriptedEhr({"metadata": capability("1.0.2")})
    servers = FhirServers(first)
    servers.capabilities = known
    read(first, NOTHING, servers=servers)
    assert known.recall(BASE) is not None
    assert known.recall(f"{BASE}/tenant") is None
    for n in range(2_000):
        known.note(f"{BASE}/{n}", known.recall(BASE) or known.recall(f"{BASE}/{n - 1}"))  # type: ignore[arg-type]
    assert sum(known.recall(f"{BASE}/{n}") is not None for n in range(2_000)) <= 256
