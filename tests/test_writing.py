"""Every proposal, in every release, is a valid resource: generated ones, and all that the cards' examples suggest."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.findings import facial_twitching
from cds_service.advice import Advice, AppointmentProposal, OrderProposal, Phrase, Proposal, TaskProposal, View
from cds_service.deck import load_deck
from cds_service.fhir import writing
from cds_service.fhir.writing import About, Release, write
from cds_service.record import CPT, LOINC, SNOMED, Coding
from tests.dstu2_structure import assert_dstu2
from tests.patients import coding, patient_record

RELEASES: tuple[Release, ...] = get_args(Release)
TODAY = date(2026, 6, 15)
LIBRARY = {
    "STU3": "fhir.resources.STU3",
    "R4": "fhir.resources.R4B",
    "R4B": "fhir.resources.R4B",
    "R5": "fhir.resources",
}
# terminology.yaml, emit_codes: only these may stand in a suggested resource.
EMITTED = {
    coding(f"{system} {code}")[:2]
    for system, codes in {
        "loinc": "24740-3 30658-9 36881-1 17861-6 1751-7 1994-3 19123-9 3016-3 3024-7 62292-8 1989-3 2731-8 2951-2 "
        "2160-0 57979-7",
        "cpt": "70553 70551 70544 64612 61458",
        "sct": "13753008 404909007 56052001 89545001 7771000 24028007",
        "icd10cm": "G51.31 G51.32 G51.39",
    }.items()
    for code in codes.split()
}


def about(**changes: Any) -> About:
    usual = About("p1", "e1", "Practitioner/x", TODAY, lambda phrase: str(phrase.values.get("text", phrase.block)))
    return usual._replace(**changes)


def assert_valid(resource: dict[str, Any], release: Release) -> None:
    """Completely, by the release's own definition; and nothing empty anywhere, which fhir.resources lets pass."""
    if release == "DSTU2":
        assert_dstu2(resource)
    else:
        kind = resource["resourceType"]
        getattr(import_module(f"{LIBRARY[release]}.{kind.lower()}"), kind).model_validate(resource)
    for value in everything_in(resource):
        assert value not in ("", [], {}, None)
        if isinstance(value, str):
            assert value == value.strip()
    json.dumps(resource, ensure_ascii=False).encode()


