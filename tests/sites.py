"""The deck as a site tunes it, and what its cards then say of a patient."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cards.findings import facial_twitching
from cds_service.advice import Verdict, View
from cds_service.deck import Card, Deck, load_deck
from cds_service.site.tuning import SiteError, tuned
from tests.patients import patient_record

DECK = load_deck()
TODAY = date(2026, 6, 15)
SITE = '[site]\nname = "Example"\nby = "Dr A. Example"\ndate = 2026-05-01\n'


def site_file(folder: Path, tables: str) -> Path:
    path = folder / "site.toml"
    path.write_text(f"{SITE}{tables}\n", encoding="utf-8")
    return path


def tune(folder: Path, tables: str) -> Deck:
    return tuned(DECK, site_file(folder, tables))


def refusal(path: Path) -> str:
    with pytest.raises(SiteError) as error:
        tuned(DECK, path)
    return str(error.value)


def card_of(deck: Deck, card_id: str) -> Card:
    return next(card for card in deck.cards if card.id == card_id)


def verdict(deck: Deck, card_id: str, record: dict[str, Any], today: date = TODAY) -> Verdict:
    card, chart = card_of(deck, card_id), patient_record(record)
    twitching = facial_twitching.notice(chart, deck.gate_limits, today)
    return card.advise(View(chart, twitching, deck.limits_of(card), today, deck.hidden))
