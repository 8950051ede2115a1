"""The words of the deck in other languages: `words.<language>.md` beside every words.md, and `names.<language>.toml`.

A translation is complete or the deck is refused: the same blocks with the same blanks as in English.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from typing import Final

from cds_service.languages import LANGUAGES, Language, Locale
from cds_service.wording import Words, WordsError, read_words

TRANSLATED: Final = tuple(language for language in LANGUAGES if language != "en")
_BLANK: Final = re.compile(r"\{(\w+)\}")


def read_locales(root: Traversable) -> dict[Language, Locale]:
    """Each language with the names that it has for what we name."""
    return {language: Locale(language, _names(root / f"names.{language}.toml")) for language in TRANSLATED}


def _names(file: Traversable) -> Mapping[str, str]:
    try:
        names = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, tomllib.TOMLDecodeError) as error:
        raise WordsError(f"cards/{file.name} is missing or no TOML: {error}.") from None
    wrong = [name for name, own in names.items() if not isinstance(own, str) or not own.strip()]
    if wrong:
        raise WordsError(f"cards/{file.name}: {', '.join(wrong)} must be text; write English names in quotes.")
    return names


def read_all_words(
    folder: Traversable, place: str, locales: Mapping[Language, Locale], shared: Words | None = None
) -> Words:
    """The words.md of a folder, with its translations. Raises WordsError where one is missing or incomplete."""
    english = read_words(_text(folder / "words.md", f"{place}/words.md"), f"{place}/words.md", shared)
    translations: dict[Language, Words] = {}
    for language, locale in locales.items():
        source = f"{place}/words.{language}.md"
        above = shared.of(language) if shared else None
        translated = read_words(_text(folder / f"words.{language}.md", source), source, above, locale)
        _demand_same(english, translated)
        translations[language] = translated
    return Words(english.source, english.blocks, shared, translations=translations)


def _text(file: Traversable, source: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WordsError(f"{source} is missing; a card speaks all languages or it is not in the deck.") from None


def _demand_same(english: Words, translated: Words) -> None:
    source = translated.source
    if missing := english.blocks.keys() - translated.blocks.keys():
        raise WordsError(f"{source} lacks {_listed(missing)}, which {english.source} has.")
    if more := translated.blocks.keys() - english.blocks.keys():
        raise WordsError(f"{source} has {_listed(more)}, which {english.source} has not.")
    for name, text in english.blocks.items():
        if different := blanks(text) ^ blanks(translated.blocks[name]):
            raise WordsError(
                f"{source}: block {name} differs from {english.source} in its blanks: {_listed(different)}."
            )


def blanks(text: str) -> frozenset[str]:
    """The names of the blanks of a block that was read: then they are no more than names."""
    return frozenset(_BLANK.findall(text))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def demand_names(locales: Mapping[Language, Locale], names: Iterable[str]) -> None:
    """Raises WordsError for a language that has no name for one of these."""
    for language, locale in locales.items():
        if missing := set(names) - locale.names.keys():
            raise WordsError(f"cards/names.{language}.toml lacks {_listed(missing)}.")
