"""Which of the cards that advise are shown, and in which order: across the deck, alone, by reader, and not too many."""

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from cds_service.advice import Advice, Finding, Phrase, Silence, View
from cds_service.answer import answer
from cds_service.deck import Card, Deck, load_deck
from cds_service.explain import explain
from cds_service.wording import Words
from fhir_fixtures.people import everybody
from fhir_fixtures.render import render
from tests.conftest import Post
from tests.desks import desk
from tests.invariants import EXPLANATION, check_answer

DECK = load_deck()
TODAY = date(2026, 6, 15)
AMARA = next(person for person in everybody() if person.name == "amara-okafor")
WORDS = Words(
    "test",
    {
        "summary/x": "Card {number} speaks of <b>spasm</b>",
        "finding/x": "Found {number}.",
        "line/x": "Line {number}.",
        "silence/x": "Nothing.",
        "quality/x": "Not sure of {number}.",
    },
    DECK.words,
)


def body(user: str = "Practitioner/p1", **conditions: dict[str, Any]) -> dict[str, Any]:
    """Amara, whose chart makes all the first three cards speak; `conditions` are added to it."""
    prefetch = render(AMARA, "R4")
    entries = prefetch["conditions"]["entry"]
    for name, more in conditions.items():
        resource = {
            "resourceType": "Condition",
            "id": name,
            "subject": {"reference": f"Patient/{AMARA.name}"},
            "clinicalStatus": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
            },
        }
        entries.append({"resource": {**resource, **more}, "search": {"mode": "match"}})
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": AMARA.name, "userId": user},
        "prefetch": prefetch,
    }


def shown(deck: Deck, user: str = "Practitioner/p1") -> list[dict[str, Any]]:
    said = answer(json.dumps(body(user)).encode(), desk(deck))
    found: dict[str, Any] = json.loads(said.body)
    check_answer(found)
    assert list(said.cards) == codes(found["cards"])
    return found["cards"]  # type: ignore[no-any-return]


def codes(cards: list[dict[str, Any]]) -> list[str]:
    return [card["source"]["topic"]["code"] for card in cards]


def a_card(number: int, silent: bool = False, **about: Any) -> Card:
    """A card of the deck in all but what it says; its number is its place."""

    def advise(_: View) -> Advice | Silence:
        values = {"number": number}
        if silent:
            return Silence("x", quality=(Phrase("quality/x", values),))
        return Advice(
            "x", "info", values, (Finding("self-care", values, phrase="finding/x"),), (Phrase("line/x", values),)
        )

    return replace(
        DECK.cards[0],
        id=f"card-{number}",
        title=f"Card {number}",
        order={"x": number},
        words=WORDS,
        advise=advise,
        **about,
    )


def deck_of(*cards: Card) -> Deck:
    return replace(DECK, cards=cards)


WEAK_FACE = {
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "R29.810"}], "text": "Facial weakness"}
}


def test_an_emergency_comes_alone(post: Post) -> None:
    assert len(post(body()).json["cards"]) >= 3
    (card,) = post(body(weak={**WEAK_FACE, "onsetDateTime": "2026-06-15"})).json["cards"]
    assert card["source"]["topic"]["code"] == "emergency-pathway"
    assert card["indicator"] == "critical"
    assert [f["code"] for f in card["extension"][EXPLANATION]["findings"]] == ["emergency"]


def test_what_may_be_new_is_asked_on_the_first_card(post: Post) -> None:
    first, *others = post(body(weak={**WEAK_FACE, "recordedDate": "2026-06-15"})).json["cards"]
    assert first["source"]["topic"]["code"] != "emergency-pathway"
    assert "consider the emergency pathway" in first["detail"]
    assert not any("emergency pathway" in card["detail"] for card in others)


def test_explain_tells_of_the_cards_that_an_emergency_keeps_back() -> None:
    said = body(weak={**WEAK_FACE, "onsetDateTime": "2026-06-15"})
    lines = list(explain(json.dumps(said).encode(), desk(DECK)))
    assert sum("not shown, another card stands alone" in line for line in lines) >= 3
    assert any("● emergency-pathway" in line for line in lines)


def test_cards_come_in_their_order() -> None:
    assert codes(shown(deck_of(a_card(3), a_card(1), a_card(2)))) == ["card-1", "card-2", "card-3"]


