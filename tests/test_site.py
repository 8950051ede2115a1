"""What a site sets takes effect: in the rules, at their boundaries, and in the words."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service.advice import Advice
from cds_service.deck import Deck
from tests.sites import DECK, TODAY, card_of, tune, verdict
from tests.test_cards import examples, texts

SPASM = {"code": "icd10cm G51.31", "status": "active"}
MRI = {"code": "loinc 24740-3", "status": "final", "performed": date(2021, 7, 7)}
LATER = "[cards.botulinum-recall.limits]\nmin_days_unspecified = 98\nusual_from_weeks_unspecified = 14"


@pytest.mark.parametrize("end", ["least", "most"])
def test_no_value_within_its_range_breaks_a_card(end: str) -> None:
    """Every example of every card, with all limits at one end: each still says something that can be read."""

    def at_end(limits: Any) -> Any:
        return {name: replace(limit, value=getattr(limit, end)) for name, limit in limits.items()}

    cards = tuple(replace(card, limits=at_end(card.limits)) for card in DECK.cards)
    deck = replace(DECK, shared_limits=at_end(DECK.shared_limits), cards=cards)
    for card in deck.cards:
        assert sum(map(bool, everything_said(deck, card.id))) > 10


def everything_said(deck: Deck, card_id: str) -> list[str]:
    """What this card says of the patients of its examples."""
    card, said = card_of(deck, card_id), []
    for other, example in (case.values for case in examples()):
        if other.id == card_id:
            answer = verdict(deck, card_id, example["record"], example.get("today", TODAY))
            said.append(texts(card, answer) if isinstance(answer, Advice) else card.words.plain(answer.sentence))
            said += [card.words.plain(line) for line in answer.quality]
    return said


def botulinum(on: date) -> dict[str, Any]:
    procedure = {"code": "cpt 64612", "status": "completed", "performed": on}
    return {"conditions": [SPASM], "reports": [MRI], "procedures": [procedure]}


@pytest.mark.parametrize(
    ("today", "default", "later"),
    [
        (date(2026, 6, 13), "window-opens", "covered"),
        (date(2026, 6, 14), "due", "window-opens"),
        (date(2026, 6, 27), "due", "window-opens"),
        (date(2026, 6, 28), "due", "due"),
    ],
)
def test_the_day_from_which_it_is_due_moves(tmp_path: Path, today: date, default: str, later: str) -> None:
    """Day 84, and with 98 set day 98, from both sides."""
    record = botulinum(date(2026, 3, 22))
    for deck, situation in ((DECK, default), (tune(tmp_path, LATER), later)):
        answer = verdict(deck, "botulinum-recall", record, today)
        assert situation == (answer.situation if isinstance(answer, Advice) else answer.reason)


def test_words_name_the_interval_in_force(tmp_path: Path) -> None:
    deck = tune(tmp_path, LATER)
    answer = verdict(deck, "botulinum-recall", botulinum(date(2026, 3, 1)))
    assert isinstance(answer, Advice)
    read = texts(card_of(deck, "botulinum-recall"), answer)
    assert "at least 14 weeks after" in read
    assert "after 14–24 weeks" in read
    assert "12 weeks" not in read.replace("12–24", "")


SHOWN = {
    "eyelid": ("mri-workup", "shared", "eyelid_days = 120", "over 4 months"),
    "soft flags": ("mri-workup", "shared", "soft_flags_that_raise = 3", "3 or more of them raise this card"),
    "caffeine": ("fasciculation-check", "", "caffeine_adult_mg = 300", "300 mg/day for healthy adults"),
    "weight": ("fasciculation-check", "", "caffeine_weight_days = 180", "no weight of the last 180 days"),
    "talk": ("fasciculation-check", "", "caffeine_reassess_from_days = 21", "3–4 weeks after the talk"),
    "advice": ("fasciculation-check", "", "caffeine_reassess_to_days = 42", "re-assess after 2–6 weeks"),
    "electrolytes": ("fasciculation-check", "shared", "electrolyte_days = 60", "magnesium of the last 60 days"),
    "sodium": ("oral-therapy-safety", "", "sodium_days = 60", "no result of the last 60 days"),
    "summary": ("oral-therapy-safety", "", "sodium_days = 60", "no result within 60 days"),
    "kidneys": ("oral-therapy-safety", "shared", "egfr_days = 60", "No eGFR of the last 60 days"),
    "baclofen": ("oral-therapy-safety", "", "baclofen_mg = 10", "speaks from 10 mg/day"),
    "very low": ("oral-therapy-safety", "", "sodium_very_low_mmol_l = 128", "Below 128 mmol/L"),
    "emergency": ("emergency-pathway", "shared", "emergency_hours = 48", "within the last 48 hours"),
    "labs": ("metabolic-labs", "", "labs_months = 4", "No result of the last 4 months"),
    "wear-off": ("mvd-referral", "", "wear_off_weeks = 9", "wearing off before 9 weeks"),
}


@pytest.mark.parametrize(("card_id", "place", "setting", "words"), SHOWN.values(), ids=SHOWN)
def test_a_sentence_names_the_limit_in_force(
    tmp_path: Path, card_id: str, place: str, setting: str, words: str
) -> None:
    """Said of some example's patient with the site's limit, and of none without."""
    deck = tune(tmp_path, f"[{place or f'cards.{card_id}'}.limits]\n{setting}")
    assert any(words in text for text in everything_said(deck, card_id))
    assert not any(words in text for text in everything_said(DECK, card_id))


def test_a_shared_limit_reaches_every_card(tmp_path: Path) -> None:
    """An MRI of 30 months ago, the onset unknown: adequate with 36 months, not with 24."""
    record = {"conditions": [SPASM], "reports": [{**MRI, "performed": date(2023, 12, 15)}]}
    deck = tune(tmp_path, "[shared.limits]\nimaging_lookback_months = 36")
    assert isinstance(verdict(DECK, "mri-workup", record), Advice)
    assert not isinstance(verdict(deck, "mri-workup", record), Advice)
    assert all(deck.limits_of(card)["imaging_lookback_months"] == 36 for card in deck.cards)
    assert deck.gate_limits["imaging_lookback_months"] == 36
