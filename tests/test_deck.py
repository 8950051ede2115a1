"""The deck refuses what is incomplete and says what; words refuse what is no blank."""

import shutil
from pathlib import Path

import pytest

from cds_service import deck as deck_module
from cds_service.advice import Phrase
from cds_service.deck import DeckError, load_deck
from cds_service.wording import WordsError, read_words

CARDS = Path(__file__).parents[1] / "cards"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the deck's content that a test may spoil; the rules are imported from the real package."""
    root = tmp_path / "cards"
    shutil.copytree(CARDS, root, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(deck_module.resources, "files", lambda _: root)
    return root


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_deck_as_shipped_loads() -> None:
    deck = load_deck()
    assert {card.id for card in deck.cards} >= {"mri-workup", "botulinum-recall", "fasciculation-check"}
    assert all(deck.limits_of(card) for card in deck.cards)


@pytest.mark.parametrize("part", ["words.md", "rule.py", "examples.toml"])
def test_a_missing_part_stops_the_start(copy: Path, part: str) -> None:
    (copy / "mri_workup" / part).unlink()
    with pytest.raises(DeckError, match=f"cards/mri_workup/{part} is missing"):
        load_deck()


def test_a_limit_without_its_source_stops_the_start(copy: Path) -> None:
    spoil(copy / "botulinum_recall/card.toml", ", evidence = ", ", evidense = ")
    with pytest.raises(DeckError, match="lacks evidence"):
        load_deck()


def test_a_limit_without_a_range_stops_the_start(copy: Path) -> None:
    spoil(copy / "botulinum_recall/card.toml", " min = 7, max = 28,", "")
    with pytest.raises(DeckError, match=r"recall/card\.toml: limit planning_lead_days needs min and max"):
        load_deck()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "due_until_days < late_until_days",
            "due_until_day < late_until_days",
            "names due_until_day, which is no limit",
        ),
        ("due_until_days < late_until_days", "late_until_days < due_until_days", "must hold, and 182 < 168 does not"),
        ("due_until_days < late_until_days", "due_until_days > late_until_days", "is no relation"),
    ],
)
def test_a_relation_that_does_not_hold_stops_the_start(copy: Path, old: str, new: str, words: str) -> None:
    spoil(copy / "botulinum_recall/card.toml", old, new)
    with pytest.raises(DeckError, match=words):
        load_deck()


def test_an_id_that_is_not_the_folders_stops_the_start(copy: Path) -> None:
    spoil(copy / "mri_workup/card.toml", 'id = "mri-workup"', 'id = "mri"')
    with pytest.raises(DeckError, match="the folder makes it 'mri-workup'"):
        load_deck()


def test_invalid_toml_stops_the_start(copy: Path) -> None:
    (copy / "mri_workup/card.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(DeckError, match="not valid TOML"):
        load_deck()


def test_an_override_reason_without_words_stops_the_start(copy: Path) -> None:
    spoil(copy / "mri_workup/card.toml", '"mri-done-elsewhere"', '"mri-done-abroad"')
    with pytest.raises(WordsError, match="override/mri-done-abroad"):
        load_deck()


@pytest.mark.parametrize("language", ["de", "es", "fr"])
@pytest.mark.parametrize("folder", ["", "mri_workup/"])
def test_a_language_that_is_missing_stops_the_start(copy: Path, folder: str, language: str) -> None:
    (copy / f"{folder}words.{language}.md").unlink()
    with pytest.raises(WordsError, match=rf"cards/{folder}words\.{language}\.md is missing"):
        load_deck()


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("mri_workup/words.de.md", "## line/why", "## line/wherefore", r"words\.de\.md lacks line/why, which"),
        ("mri_workup/words.md", "## line/urgent", "## line/imaging-none\nx\n\n## line/urgent", "stands there twice"),
        (
            "words.fr.md",
            "## frame/source",
            "## frame/more\nx\n\n## frame/source",
            "has frame/more, which cards/words.md",
        ),
        ("mri_workup/words.es.md", "({side})", "()", r"block \S+ differs from \S+ in its blanks: side"),
        ("names.de.toml", '"Further points" =', '"Farther points" =', r"cards/names\.de\.toml lacks Further points"),
        ("names.fr.toml", '"left" = "', '"left" = "" # "', "left must be text"),
        ("names.es.toml", '"left" =', "left of =", "no TOML"),
    ],
)
def test_half_a_translation_stops_the_start(copy: Path, file: str, old: str, new: str, words: str) -> None:
    spoil(copy / file, old, new)
    with pytest.raises(WordsError, match=words):
        load_deck()


def test_a_limit_named_like_a_shared_one_stops_the_start(copy: Path) -> None:
    limit = 'value = 1\nunit = "d"\nfixed = "x"\nevidence = "x"\nsince = 2026-01-01\n'
    with (copy / "mri_workup/card.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[limits.encounter_diagnosis_months]\n{limit}")
    with pytest.raises(DeckError, match="shared limit"):
        load_deck()


def test_an_audience_that_nobody_knows_stops_the_start(copy: Path) -> None:
    spoil(copy / "mri_workup/card.toml", 'id = "mri-workup"', 'id = "mri-workup"\naudience = "everybody"')
    with pytest.raises(DeckError, match="audience must be one of clinician, patient"):
        load_deck()


@pytest.mark.parametrize(
    ("old", "new"), [("[overflow]", "[more]"), ("[limits.most_cards]", "[limits.cards]"), ("version", "edition")]
)
def test_a_deck_file_that_lacks_something_stops_the_start(copy: Path, old: str, new: str) -> None:
    spoil(copy / "deck.toml", old, new)
    with pytest.raises(DeckError, match=r"cards/deck\.toml needs"):
        load_deck()


def test_without_an_audience_a_card_is_for_clinicians() -> None:
    deck = load_deck()
    assert "mri-workup" in {card.id for card in deck.meant_for("clinician")}
    assert not {card.id for card in deck.meant_for("clinician")} & {card.id for card in deck.meant_for("patient")}


def test_an_empty_deck_stops_the_start(copy: Path) -> None:
    for file in copy.rglob("card.toml"):
        file.unlink()
    with pytest.raises(DeckError, match="holds no card"):
        load_deck()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("## a\nx\n## a\ny\n", "twice"),
        ("## a\n\n## b\nx\n", "empty"),
        ("## a\n{x.__class__}\n", "blanks"),
        ("## a\n{0}\n", "blanks"),
        ("## a\n{x\n", "expected"),
    ],
)
def test_words_are_blanks_and_no_logic(text: str, complaint: str) -> None:
    with pytest.raises(WordsError, match=complaint):
        read_words(text, "words.md")


def test_a_blank_that_nobody_fills_is_said() -> None:
    words = read_words("## a\nHello {name}\n", "words.md")
    with pytest.raises(WordsError, match="'name'"):
        words.plain("a")
    assert words.plain(Phrase("a", {"name": "x\ny  z"})) == "Hello x y z"


def test_a_summary_is_cut_at_its_longest_blank() -> None:
    words = read_words("## s\nTwitching of {what}: MRI not on file\n", "words.md")
    summary = words.summary(Phrase("s", {"what": "very long words " * 20}))
    assert len(summary) <= 139
    assert summary.startswith("Twitching of very long")
    assert summary.endswith("…: MRI not on file")