def test_one_that_stands_alone_is_shown_without_any_other() -> None:
    alone = a_card(3, alone=True)
    assert codes(shown(deck_of(a_card(1), alone, a_card(4, silent=True)))) == ["card-3"]
    assert "Data quality" not in shown(deck_of(alone, a_card(4, silent=True)))[0]["detail"]
    assert codes(shown(deck_of(a_card(1), a_card(3, silent=True, alone=True)))) == ["card-1"]


def test_doubts_of_silent_cards_go_onto_the_first() -> None:
    first, second = shown(deck_of(a_card(1), a_card(2), a_card(3, silent=True)))
    assert "Not sure of 3" in first["detail"]
    assert "Not sure of 3" not in second["detail"]


@pytest.mark.parametrize("user", ["Patient/amara-okafor", "RelatedPerson/r1"])
def test_patients_and_relatives_are_shown_the_cards_for_patients_only(user: str) -> None:
    deck = deck_of(a_card(1), a_card(2, audience="patient"), a_card(3, silent=True))
    (card,) = shown(deck, user)
    assert card["source"]["topic"]["code"] == "card-2"
    assert "Data quality" not in card["detail"]
    assert shown(deck_of(a_card(1)), user) == []


@pytest.mark.parametrize("user", ["Practitioner/p1", "", "Robot/1"])
def test_clinicians_are_not_shown_the_cards_for_patients(user: str) -> None:
    assert codes(shown(deck_of(a_card(1), a_card(2, audience="patient")), user)) == ["card-1"]


def test_no_clinicians_card_is_even_asked_for_a_patient() -> None:
    def refuse(_: View) -> Advice:
        raise AssertionError("asked")

    assert shown(deck_of(replace(a_card(1), advise=refuse), a_card(2, audience="patient")), "Patient/p1")


def test_six_cards_are_shown_as_they_are() -> None:
    assert codes(shown(deck_of(*map(a_card, range(1, 7))))) == [f"card-{n}" for n in range(1, 7)]


def test_of_seven_the_last_two_become_further_points() -> None:
    cards = shown(deck_of(*map(a_card, range(1, 8))))
    assert codes(cards) == ["card-1", "card-2", "card-3", "card-4", "card-5", "further-points"]
    further = cards[-1]
    assert further["indicator"] == "info"
    assert further["summary"].startswith("2 further points on facial twitching: Card 6 speaks of")
    assert "- Card 6: Card 6 speaks of &lt;b&gt;spasm" in further["detail"]
    explanation = further["extension"][EXPLANATION]
    assert [finding["text"] for finding in explanation["findings"]] == ["Found 6.", "Found 7."]
    assert "suggestions" not in further


def test_explain_tells_which_cards_are_among_the_further_points() -> None:
    deck = deck_of(*map(a_card, range(1, 8)))
    lines = list(explain(json.dumps(body()).encode(), desk(deck)))
    assert sum("it is among the further points" in line for line in lines) == 2


# Rule by rule as clinical_rules.md 5–9 puts them; R2 otherwise stands after R7 (11, item 14), R5's warning before the
# cards of information.
PLACES = [
    ("emergency-pathway", {"stroke", "seizure", "facial-weakness"}),
    ("oral-therapy-safety", {"hla-positive"}),
    ("mri-workup", {"mri-red-flag", "mri-safety"}),
    ("botulinum-recall", {"caution", "booked-too-early", "two-products", "dose"}),
    ("botulinum-recall", {"overdue"}),
    ("oral-therapy-safety", {"hla-untested", "sodium-low", "opioid-benzodiazepine", "baclofen-avoid"}),
    ("botulinum-recall", {"due", "late", "window-opens", "lapsed", "date-unknown"}),
    ("fasciculation-check", {"caffeine-exceeds", "caffeine-unknown"}),
    ("fasciculation-check", {"medication-trigger", "medication-trigger-dyskinesia"}),
    ("metabolic-labs", {"labs-low", "labs-high"}),
    ("mri-workup", {"mri-not-on-file", "mri-review-existing"}),
    ("metabolic-labs", {"labs-missing", "labs-partly-missing"}),
    ("mvd-referral", {"not-controlled"}),
    ("differential-review", {"bilateral", "post-paralytic"}),
]


def test_the_places_are_those_of_the_rules() -> None:
    order = {card.id: card.order for card in DECK.cards}
    places = [{order[card][situation] for situation in situations} for card, situations in PLACES]
    assert all(max(one) < min(next_one) for one, next_one in pairwise(places))


def test_the_first_card_of_the_order_stands_alone() -> None:
    assert [card.id for card in DECK.cards if card.alone] == ["emergency-pathway"]
    assert min(place for card in DECK.cards for place in card.order.values()) == 10
