"""A dosage as it is written ("1–2 tabs q6h prn, max 8/day") → numbers (clinical_rules.md 3.1). What is not sure is
left out.
"""

import re
from functools import cache
from math import isfinite
from typing import NamedTuple

from cards.findings.clinical_text import fold
from cards.findings.dosage_frequency import Range
from cards.findings.vocabulary import any_of, table

_MEASURES = frozenset({"mg", "mcg", "ug", "g", "gm", "gram", "grams", "ml"})
_FRACTION = re.compile(r"(?:\b(\d+)[ -]?(?:and )?)?\b([1-3])[/\u2044]([2-4])\b")
# Written as one character, it would run into the number before it when the text is folded: 1½ is not 11/2.
_ONE_CHARACTER = re.compile("([¼½¾])")


class WrittenDosage(NamedTuple):
    """`dose` in `unit` (empty: pieces) at a time, `times` a day, at `most` so much of `most_unit` a day; None where
    nothing is said.
    """

    dose: Range | None = None
    unit: str = ""
    times: Range | None = None
    as_needed: bool = False
    most: float | None = None
    most_unit: str = ""


class _Frequency(NamedTuple):
    pattern: re.Pattern[str]
    times: float | None
    reads: str


def read_dosage(text: str) -> WrittenDosage:
    """The numbers in a dosage's words; two doses in one sentence ("2 in the morning and 1 at noon") are not guessed
    at.
    """
    if not text:
        return WrittenDosage()
    words = _in_figures(text)
    as_needed = bool(_as_needed().search(words))
    most, most_unit, words = _most(words)
    scheme = _compiled("scheme")[0].search(words)
    if scheme:
        each, moments = _by_scheme([_number(part) for part in scheme.groups() if part])
        return WrittenDosage(each, "", moments, as_needed, most, most_unit)
    dose, unit, words = _dose(words)
    times = _times(words)
    return WrittenDosage(dose, unit, times, as_needed, most, most_unit)


def _in_figures(text: str) -> str:
    words = fold(_ONE_CHARACTER.sub(r" \1", text))
    words = _FRACTION.sub(lambda m: f"{int(m[1] or 0) + int(m[2]) / int(m[3]):g}", words)
    numbers = table("dosage_text")["numbers"]
    words = re.sub(r"[a-z]+", lambda m: f"{numbers[m[0]]:g}" if m[0] in numbers else m[0], words)
    for pattern, by in _rewritten():
        words = pattern.sub(by, words)
    return words


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _most(words: str) -> tuple[float | None, str, str]:
    """The greatest amount a day, and the words without it."""
    for pattern in _compiled("most"):
        found = pattern.search(words)
        if found:
            rest = words[: found.start()] + " ; " + words[found.end() :]
            return _number(found[1]), found[2] or "", rest
    return None, "", words


def _by_scheme(parts: list[float]) -> tuple[Range, Range]:
    """1-0-1: what is taken in the morning, at noon, in the evening (and at night)."""
    taken = [part for part in parts if part]
    if taken and len(set(taken)) == 1:
        return Range(taken[0], taken[0]), Range(len(taken), len(taken))
    return Range(sum(parts), sum(parts)), Range(1, 1)


def _dose(words: str) -> tuple[Range | None, str, str]:
    """The one dose at a time, its unit, and the words without it; nothing where there are several.

    "1 tablet (200 mg)" is one: the count of pieces speaks before the measure.
    """
    for pattern in _compiled("dose"):
        found = list(pattern.finditer(words))
        pieces = [match for match in found if match.groupdict().get("unit") not in _MEASURES]
        found = pieces if len(pieces) == 1 else found
        if len(found) > 1:
            return None, "", words
        if found:
            if _compiled("second")[0].search(words, found[0].end()):
                return None, "", words
            low = _number(found[0][1])
            high = _number(found[0][2]) if found[0][2] else low
            rest = words[: found[0].start()] + " " + words[found[0].end() :]
            return Range(min(low, high), max(low, high)), found[0].groupdict().get("unit") or "", rest
    return None, "", words


def _times(words: str) -> Range | None:
    for frequency in _frequencies():
        found = frequency.pattern.search(words)
        if found is None:
            continue
        times = _moments(words) if frequency.reads == "moments" else frequency.times
        if times is not None:
            return Range(times, times)
        numbers = [_number(group) for group in found.groups() if group]
        if not numbers or min(numbers) <= 0 or not isfinite(max(numbers)):
            return None
        if frequency.reads == "hours":
            return Range(24 / max(numbers), 24 / min(numbers))
        days = 7 if frequency.reads == "times-a-week" else 1
        return Range(min(numbers) / days, max(numbers) / days)
    return None


def _moments(words: str) -> int:
    """How many moments of the day are named, as far as they are not ruled out."""
    named = _compiled("not_then")[0].split(words)[0]
    return max(1, sum(bool(any_of(*moment).search(named)) for moment in table("dosage_text")["moments"].values()))


@cache
def _rewritten() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(entry["pattern"]), entry["by"]) for entry in table("dosage_text")["rewritten"])


@cache
def _as_needed() -> re.Pattern[str]:
    return any_of(*table("dosage_text")["patterns"]["as_needed"])


@cache
def _frequencies() -> tuple[_Frequency, ...]:
    entries = table("dosage_text")["frequency"]
    return tuple(_Frequency(re.compile(_filled(e["pattern"])), e.get("times"), e.get("reads", "")) for e in entries)


@cache
def _compiled(kind: str) -> tuple[re.Pattern[str], ...]:
    patterns = table("dosage_text")["patterns"]
    if kind == "most":
        sources = [source + patterns["most_tail"] for source in patterns["most"]]
    elif kind == "dose":
        # With a unit; else a bare number at the start, before the frequency ("take 1-2 q6h").
        numbers = "({n})(?:{to}({n}))?"
        sources = [numbers + " ?(?P<unit>{unit})", "^(?:take )?" + numbers + patterns["before_frequency"]]
    else:
        sources = [patterns[kind]]
    return tuple(re.compile(_filled(source)) for source in sources)


def _filled(source: str) -> str:
    patterns = table("dosage_text")["patterns"]
    source = source.replace("{max}", patterns["max"])
    return source.replace("{n}", patterns["number"]).replace("{to}", patterns["to"]).replace("{unit}", patterns["unit"])
