"""How a phrase in free text is meant: of this patient and now, suspected, historical, denied, or of somebody else.

Source: clinical_rules.md 0.4. The words of ten languages are in `clinical_text.toml`; patterns are for `fold`ed text.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

Standing = Literal["asserted", "suspected", "historical", "elsewhere", "denied"]
_BEST_FIRST: Final[tuple[Standing, ...]] = ("asserted", "suspected", "historical", "elsewhere", "denied")
_MARKS: Final = re.compile(r"[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]+")
_TYPOGRAPHY: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)
_CJK: Final = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_CJK_CHARACTER: Final = re.compile(f"[{_CJK}]")
_WORD: Final = re.compile(rf"[^\W_{_CJK}]+(?:['/-][^\W_{_CJK}]+)*")


def fold(text: str) -> str:
    """The text as it is compared: NFKC, lower case, without diacritics (`ß` is `ss`), white space as single blanks."""
    if not text.isascii():
        apart = _MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHY))).casefold()
        together = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", apart)))
        text = together.translate(_TYPOGRAPHY)
    return " ".join(text.lower().split())


def term_pattern(terms: Iterable[str], stem: bool = True) -> re.Pattern[str]:
    """One pattern for terms in the notation of the TOML files (`*` is the rest of a word), for use on folded text.

    Latin terms begin at the beginning of a word; with `stem` they may end inside one ("twitch" finds "twitching").
    """
    latin: list[str] = []
    other: list[str] = []
    for term in terms:
        folded = fold(term).replace("*", r"\w*")
        (latin if folded.isascii() else other).append(folded)
    parts = [rf"(?<![a-z0-9])(?:{'|'.join(latin)}){r'[a-z]*' if stem else r'(?![a-z0-9])'}"] if latin else []
    return re.compile("|".join(parts + other) or r"(?!)")


def every_language(lists: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The terms of all languages of one list in a TOML file."""
    for terms in lists.values():
        yield from terms


def _load() -> dict[str, Any]:
    return tomllib.loads((resources.files(__package__) / "clinical_text.toml").read_text(encoding="utf-8"))


_WORDS: Final = _load()
_CUES: Final = {
    name: term_pattern(every_language(_WORDS[name]), stem=False)
    for name in (
        "denied_before",
        "denied_after",
        "no_denial",
        "left_open",
        "suspected",
        "historical_before",
        "historical_after",
        "family",
        "no_family",
        "hypothetical",
    )
}
_BEFORE: Final[int] = _WORDS["windows"]["words_before"]
_AFTER: Final[int] = _WORDS["windows"]["words_after"]
# Bounds on the work that one text can make; both are far beyond what a clinician writes.
_AROUND: Final = 300
_MOST_PLACES: Final = 40
_ENDING_WORDS: Final = term_pattern(every_language(_WORDS["clause_end"]), stem=False).pattern
_ABBREVIATED: Final = re.compile(rf"(?:^|[^a-z0-9])(?:[a-z]|{'|'.join(_WORDS['abbreviations']['all'])})$")
_CLAUSE_END: Final = re.compile(rf"[;。；]|\.(?=\s|$)|(?<=[{_CJK}]),|{_ENDING_WORDS}")
_LINES: Final = re.compile(r"[\r\n\u2028\u2029]+")


class Mention(NamedTuple):
    """One place where a phrase was found: the folded clause, the phrase in it, and how it is meant."""

    standing: Standing
    clause: str
    phrase: str


def clauses(text: str) -> list[str]:
    """The folded clauses of a text. A line break ends one; the full stop of an abbreviation doesn't."""
    found = []
    for line in _LINES.split(text):
        folded, begin = fold(line), 0
        for end in _CLAUSE_END.finditer(folded):
            if end[0] == "." and _ABBREVIATED.search(folded, begin, end.start()):
                continue
            found.append(folded[begin : end.start()])
            begin = end.end()
        found.append(folded[begin:])
    return [clause.strip() for clause in found if clause.strip()]


def mentions(text: str, pattern: re.Pattern[str]) -> list[Mention]:
    """Every place where the pattern is found in the text."""
    if not _is_anchored(pattern) and not pattern.search(fold(text)):
        return []  # almost always: then nobody need ask how it is meant
    places = ((clause, match) for clause in clauses(text) for match in pattern.finditer(clause))
    return [Mention(_standing_near(clause, match), clause, match[0]) for clause, match in islice(places, _MOST_PLACES)]


@cache
def _is_anchored(pattern: re.Pattern[str]) -> bool:
    """Whether it may match a clause without matching the text that the clause stands in."""
    return "^" in pattern.pattern or "$" in pattern.pattern or "(?!" in pattern.pattern or "(?<!" in pattern.pattern


def standing(text: str, pattern: re.Pattern[str]) -> Standing | None:
    """How the text means the phrase, the most affirmative place deciding; None if it isn't there."""
    found = {mention.standing for mention in mentions(text, pattern)}
    return next((s for s in _BEST_FIRST if s in found), None)


def asserts(text: str, pattern: re.Pattern[str]) -> bool:
    """Whether the phrase is there and, at least once, neither denied nor about the family nor hypothetical."""
    return standing(text, pattern) in ("asserted", "suspected", "historical")


def _standing_near(clause: str, match: re.Match[str]) -> Standing:
    """How the phrase is meant by what stands around it: no cue reaches farther than a few words."""
    begin, end = match.span()
    first = max(0, begin - _AROUND)
    return _standing(clause[first : end + _AROUND], begin - first, end - first)


def _standing(clause: str, start: int, end: int) -> Standing:
    if _near("left_open", clause, start, end):
        return "suspected"
    # Blanked out at the same length, so that places stay what they are.
    before, after = (_CUES["no_denial"].sub(_blank, part) for part in (clause[:start], clause[end:]))
    plain = before + clause[start:end] + after
    if _near_before("denied_before", plain, start) or _near_after("denied_after", plain, end):
        return "denied"
    if _CUES["family"].search(_CUES["no_family"].sub(_blank, clause)) or _near_before("hypothetical", plain, start):
        return "elsewhere"
    if _near("suspected", clause, start, end) or _is_queried(clause, start, end):
        return "suspected"
    once = _near_before("historical_before", clause, start) or _near_after("historical_after", clause, end)
    return "historical" if once else "asserted"


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _words(gap: str) -> float:
    return len(_WORD.findall(gap)) + len(_CJK_CHARACTER.findall(gap)) / 2


def _near_before(cue: str, clause: str, start: int) -> bool:
    return any(_words(clause[m.end() : start]) < _BEFORE for m in _CUES[cue].finditer(clause, 0, start))


def _near_after(cue: str, clause: str, end: int) -> bool:
    return any(_words(clause[end : m.start()]) < _AFTER for m in _CUES[cue].finditer(clause, end))


def _near(cue: str, clause: str, start: int, end: int) -> bool:
    return _near_before(cue, clause, start) or _near_after(cue, clause, end)


def _is_queried(clause: str, start: int, end: int) -> bool:
    """A question mark at the phrase: "?HFS", "Hemispasmus facialis links?"."""
    return "?" in clause[max(0, start - 2) : start] or clause[end:].rstrip(" )").endswith("?")
