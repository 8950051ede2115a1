"""Every card folder × every example in its examples.toml. No Python is written for a single card.

An example: `name`, optional `vignettes` (numbers of the published ones), `today` (default 2026-06-15), `hook` (default
patient-view; for the others `record.drafts` holds what is being signed or booked), a `record`, and `expect`: either
`silent = "<reason>"` or `situation`, `indicator`, `findings` (all codes, in order), and where they matter `says`
(pieces of the detail or summary), `never_says`, `suggests` (label blocks), `not_assessed`, `quality` (blocks). Every
text is rendered, so a missing word fails here too.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cards.findings import facial_twitching
from cds_service.advice import Advice, Phrase, Silence, View
from cds_service.deck import Card, load_deck
from tests.patients import patient_record

CARDS = Path(__file__).parents[1] / "cards"
DECK = load_deck()
KNOWN = {"name", "vignettes", "today", "hook", "record", "expect"}
KNOWN_EXPECTED = {
    "silent",
    "situation",
    "indicator",
    "findings",
    "says",
    "never_says",
    "suggests",
    "not_assessed",
    "summary",
    "quality",
}


def examples() -> list[Any]:
    found = []
    for card in DECK.cards:
        folder = CARDS / card.id.replace("-", "_")
        for example in tomllib.loads((folder / "examples.toml").read_text(encoding="utf-8"))["example"]:
            found.append(pytest.param(card, example, id=f"{card.id}: {example['name']}"))
    return found


def texts(card: Card, advice: Advice) -> str:
    """Everything that a clinician would read on the card, rendered."""
    words = card.words
    parts = [words.summary(_summary(advice)), words.detail(advice.detail)]
    parts += [words.plain(finding.sentence) for finding in advice.findings]
    for suggestion in advice.suggestions:
        parts.append(words.plain(suggestion.label))
        for proposal in suggestion.proposals:
            said = (proposal.describe, getattr(proposal, "title", None), getattr(proposal, "note", None))
            parts += [words.plain(phrase) for phrase in said if phrase]
    return "\n".join(parts)


def _summary(advice: Advice) -> Phrase:
    return Phrase(f"summary/{advice.situation}", advice.values)


@pytest.mark.parametrize(("card", "example"), examples())
def test_example(card: Card, example: dict[str, Any]) -> None:
    assert example.keys() <= KNOWN, f"unknown: {example.keys() - KNOWN}"
    expect = example["expect"]
    assert expect.keys() <= KNOWN_EXPECTED, f"unknown: {expect.keys() - KNOWN_EXPECTED}"
    today = example.get("today", date(2026, 6, 15))
    record = patient_record(example["record"])
    twitching = facial_twitching.notice(record, DECK.gate_limits, today)
    advise = card.rule_at(example.get("hook", "patient-view"))
    assert advise, f"{card.id} does not speak at {example['hook']}"
    verdict = advise(View(record, twitching, DECK.limits_of(card), today))
    if "quality" in expect:
        assert [q.block for q in verdict.quality] == expect["quality"]
    for line in verdict.quality:
        assert card.words.markdown(line)
    if "silent" in expect:
        assert isinstance(verdict, Silence), f"fired: {verdict}"
        assert card.words.plain(verdict.sentence)
        assert verdict.reason == expect["silent"]
        return
    assert isinstance(verdict, Advice), f"silent: {verdict}"
    said = texts(card, verdict)
    assert verdict.situation == expect["situation"]
    assert verdict.indicator == expect["indicator"]
    assert [f.code for f in verdict.findings] == expect["findings"]
    assert verdict.situation in card.order
    for piece in expect.get("says", ()):
        assert piece in said
    for piece in expect.get("never_says", ()):
        assert piece not in said
    if "summary" in expect:
        assert card.words.summary(_summary(verdict)) == expect["summary"]
    if "suggests" in expect:
        assert [s.label.block for s in verdict.suggestions] == expect["suggests"]
    if "not_assessed" in expect:
        assert [n.need for n in verdict.not_assessed] == expect["not_assessed"]
