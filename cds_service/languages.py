"""The languages that cards speak: how each writes dates and numbers, and what it calls the things that we name.

Own code and no library: Babel is 33 MB, costs 45 ms at the first card, and knows no date without its day, as FHIR has
(docs/decisions/0011).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

Language: TypeAlias = Literal["en", "de", "es", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

# A date as FHIR writes it, to the month, the day or the minute; a year alone is the same everywhere.
_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-2]\d|3[01])(?:[T ](?P<time>\d\d:\d\d)\S*)?)?"
)


class Form(NamedTuple):
    """The sign before decimals, a day and a month; empty: as FHIR writes them."""

    decimal: str = "."
    day: str = ""
    month: str = ""


_FORMS: Final[Mapping[Language, Form]] = {
    "en": Form(),
    "de": Form(",", "{day}.{month}.{year}", "{month}.{year}"),
    "es": Form(",", "{day}/{month}/{year}", "{month}/{year}"),
    "fr": Form(",", "{day}/{month}/{year}", "{month}/{year}"),
}


class Locale(NamedTuple):
    """`names` are English name → what the language calls it."""

    language: Language = "en"
    names: Mapping[str, str] = MappingProxyType({})

    def date(self, written: str) -> str:
        """A date in the language's form; anything else as it is."""
        form = _FORMS[self.language]
        found = _WRITTEN.fullmatch(written) if form.day else None
        if found is None:
            return written
        text = (form.day if found["day"] else form.month).format_map(found.groupdict())
        return f"{text} {found['time']}" if found["time"] else text

    def number(self, value: float) -> str:
        return f"{value:.10g}".replace(".", _FORMS[self.language].decimal)

    def name(self, english: str) -> str:
        """What the language calls it, with a capital where the English has one; the English where it has no name."""
        if english in self.names:
            return self.names[english]
        own = self.names.get(english[:1].lower() + english[1:])
        return own[:1].upper() + own[1:] if own else english


ENGLISH: Final = Locale()