def everything_in(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everything_in(inner)


anything = st.text(st.characters(), max_size=20)
phrases = st.builds(lambda text: Phrase("p", {"text": text}), anything)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
systems = st.sampled_from([LOINC, CPT, SNOMED, "", "not a uri"]) | anything
some_codings = st.lists(st.builds(Coding, systems, st.just("24740-3") | anything, anything), max_size=3).map(tuple)
reference_words = st.sampled_from(
    [
        "Condition/c1",
        "Observation/o",
        "Procedure/p",
        "MedicationStatement/m",
        "DiagnosticReport/d",
        "https://ehr.example/r4/Condition/9",
        "#m1",
        "urn:uuid:1b0a7c3e-8c2f-4a9e-9d0e-0f7a2f6f9f10",
        "Condition/c 1",
        "",
    ]
)
reference_lists = st.lists(reference_words | anything, max_size=4).map(tuple)
proposals: st.SearchStrategy[Proposal] = st.one_of(
    st.builds(
        OrderProposal,
        phrases,
        some_codings,
        phrases,
        st.sampled_from(["imaging", "laboratory", "referral", "counselling"]),
        st.booleans(),
        some_codings,
        reference_lists,
        st.none() | phrases,
    ),
    st.builds(AppointmentProposal, phrases, phrases, days, st.none() | days, reference_lists),
    st.builds(
        TaskProposal,
        phrases,
        phrases,
        st.booleans(),
        reference_words | anything,
        reference_lists,
        st.none() | days,
        st.none() | days,
    ),
)
abouts = st.builds(
    about,
    patient_id=anything.filter(bool),
    encounter_id=anything,
    user=st.sampled_from(["", "Patient/p1", "RelatedPerson/r", "PractitionerRole/q", "Practitioner/x"]) | anything,
)


@settings(deadline=None, max_examples=500)
@given(proposals, abouts, st.sampled_from(RELEASES))
def test_whatever_is_proposed_leaves_valid(proposal: Proposal, call: About, release: Release) -> None:
    assert_valid(write(proposal, call, release), release)


ORDER = OrderProposal(
    describe=Phrase("describe"),
    codes=(Coding(LOINC, "24740-3", "MRI"), Coding(CPT, "70553", "licensed words")),
    title=Phrase("MRI of the facial nerve"),
    category="imaging",
    urgent=True,
    body_site=(Coding(SNOMED, "56052001", "Facial nerve"),),
    reasons=("Condition/c1", "MedicationStatement/m1"),
    note=Phrase("With CISS."),
)
VISIT = AppointmentProposal(
    Phrase("describe"), Phrase("Injection"), date(2026, 6, 20), date(2026, 7, 20), ("Condition/c1",)
)
TASK = TaskProposal(
    Phrase("describe"),
    Phrase("Safety screen"),
    True,
    "Procedure/p1",
    ("Condition/c1",),
    date(2026, 6, 15),
    date(2026, 6, 29),
)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("proposal", [ORDER, VISIT, TASK], ids=lambda p: type(p).__name__)
def test_nothing_that_the_release_can_say_is_lost(proposal: Proposal, release: Release) -> None:
    said = json.dumps(write(proposal, about(), release))
    pieces = {"Patient/p1", "Condition/c1", proposal.title.block}
    if isinstance(proposal, OrderProposal):
        pieces |= {
            "Encounter/e1",
            "Practitioner/x",
            "24740-3",
            "70553",
            "56052001",
            "With CISS.",
            "urgent",
            "2026-06-15",
        }
        # DSTU2's DiagnosticOrder may be supported by a Condition, an Observation or a document only.
        pieces |= {"MedicationStatement/m1"} if release != "DSTU2" else set()
    elif isinstance(proposal, AppointmentProposal):
        pieces |= {"2026-06-20", "2026-07-20"}
        # DSTU2's Appointment points at nothing but its participants.
        pieces -= {"Condition/c1"} if release == "DSTU2" else set()
    else:
        pieces |= {"Encounter/e1", "Practitioner/x", "urgent", "2026-06-15", "2026-06-29"}
        # STU3's Task names one thing, its focus; DSTU2's ProcedureRequest a condition.
        pieces |= {"Procedure/p1"} if release != "DSTU2" else set()
        pieces -= {"Condition/c1"} if release == "STU3" else set()
    assert not [piece for piece in pieces if piece not in said], said
    assert "licensed words" not in said
    assert "describe" not in said


def test_an_order_is_a_draft_with_the_intent_of_a_proposal() -> None:
    for release in ("STU3", "R4", "R4B", "R5"):
        resource = write(ORDER, about(), release)
        assert (resource["status"], resource["intent"]) == ("draft", "proposal")
    assert write(ORDER, about(), "DSTU2")["status"] == "proposed"


@pytest.mark.parametrize(
    ("release", "category", "kind"),
    [
        ("DSTU2", "imaging", "DiagnosticOrder"),
        ("DSTU2", "laboratory", "DiagnosticOrder"),
        ("DSTU2", "referral", "ReferralRequest"),
        ("DSTU2", "counselling", "ProcedureRequest"),
        ("STU3", "laboratory", "ProcedureRequest"),
        ("STU3", "referral", "ReferralRequest"),
        ("R4", "referral", "ServiceRequest"),
        ("R5", "counselling", "ServiceRequest"),
    ],
)
def test_the_resource_is_the_one_its_release_has_for_it(release: Release, category: Any, kind: str) -> None:
    assert write(ORDER._replace(category=category), about(), release)["resourceType"] == kind


def test_site_and_side_are_two_body_sites() -> None:
    both = ORDER._replace(body_site=(Coding(SNOMED, "56052001", "Facial nerve structure"), Coding(SNOMED, "7771000")))
    nerve = {"system": SNOMED, "code": "56052001", "display": "Facial nerve structure"}
    left = {"system": SNOMED, "code": "7771000"}
    for release in ("STU3", "R4", "R5"):
        assert write(both, about(), release)["bodySite"] == [{"coding": [nerve]}, {"coding": [left]}]
    assert write(both, about(), "DSTU2")["item"][0]["bodySite"] == {"coding": [nerve, left]}


def test_r5_tasks_have_no_restriction() -> None:
    """tsk-1 (not checked by fhir.resources): restriction only where the task's code is `fulfill`."""
    assert "restriction" not in write(TASK, about(), "R5")
    assert write(TASK, about(), "R5")["requestedPeriod"] == {"start": "2026-06-15", "end": "2026-06-29"}


def test_a_users_reference_stands_only_where_its_type_may() -> None:
    patient = about(user="Patient/p1")
    assert write(ORDER, patient, "R4")["requester"] == {"reference": "Patient/p1"}
    assert "requester" not in write(ORDER, patient, "STU3")
    assert "orderer" not in write(ORDER, patient, "DSTU2")
    assert "requester" not in write(TASK, about(user="Group/g"), "R4")


def test_a_visit_whose_end_is_before_its_start_has_no_end() -> None:
    backwards = write(VISIT._replace(latest=date(2026, 6, 1)), about(), "R4")
    assert backwards["requestedPeriod"] == [{"start": "2026-06-20"}]
    assert write(VISIT._replace(latest=None), about(), "DSTU2")["comment"] == "2026-06-20/.."


@pytest.mark.parametrize(
    ("given_id", "written"), [("x" * 70, "x" * 70), ("a_b~|ü", "a_b~|ü"), ("a b\t", "a%20b%09"), ("\x00", "%00")]
)
def test_a_patient_id_stands_as_it_was_given(given_id: str, written: str) -> None:
    assert write(ORDER, about(patient_id=given_id), "R4")["subject"] == {"reference": f"Patient/{written}"}


def test_without_a_patient_nothing_is_written() -> None:
    with pytest.raises(ValueError, match="patient"):
        write(ORDER, about(patient_id=""), "R4")


def test_fhir_resources_is_not_imported_before_something_is_written() -> None:
    """It costs 150–300 ms, and almost no call writes a resource."""
    tell = "import sys, cds_service.fhir.writing as _; print(*sys.modules)"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True, cwd=root)
    assert "cds_service.fhir.writing_r4" in done.stdout.split()
    assert not [m for m in done.stdout.split() if m.startswith(("fhir", "pydantic"))]


