"""The side of a facial movement, level by level: the first that names one decides (clinical_rules.md 0.3, 11.22).

A contradiction inside one level leaves the side unknown; a higher level silently wins over a lower one. "Unilateral"
names no side: the lower levels are still asked for left or right.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from cards.findings.clinical_text import asserts, clauses, fold, mentions
from cards.findings.twitching_terms import MOVEMENT_OR_FACE, NO_SIDE, SIDE_FILLER, SIDES, STRONG, TWITCH
from cards.value_sets import value_set
from cds_service.advice import Side
from cds_service.record import Coding, Condition

_SETS: Final[dict[Side, str]] = {
    "left": "side_left",
    "right": "side_right",
    "bilateral": "side_bilateral",
    "unilateral": "side_unilateral",
}


class Laterality(NamedTuple):
    """`contradictory`: one level of the record named two sides, so that none is relied on."""

    side: Side = "unknown"
    contradictory: bool = False


def laterality(condition: Condition) -> Laterality:
    """The side of what a condition says about the face."""
    code, sites, qualifiers = condition.code, condition.body_sites, condition.laterality
    one_sided = False
    for level in (
        _by_code(code.codings),
        _by_qualifier(coding for site in sites for coding in site.codings),
        _by_qualifier(c for q in qualifiers for c in q.codings) | _by_words(w for q in qualifiers for w in q.words),
        _by_words(w for site in sites for w in site.words) | _by_words(_clauses_of_interest(code.words)),
        _by_words(_sentences_of_twitching(condition.notes)),
    ):
        definite = level - {"unilateral"}
        if len(definite) > 1 or (definite == {"bilateral"} and "unilateral" in level):
            return Laterality(contradictory=True)
        if definite and not (one_sided and definite == {"bilateral"}):
            return Laterality(definite.pop())
        one_sided = one_sided or bool(level)
    return Laterality("unilateral" if one_sided else "unknown")


def _by_code(codings: Iterable[Coding]) -> set[Side]:
    """A code that carries its side (`G51.31`); "unspecified" is none."""
    found: set[Side] = set()
    for coding in codings:
        if coding in value_set("hemifacial_spasm_bilateral"):
            found.add("bilateral")
        row = value_set("hemifacial_spasm").row(coding)
        found |= {side for side in _SETS if row and row["laterality"] == side}
    return found


def _by_qualifier(codings: Iterable[Coding]) -> set[Side]:
    every = tuple(codings)
    return {side for side, name in _SETS.items() if any(coding in value_set(name) for coding in every)}


def _by_words(texts: Iterable[str]) -> set[Side]:
    return {side for text in texts for side in _sides_named(text)}


def _sides_named(text: str) -> set[Side]:
    """The sides that a text names and doesn't deny. "Left and right" is both; the name's "hemi" is none."""
    plain = _blanked(NO_SIDE, STRONG.sub(" face ", fold(text)))
    found: set[Side] = {"bilateral"} if asserts(plain, SIDES["bilateral"]) else set()
    plain = _blanked(SIDES["bilateral"], plain)
    names: tuple[Side, ...] = ("left", "right", "unilateral")
    return found | {side for side in names if asserts(plain, SIDES[side])}


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(" ", text)


def _clauses_of_interest(texts: Iterable[str]) -> list[str]:
    """The clauses about the face or a movement, or with nothing but a side in them: not the left of "left hip pain"."""
    return [
        clause for text in texts for clause in clauses(text) if MOVEMENT_OR_FACE.search(clause) or _is_bare_side(clause)
    ]


def _is_bare_side(clause: str) -> bool:
    rest = clause
    for pattern in (*SIDES.values(), SIDE_FILLER):
        rest = pattern.sub("", rest)
    return not any(character.isalnum() for character in rest)


def _sentences_of_twitching(notes: Iterable[str]) -> list[str]:
    return [m.clause for note in notes for m in mentions(note, TWITCH) if m.standing not in ("denied", "elsewhere")]
