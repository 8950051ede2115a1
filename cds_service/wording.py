"""Advice and words make text. Law of this room: no rule, no FHIR; whatever fills a blank of Markdown is escaped here.

`words.md`: every `## group/name` heading opens a block, the text below it belongs to it; `{name}` is a blank. Blanks
only, no logic: a sentence that comes in two forms is two blocks.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from string import Formatter
from typing import Final

from cds_service.advice import Listed, Name, Phrase, Value
from cds_service.languages import ENGLISH, Language, Locale
from cds_service.record import Quantity

SUMMARY_LENGTH: Final = 139
_MARKDOWN: Final = {ord(c): f"\\{c}" for c in "\\`*_[]#|~"} | {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;"}
# White space, control characters, and what is invisible or turns the direction of writing.
_SPACES: Final = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]+"
)
# Some renderers make links of bare addresses even where their marks are written as entities, so a word joiner (which
# shows nothing) parts what makes an address: a scheme's colon, two slashes, www, an @, a dot between letters.
_JOINER: Final = "\u2060"
_ADDRESS: Final = re.compile(
    r"(?<=[A-Za-z]):(?=\S)|(?<=/)(?=/)|(?<=\bw)(?=ww\b)|@|(?<=\w)\.(?=[^\W\d_]{2})", re.IGNORECASE
)
# What would open a list, a rule or a heading at the start of a line or list item.
_BLOCK_START: Final = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=])")
_HEADING: Final = re.compile(r"^## +(?P<name>\S+) *$", re.MULTILINE)
_LONGEST_VALUE: Final = 200
_GLUED: Final = ("|", "- ")


class WordsError(Exception):
    """A words.md that cannot be used, or a block or blank that is not there."""


def plain(value: Value, locale: Locale = ENGLISH) -> str:
    """A value as one line of plain text, its dates, numbers and names in the language's form."""
    if isinstance(value, str):
        return one_line(locale.name(value) if isinstance(value, Name) else locale.date(value))
    if isinstance(value, date):
        return locale.date(value.isoformat())
    if isinstance(value, float):
        return locale.number(value)
    if isinstance(value, Quantity):
        return one_line(_amount(value, locale))
    return one_line(str(value))


def _amount(value: Quantity, locale: Locale) -> str:
    """`<1.5 mmol/L`, `200–400 mg`."""
    low, high = locale.number(value.low), locale.number(value.high)
    return f"{value.comparator}{low if low == high else f'{low}–{high}'} {value.unit}".strip()


def one_line(text: str) -> str:
    """Control characters and line breaks become spaces, the very long is cut."""
    text = _SPACES.sub(" ", text).strip()
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def escaped(value: Value) -> str:
    """A value as Markdown that shows exactly its characters: no HTML, no emphasis, no link, no table cell."""
    text = plain(value)
    if text.isalnum():
        return text
    marked = _BLOCK_START.sub(r"\1\\\2\3", text.translate(_MARKDOWN))
    return _ADDRESS.sub(rf"\g<0>{_JOINER}", marked)


class Words:
    """The blocks of one words.md, falling back on the shared ones. `translations` hold the same in other languages."""

    def __init__(
        self,
        source: str,
        blocks: Mapping[str, str],
        shared: "Words | None" = None,
        locale: Locale = ENGLISH,
        translations: "Mapping[Language, Words] | None" = None,
    ) -> None:
        self.source = source
        self.blocks = dict(blocks)
        self.locale = locale
        self._translations = dict(translations or {})
        self._all = {**(shared.blocks if shared else {}), **self.blocks}

    def of(self, language: Language) -> "Words":
        return self._translations.get(language, self)

    def block(self, name: str) -> str:
        try:
            return self._all[name]
        except KeyError:
            raise WordsError(f"{self.source} has no block '## {name}'.") from None

    def _fill(self, phrase: Phrase, values: Mapping[str, str]) -> str:
        try:
            return self.block(phrase.block).format_map(values)
        except KeyError as missing:
            raise WordsError(
                f"{self.source}: block {phrase.block} has a blank {missing} that the rule does not fill."
            ) from None

    def plain(self, phrase: Phrase | str) -> str:
        """One line of plain text: for summaries, labels, descriptions and the explanation."""
        phrase = Phrase(phrase) if isinstance(phrase, str) else phrase
        return self._fill(phrase, {k: self.shown(v) for k, v in phrase.values.items()}).replace("**", "")

    def markdown(self, phrase: Phrase) -> str:
        return self._fill(phrase, {k: escaped(self.shown(v)) for k, v in phrase.values.items()})

    def shown(self, value: Value) -> str:
        """A value as one line of plain text in the language of these words."""
        if isinstance(value, Phrase):
            return one_line(self.plain(value))
        if isinstance(value, Listed):
            return one_line(value.between.join(map(self.shown, value.parts)))
        return plain(value, self.locale)

    def summary(self, phrase: Phrase) -> str:
        """At most 139 characters: the blanks give way, not the sentence."""
        text = self.plain(phrase)
        if len(text) > SUMMARY_LENGTH:
            values = {k: self.shown(v) for k, v in phrase.values.items()}
            own = [blank for _, blank, _, _ in Formatter().parse(self.block(phrase.block)) if blank]
            longest = max(own, key=lambda k: len(values[k]), default="")
            room = max(8, len(values.get(longest, "")) - (len(text) - SUMMARY_LENGTH) - 1)
            text = self._fill(phrase, {**values, longest: values.get(longest, "")[:room].rstrip() + "…"})
        return text if len(text) <= SUMMARY_LENGTH else text[: SUMMARY_LENGTH - 1].rstrip() + "…"

    def detail(self, phrases: Iterable[Phrase]) -> str:
        """Paragraphs, with the rows of a list or table kept together."""
        text, before = "", ""
        for phrase in phrases:
            part = self.markdown(phrase)
            glued = any(part.startswith(mark) and before.startswith(mark) for mark in _GLUED)
            text += ("\n" if glued else "\n\n" if text else "") + part
            before = part
        return text


def read_words(
    text: str,
    source: str,
    shared: Words | None = None,
    locale: Locale = ENGLISH,
    translations: Mapping[Language, Words] | None = None,
) -> Words:
    """The blocks of a words.md. Raises WordsError: a block twice, an empty one, a blank that is more than a name."""
    parts = _HEADING.split(text)[1:]
    blocks: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in blocks:
            raise WordsError(f"{source}: block {name} stands there twice.")
        blocks[name] = body.strip()
        if not blocks[name]:
            raise WordsError(f"{source}: block {name} is empty.")
        try:
            blanks = [field for _, field, spec, conversion in Formatter().parse(blocks[name]) if field is not None]
        except ValueError as error:
            raise WordsError(f"{source}: block {name}: {error}.") from error
        if any(not field.isidentifier() for field in blanks):
            raise WordsError(f"{source}: block {name} may hold blanks of the form {{name}} only.")
    return Words(source, blocks, shared, locale, translations)
