"""Every word in every language: the same blocks and blanks as in English, nothing left in English, names for all that
we name, and each example of each card said within its limits. For one language: `pytest tests/test_languages.py -k es`.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from cds_service.advice import Listed, Name, Phrase, Value
from cds_service.deck import Card, load_deck
from cds_service.languages import LANGUAGES, Language, Locale
from cds_service.translations import TRANSLATED, blanks, read_locales
from cds_service.wording import SUMMARY_LENGTH, Words, read_words
from tests.said import Said, names_in_the_sources, said_of_examples
from tests.translated import changed_since

CARDS = Path(__file__).parents[1] / "cards"
DECK = load_deck()
FOLDERS = [CARDS, *sorted(CARDS / card.id.replace("-", "_") for card in DECK.cards)]
languages = pytest.mark.parametrize("language", TRANSLATED)
folders = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)

# The same in all languages because there is nothing to translate; in some because that is what they say too.
SAME = {"line/further-point", "line/flag", "line/study", "line/result", "title/order-hla"}
SAME_IN: dict[Language, set[str]] = {"de": set(), "es": set(), "fr": set()}
# Names that a language shares with English are medicines, abbreviations and loan words; a sentence never is.
ENGLISH = re.compile(r"\b(the|and|with|which|not|is|recorded|twitching|left|right)\b", re.IGNORECASE)
ISO_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@cache
def blocks(folder: Path, language: Language) -> dict[str, str]:
    name = "words.md" if language == "en" else f"words.{language}.md"
    return read_words((folder / name).read_text(encoding="utf-8"), f"{folder.name}/{name}").blocks


@languages
@folders
def test_the_blocks_are_those_of_english(folder: Path, language: Language) -> None:
    assert list(blocks(folder, language)) == list(blocks(folder, "en"))


@languages
@folders
def test_the_blanks_are_those_of_english(folder: Path, language: Language) -> None:
    for name, english in blocks(folder, "en").items():
        assert blanks(blocks(folder, language)[name]) == blanks(english), name


@languages
def test_no_translation_is_old(language: Language) -> None:
    """Look these over, then `python -m tests.translated de` (or another language) notes that it was done."""
    assert not changed_since(language)


@languages
@folders
def test_nothing_is_left_in_english(folder: Path, language: Language) -> None:
    for name, english in blocks(folder, "en").items():
        translated = blocks(folder, language)[name]
        if name not in SAME | SAME_IN[language]:
            assert translated != english, f"{name} is not translated"
        assert not ENGLISH.search(re.sub(r"\{\w+\}", "", translated)), f"{name}: {translated}"


@languages
@folders
def test_the_figures_are_those_of_english(folder: Path, language: Language) -> None:
    """A limit, a share or a dose that was changed in one language only would be a clinical error."""
    for name, english in blocks(folder, "en").items():
        assert figures(blocks(folder, language)[name]) == figures(english), name


def figures(text: str) -> list[str]:
    """Every number, written the English way; "3D" and "T2" are none."""
    return sorted(found.replace(",", ".") for found in re.findall(r"(?<![\w.,])\d+(?:[.,]\d+)?(?!\w)", text))


@languages
@folders
def test_the_form_is_that_of_english(folder: Path, language: Language) -> None:
    """Lists stay lists, tables keep their columns, what is bold has a bold counterpart."""
    for name, english in blocks(folder, "en").items():
        ours, theirs = blocks(folder, language)[name].splitlines(), english.splitlines()
        assert [line[:2] in ("- ", "| ") for line in ours] == [line[:2] in ("- ", "| ") for line in theirs], name
        assert [line.count("|") for line in ours] == [line.count("|") for line in theirs], name
        assert sum(line.count("**") for line in ours) == sum(line.count("**") for line in theirs), name


@languages
def test_german_is_spelled_so_that_all_may_read_it(language: Language) -> None:
    """No ß, which Swiss readers do not have."""
    if language == "de":
        assert not [name for folder in FOLDERS for name, text in blocks(folder, language).items() if "ß" in text]


@languages
def test_all_that_we_name_has_a_name(language: Language) -> None:
    names = read_locales(CARDS)[language].names
    wanted = names_in_the_sources() | {str(n) for said in said_of_examples() for n in names_among(said)}
    assert not wanted - names.keys(), f"names.{language}.toml lacks these"
    assert not names.keys() - wanted, f"names.{language}.toml names these, and nobody else does"


def names_among(said: Said) -> Iterator[Name]:
    for phrase in said.phrases:
        for blank in blanks(said.card.words.block(phrase.block)):
            yield from names_of(phrase.values[blank])


def names_of(value: Value) -> Iterator[Name]:
    """Those that the languages name; one that begins a sentence (`Carbamazepine`) is known in small letters."""
    if isinstance(value, Listed):
        for part in value.parts:
            yield from names_of(part)
    elif isinstance(value, Phrase):
        for part in value.values.values():
            yield from names_of(part)
    elif isinstance(value, Name):
        yield value if value in names_in_the_sources() else Name(value[:1].lower() + value[1:])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("card", DECK.cards, ids=lambda card: card.id)
def test_each_example_is_said(card: Card, language: Language) -> None:
    words = card.words.of(language)
    assert words.locale.language == language
    for said in said_of_examples():
        if said.card.id == card.id:
            for phrase in said.phrases:
                assert_well_said(words, phrase, said.example)


def assert_well_said(words: Words, phrase: Phrase, example: str) -> None:
    text = words.summary(phrase) if phrase.block.startswith("summary/") else words.markdown(phrase)
    assert text.strip(), example
    assert "{" not in re.sub(r"\{n\}|\{x\}|\{cups\}|\{serving\}", "", text), f"{example}: {text}"
    if words.locale.language != "en":
        assert not ISO_DATE.search(text), f"{example}: {text}"


@languages
@pytest.mark.parametrize("card", DECK.cards, ids=lambda card: card.id)
def test_summaries_fit(card: Card, language: Language) -> None:
    """Without giving way, but where English is too long as well. Words of the record may always give way."""
    words = card.words.of(language)
    for said in said_of_examples():
        for phrase in said.phrases if said.card.id == card.id else ():
            if phrase.block.startswith("summary/"):
                assert len(words.summary(phrase)) <= SUMMARY_LENGTH
                own = phrase._replace(values={name: ours(value) for name, value in phrase.values.items()})
                text = words.plain(own)
                fits = len(text) <= SUMMARY_LENGTH or len(card.words.plain(own)) > SUMMARY_LENGTH
                assert fits, f"{said.example}: {len(text)}: {text}"


def ours(value: Value) -> Value:
    """A value of the record as short as words of it are cut at most."""
    if isinstance(value, Listed):
        return Listed(tuple(map(ours, value.parts)), value.between)
    is_of_the_record = isinstance(value, str) and not isinstance(value, Name)
    return value[:8] if is_of_the_record and not re.fullmatch(r"[\d: -]+", value) else value


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["2026-06-15", "2026-06", "2026", "2026-06-15T07:40:00+02:00", "2.5", "1000000", "6", "no date", "x"]),
        ("de", ["15.06.2026", "06.2026", "2026", "15.06.2026 07:40", "2,5", "1000000", "6", "ohne Datum", "x"]),
        ("es", ["15/06/2026", "06/2026", "2026", "15/06/2026 07:40", "2,5", "1000000", "6", "sin fecha", "x"]),
        ("fr", ["15/06/2026", "06/2026", "2026", "15/06/2026 07:40", "2,5", "1000000", "6", "sans date", "x"]),
    ],
)
def test_dates_numbers_and_names_have_the_form_of_the_language(language: Language, shown: list[str]) -> None:
    words = DECK.words.of(language)
    said: tuple[Value, ...] = (date(2026, 6, 15), "2026-06", "2026", "2026-06-15T07:40:00+02:00", 2.5, 1e6, 6.0)
    assert [words.shown(value) for value in (*said, Name("no date"), "x")] == shown


@pytest.mark.parametrize("written", ["2026-13", "2026-6-15", "8480-6", "G51.31", "300.11", "1-2", "2026-06-15x", "–"])
def test_what_is_no_date_stays_as_it_is(written: str) -> None:
    assert DECK.words.of("de").shown(written) == written


def test_a_name_begins_as_the_english_one_does() -> None:
    locale = Locale("es", {"carbamazepine": "carbamazepina"})
    assert [locale.name(n) for n in ("carbamazepine", "Carbamazepine", "Tegretol")] == [
        "carbamazepina",
        "Carbamazepina",
        "Tegretol",
    ]