@pytest.mark.parametrize("release", RELEASES)
def test_a_structure_is_validated_once_and_a_new_one_again(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """One validation costs more than reading the request, so only structures that were not seen yet are validated."""
    validated: list[str] = []

    def imported(name: str) -> Any:
        validated.append(name)
        return import_module(name)

    monkeypatch.setattr(writing, "_sound", set())
    monkeypatch.setattr(writing, "import_module", imported)
    write(ORDER, about(), release)
    first = len(validated)
    write(ORDER._replace(codes=ORDER.codes[:1]), about(patient_id="another"), release)
    write(ORDER, about(patient_id="another", today=date(2027, 1, 2)), release)
    again = len(validated)
    write(VISIT, about(), release)
    assert first == (0 if release == "DSTU2" else 1)
    assert again <= first + 1
    assert len(validated) == (0 if release == "DSTU2" else again + 1)


def test_all_that_the_cards_examples_propose_is_valid_and_of_verified_codes() -> None:
    written = 0
    deck = load_deck()
    for card in deck.cards:
        folder = Path(__file__).parents[1] / "cards" / card.id.replace("-", "_")
        for example in tomllib.loads((folder / "examples.toml").read_text(encoding="utf-8"))["example"]:
            record = patient_record(example["record"])
            today = example.get("today", TODAY)
            twitching = facial_twitching.notice(record, deck.gate_limits, today)
            verdict = card.advise(View(record, twitching, deck.limits_of(card), today))
            suggestions = verdict.suggestions if isinstance(verdict, Advice) else ()
            for proposal in (p for s in suggestions for p in s.proposals):
                for release in RELEASES:
                    resource = write(proposal, about(text=card.words.plain, today=today), release)
                    assert_valid(resource, release)
                    assert {(c["system"], c["code"]) for c in codings_in(resource)} <= EMITTED
                    assert not [c for c in codings_in(resource) if c["system"] == CPT and "display" in c]
                    written += 1
    assert written


def codings_in(resource: dict[str, Any]) -> Iterator[dict[str, str]]:
    for value in everything_in(resource):
        if isinstance(value, dict):
            yield from value.get("coding", ())


def test_every_line_of_the_emitted_codes_is_a_code() -> None:
    assert all(re.fullmatch(r"[A-Z0-9.-]+", code) for _, code in EMITTED)
