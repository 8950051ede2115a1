"""The patient's card is plain: its reading level is measured, and it holds no clinician's word, no order, no number of
this patient.
"""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cards.findings import facial_twitching
from cards.self_care.rule import advise
from cds_service.advice import Advice, Phrase, View
from cds_service.deck import Card, load_deck
from tests.patients import patient_record

DECK = load_deck()
CARDS = {card.id: card for card in DECK.cards}
CARD = CARDS["self-care"]
EXAMPLES = tomllib.loads((Path(__file__).parents[1] / "cards/self_care/examples.toml").read_text(encoding="utf-8"))
# A child of twelve is in the sixth or seventh grade of a US school; 80 and more is "easy" on Flesch's own scale.
HIGHEST_GRADE = 6.0
LOWEST_EASE = 80.0
HIGHEST_GRADE_OF_ONE_BLOCK = 7.5
CLINICAL = (
    r"\bconsider\b|spasm|hemifacial|unilateral|botulinum|toxin|onset|contraindicat|indicat|\bMRI\b|magnetic|imaging|"
    r"lesion|tumou?r|neurolog|diagnos|prescri|dosage|\bmg\b|syndrome|acute|chronic|therapy|symptom|anticoag"
)


def syllables(word: str) -> int:
    """As they are heard, near enough: groups of vowels, without a silent e."""
    word = word.lower()
    heard = len(re.findall(r"[aeiouy]+", word))
    silent = re.search(r"[^aeiouyl]e$|[^aeiouytd]ed$|[^aeiouyszcgxh]es$|[aeiouy]le$", word) is not None
    return max(1, heard - silent)


def sentences(text: str) -> list[str]:
    """What stands between full stops and the like; a line of a list is one, too."""
    plain = re.sub(r"[*_\\\"]|^- ", "", text, flags=re.MULTILINE)
    return [part for part in re.split(r"[.?!]+(?=\s|$)|\n+", plain) if re.search(r"[A-Za-z]", part)]


def per_sentence_and_word(text: str) -> tuple[float, float]:
    parts = sentences(text)
    words = re.findall(r"[A-Za-z'’-]+", " ".join(parts))
    return len(words) / len(parts), sum(map(syllables, words)) / len(words)


def grade(text: str) -> float:
    """Flesch–Kincaid: the school year in which a text can be read."""
    words, heard = per_sentence_and_word(text)
    return 0.39 * words + 11.8 * heard - 15.59


def ease(text: str) -> float:
    """Flesch reading ease."""
    words, heard = per_sentence_and_word(text)
    return 206.835 - 1.015 * words - 84.6 * heard


def told(example: dict[str, Any]) -> Advice | None:
    record = patient_record(example["record"])
    today = date(2026, 6, 15)
    twitching = facial_twitching.notice(record, DECK.gate_limits, today)
    verdict = advise(View(record, twitching, DECK.limits_of(CARD), today))
    return verdict if isinstance(verdict, Advice) else None


def shown(card: Card, advice: Advice) -> str:
    return card.words.summary(Phrase(f"summary/{advice.situation}")) + "\n" + card.words.detail(advice.detail)


ADVICE = [(example["name"], advice) for example in EXAMPLES["example"] if (advice := told(example))]
every_advice = pytest.mark.parametrize("advice", [a for _, a in ADVICE], ids=[name for name, _ in ADVICE])


HEARD = (
    "face 1, muscle 2, twitching 2, emergency 4, moves 1, suddenly 3, drops 1, needed 2, called 1, people 2, whole 1"
)


@pytest.mark.parametrize("heard", HEARD.split(", "))
def test_syllables(heard: str) -> None:
    word, count = heard.split()
    assert syllables(word) == int(count)


def test_the_measure_tells_plain_from_clinical() -> None:
    """Otherwise the next tests could not fail."""
    assert grade("The cat sat on the mat. It was a warm day.") < 2
    clinical = CARDS["mri-workup"].words.block("line/why")
    assert grade(clinical) > 12
    assert ease(clinical) < 50


@every_advice
def test_a_child_of_twelve_can_read_it(advice: Advice) -> None:
    text = shown(CARD, advice)
    assert grade(text) <= HIGHEST_GRADE
    assert ease(text) >= LOWEST_EASE


@pytest.mark.parametrize("name", [n for n in CARD.words.blocks if not n.startswith(("silence/", "not-assessed/"))])
def test_each_block_can_be_read_by_itself(name: str) -> None:
    assert grade(CARD.words.block(name)) <= HIGHEST_GRADE_OF_ONE_BLOCK


def test_no_sentence_is_long() -> None:
    for name, block in CARD.words.blocks.items():
        assert max(len(sentence.split()) for sentence in sentences(block)) <= 16, name


def test_no_clinicians_word() -> None:
    for name, block in CARD.words.blocks.items():
        found = re.search(CLINICAL, block, re.IGNORECASE)
        assert found is None, f"{name}: {found[0] if found else ''}"
    assert re.search(CLINICAL, CARDS["mri-workup"].words.block("line/protocol"), re.IGNORECASE)


@every_advice
def test_nothing_is_ordered_and_nothing_of_the_record_is_told(advice: Advice) -> None:
    """A relative may be reading: the words are the same for every patient."""
    assert advice.suggestions == ()
    assert not any(phrase.values for phrase in advice.detail)
    assert not advice.values
    assert not (advice.quality or advice.not_assessed)


def test_it_is_for_patients_and_the_others_are_not() -> None:
    assert CARD.audience == "patient"
    assert [card.id for card in DECK.meant_for("patient")] == ["self-care"]


def test_every_block_is_used() -> None:
    used = {phrase.block for _, advice in ADVICE for phrase in advice.detail}
    lines = {name for name in CARD.words.blocks if name.startswith(("line/", "finding/"))}
    assert lines == used


def test_its_page_has_a_plain_word_for_patients(client: FlaskClient) -> None:
    """`source.url` leads there; the rest of the page is the clinicians'."""
    told = re.search(r"<p>(Did you come here.*?)</p>", client.get("/cards/self-care").text, re.DOTALL)
    assert told is not None
    assert grade(told[1]) <= HIGHEST_GRADE
    assert re.search(CLINICAL, told[1], re.IGNORECASE) is None
    assert "Did you come here" not in client.get("/cards/mri-workup").text
