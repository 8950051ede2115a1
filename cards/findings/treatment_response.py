"""How a remark says that a treatment of the spasm did: too little, too short, not tolerated, or well.

There is no code for it (clinical_rules.md 5–9, R6; 11, item 19), so outcomes, notes and reasons are read. The words are
in `treatment_response.toml`.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, Literal, TypeAlias

from cards.findings.clinical_text import asserts, clauses, mentions
from cards.findings.vocabulary import any_of, table, vocabulary

Shortfall: TypeAlias = Literal["poor", "short", "adverse"]
Response: TypeAlias = Shortfall | Literal["good"]
_SHORTFALLS: Final[tuple[Shortfall, ...]] = ("poor", "short", "adverse")
_AFFIRMED: Final = ("asserted", "suspected", "historical")


def responses(text: str, limits: Mapping[str, float]) -> frozenset[Response]:
    """All that the remark says. Limit used: `wear_off_weeks`."""
    words = vocabulary("treatment_response")
    said = [p for clause in clauses(text) if not words["only_if"].search(clause) for p in clause.split(",")]
    parts = [part for part in said if not words["other_complaint"].search(part)]
    found: set[Response] = set()
    if any(asserts(part, words["poor"]) for part in parts):
        found.add("poor")
    if any(asserts(part, words["early"]) for part in parts) or _wore_off(parts, limits["wear_off_weeks"] * 7):
        found.add("short")
    if any(_is_adverse(m.clause) for m in mentions(text, _adverse()) if m.standing in _AFFIRMED):
        found.add("adverse")
    if any(asserts(part, words["good"]) for part in parts):
        found.add("good")
    return frozenset(found)


def shortfall(text: str, limits: Mapping[str, float]) -> Shortfall | None:
    """In what way the treatment fell short, by this remark; None where it doesn't say so."""
    found = responses(text, limits)
    return next((response for response in _SHORTFALLS if response in found), None)


def about(text: str, own: Callable[[str], object], other: Callable[[str], object], from_start: bool = True) -> str:
    """What the text says of one treatment where it may name another besides. What follows a name is of that treatment,
    until the next name; `from_start`: and so is what stands before any name.
    """
    kept, is_own = [], from_start
    for clause in clauses(text):
        parts, is_own = [], is_own and from_start
        for part in clause.split(","):
            names_own, names_other = bool(own(part)), bool(other(part))
            is_own = names_own or (is_own and not names_other)
            # "failed carbamazepine and responds well to Botox": which of the two failed cannot be told
            is_mixed = names_own and names_other and asserts(part, vocabulary("treatment_response")["good"])
            parts += [part] if is_own and not is_mixed else []
        kept.append(",".join(parts))
    return "; ".join(kept)


def speaks_of_the_one_before(text: str) -> bool:
    """Whether the remark is about the treatment before this one ("good effect after the last one")."""
    return any(vocabulary("treatment_response")["points_back"].search(clause) for clause in clauses(text))


def _is_adverse(clause: str) -> bool:
    """A risk that was explained is none that came true, what was there before is none, and a mild one no failure."""
    words = vocabulary("treatment_response")
    return not (words["not_of_it"].search(clause) or words["mild"].search(clause))


def _wore_off(parts: list[str], days: float) -> bool:
    """Surely before so many days: of a range its end counts."""
    said = (mention for part in parts for mention in mentions(part, _lasting()) if mention.standing in _AFFIRMED)
    return any(_longest_days(mention.phrase) < days for mention in said)


def _longest_days(phrase: str) -> float:
    """The end of the time that the phrase names; of "less than 8 weeks" something below that."""
    *_, last = _time().finditer(phrase)
    number, unit = (last["upper"] or last["number"], last["unit"]) if last["unit"] else (last["week"], "week")
    days = _number(number) * _days_of(unit)
    return days - 1 if re.search(r"\b(?:less than|under)\b", phrase) else days


def _number(written: str) -> float:
    named = table("treatment_response")["numbers"].get(written)
    return float(named if named is not None else written.replace(",", "."))


def _days_of(unit: str) -> float:
    units = table("treatment_response")["units"].values()
    return next(float(u["days"]) for u in units if re.fullmatch("|".join(u["terms"]), unit))


@cache
def _adverse() -> re.Pattern[str]:
    """None where a form's question is answered with no: "Side effects: none"."""
    words = vocabulary("treatment_response")
    return re.compile(f"(?:{words['adverse'].pattern})(?!{words['none'].pattern})")


@cache
def _time() -> re.Pattern[str]:
    """A number or a range with its unit, or "week 6"."""
    words = table("treatment_response")
    number = rf"\d+(?:[.,]\d+)?|{'|'.join(words['numbers'])}"
    unit = "|".join(term for unit in words["units"].values() for term in unit["terms"])
    upper = rf"(?:\s?(?:-|to|bis|or|oder|a|ou|o|y)\s?(?P<upper>{number}))?"
    return re.compile(rf"(?P<number>{number}){upper}[\s-]?(?P<unit>{unit})(?![a-z])|week (?P<week>\d+)")


@cache
def _lasting() -> re.Pattern[str]:
    """ "lasted about 5–6 weeks", "wore off at week 6", "5 weeks of relief"."""
    words = table("treatment_response")
    time = re.sub(r"\(\?P<\w+>", "(?:", _time().pattern)
    later = rf"(?!\W*(?:{'|'.join(words['not_a_duration'])}))"
    before = (
        rf"(?:{'|'.join(words[kind])})\W*(?:(?:{'|'.join(words[f'{kind}_filler'])})\W+)*(?:{time}){later}"
        for kind in ("until", "lasted")
    )
    return any_of(*before, rf"(?:{time}) of (?:\w+ )?(?:{'|'.join(words['relief'])})")
