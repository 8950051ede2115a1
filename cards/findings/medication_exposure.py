"""Is this medicine being taken, since when, until when? (clinical_rules.md 3.1 and 4; decisions 15 and 24 of section
11)

A record says who claims what: a statement (somebody says it is taken), a request (somebody ordered it), an
administration (it was given).
Only the day of the site's calendar is needed, so a course whose vague end may still lie ahead counts as going on.
"""

import re
from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from cards.findings.clinical_text import fold
from cards.value_sets import Row, value_set
from cds_service.record import Concept, MedicationUse, PartialDate, Period

State = Literal["current", "stopped", "none", "unclear"]

# R4's codes; the reader has already mapped DSTU2, STU3 and R5 onto them.
_NEVER = frozenset(
    {"entered-in-error", "not-taken", "not-done", "intended", "draft", "cancelled", "declined", "preparation"}
)
_GOING_ON = frozenset({"active", "in-progress"})
_ENDED = frozenset({"stopped", "completed", "on-hold", "ended"})
_NOT_AN_ORDER = frozenset({"proposal", "plan", "option"})
_WORD = re.compile(r"[^\W_]+")


class Exposure(NamedTuple):
    """`current` (taken today), `stopped` (taken, no longer), `none` (never taken, or not begun), `unclear` (the
    record does not say).

    `start` is the effective start, else the effective date, else the day of the order; `stopped` the last day where
    one is known.
    """

    state: State
    start: PartialDate | None = None
    stopped: PartialDate | None = None


def exposure(use: MedicationUse, today: date) -> Exposure:
    """What this one entry says about taking the medicine on `today` (clinical_rules.md 3.1)."""
    start, end = _start(use), _end(use)
    if use.status in _NEVER or (use.kind == "request" and use.intent in _NOT_AN_ORDER):
        return Exposure("none")
    if start is not None and start.earliest > today:
        return Exposure("none", start)
    if use.status not in _GOING_ON | _ENDED or use.kind == "dispense":
        # No status, `unknown`, or only handed over: low weight, unless its end is past.
        return Exposure("stopped", start, end) if _is_over(end, today) else Exposure("unclear", start)
    if use.status in _GOING_ON and not _is_over(end, today):
        return Exposure("current", start)
    if use.kind == "administration" or (use.course is None and use.kind == "statement" and use.status == "completed"):
        end = end or use.given
    if end is not None and end.earliest > today:
        end = None
    return Exposure("stopped", start, end)


def _is_over(end: PartialDate | None, today: date) -> bool:
    return end is not None and end.latest < today


def _start(use: MedicationUse) -> PartialDate | None:
    """`effectivePeriod.start` > `effectiveDateTime` > `authoredOn` (clinical_rules.md 4); the day of an assertion is
    no start.
    """
    return (use.course.start if use.course else None) or use.given or (use.authored if use.kind == "request" else None)


def _end(use: MedicationUse) -> PartialDate | None:
    """The end of the course; for an order else the last end of its dosages, else of its validity."""
    if use.course is not None:
        return use.course.end
    if use.kind != "request":
        return None
    bounds = [d.timing.bounds if d.timing else None for d in use.dosages]
    return _latest_end(bounds) or (use.validity.end if use.validity else None)


def _latest_end(bounds: list[Period | None]) -> PartialDate | None:
    """The end by which every one of these is over, or None when one of them is open."""
    ends = [b.end for b in bounds if b is not None and b.end is not None]
    return max(ends, key=lambda end: end.latest) if ends and len(ends) == len(bounds) else None


def _concepts(use: MedicationUse) -> tuple[Concept, ...]:
    return (use.medication, *(ingredient.item for ingredient in use.ingredients))


def wordings(use: MedicationUse) -> tuple[str, ...]:
    """Every wording of the product and its ingredients, folded (lower case, no diacritics): for patterns of more than
    one word.
    """
    return tuple(dict.fromkeys(fold(words) for concept in _concepts(use) for words in concept.words))


def names(use: MedicationUse) -> tuple[str, ...]:
    """The single words of the product and its ingredients, folded, each once: `("caffeine", "200", "mg", "oral",
    "tablet")`.
    """
    return tuple(dict.fromkeys(word for wording in wordings(use) for word in _WORD.findall(wording)))


def is_in(use: MedicationUse, *value_set_names: str) -> Row | None:
    """The row of these value sets that this product is: by a coding of it or of an ingredient, else by a drug's name
    in its words.

    Names are looked for because no RxNorm is at hand while running: a clinical drug (`oxycodone 5 MG Oral Tablet`) is
    then known
    by its ingredient's name as whole words.
    """
    for concept in _concepts(use):
        for name in value_set_names:
            row = value_set(name).match(concept)
            if row is not None:
                return row
    texts = [f" {' '.join(_WORD.findall(wording))} " for wording in wordings(use)]
    for name in value_set_names:
        for drug, row in drug_names(name):
            if any(f" {drug} " in text for text in texts):
                return row
    return None


@cache
def drug_names(value_set_name: str) -> tuple[tuple[str, Row], ...]:
    """Each folded drug name of a value set with its row; `albuterol (salbutamol)` is two names. Longest first, so the
    specific wins.
    """
    found: dict[str, Row] = {}
    for row in value_set(value_set_name):
        for wording in (row["display"], row.get("drug", "")):
            for part in re.split(r"[()]", fold(wording)):
                name = " ".join(_WORD.findall(part))
                if len(name) > 3:
                    found.setdefault(name, row)
    return tuple(sorted(found.items(), key=lambda item: -len(item[0])))
