"""The same people in five FHIR releases get the same cards; `fhir_fixtures/patients/cards.md` shows what each is told.

What a release cannot say (an R5 statement is never `completed`, DSTU2 orders no imaging by ServiceRequest …) changes
references and wordings, never which card comes, how weighty it is, or why.
"""

import json
from importlib import import_module
from typing import Any

import pytest

from fhir_fixtures.people import Person, everybody
from fhir_fixtures.render import RELEASES, render
from tests.approve import OVERVIEW, overview
from tests.conftest import Post
from tests.invariants import EXPLANATION

PEOPLE = everybody()


def request_for(person: Person, release: str) -> dict[str, Any]:
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": person.name, "userId": "Practitioner/p1"},
        "prefetch": render(person, release),
    }


def said(answer: dict[str, Any]) -> list[Any]:
    """Which cards, how weighty, in what words above the detail, why, and what is offered."""
    return [
        (
            card["source"]["topic"]["code"],
            card["indicator"],
            card["summary"],
            [finding["code"] for finding in card["extension"][EXPLANATION]["findings"]],
            [suggestion["label"] for suggestion in card.get("suggestions", ())],
        )
        for card in answer["cards"]
    ]


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_every_release_gets_the_same_cards(person: Person, post: Post) -> None:
    expected = said(post(request_for(person, "R4")).json)
    for release in RELEASES:
        assert said(post(request_for(person, release)).json) == expected, release


@pytest.mark.parametrize("release", ["STU3", "R4", "R5"])
def test_all_that_is_proposed_is_valid_in_the_callers_release(release: str, post: Post) -> None:
    """Also for charts too sparse to show their release: there the server's address tells."""
    library = {"STU3": "fhir.resources.STU3", "R4": "fhir.resources.R4B", "R5": "fhir.resources"}[release]
    seen = 0
    for person in PEOPLE:
        request = {**request_for(person, release), "fhirServer": f"https://ehr.example/{release.lower()}"}
        for card in post(request).json["cards"]:
            for suggestion in card.get("suggestions", ()):
                for action in suggestion["actions"]:
                    resource, kind = action["resource"], action["resource"]["resourceType"]
                    getattr(import_module(f"{library}.{kind.lower()}"), kind).model_validate(resource)
                    seen += 1
    assert seen > 100


def test_what_everybody_is_told_is_approved() -> None:
    assert overview() == OVERVIEW.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("release", "shape"),
    [("DSTU2", "DiagnosticOrder"), ("STU3", "ProcedureRequest"), ("R4", "ServiceRequest"), ("R5", "ServiceRequest")],
)
def test_proposals_are_written_in_the_callers_release(post: Post, release: str, shape: str) -> None:
    person = next(p for p in PEOPLE if p.name == "amara-okafor")
    cards = post(request_for(person, release)).json["cards"]
    orders = [
        a["resource"]["resourceType"]
        for c in cards
        if c["source"]["topic"]["code"] == "mri-workup"
        for s in c["suggestions"]
        for a in s["actions"]
    ]
    assert shape in orders
    assert json.dumps(cards).count("resourceType") >= 3
