"""What stands on record besides facial twitching and bears on what it may be, or on what makes it worse.

clinical_rules.md 5–9, R8; 6, rows 7, 9, 10, 18, 24; 11, items 16 and 17. The entries that make the twitching itself are
left out. What each is called stands in `coexisting_conditions.toml`.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final, NamedTuple

from cards.findings.clinical_text import asserts, clauses, mentions
from cards.findings.condition_status import is_current, is_usable
from cards.findings.labels import label
from cards.findings.red_flags import body_side
from cards.findings.twitching_codes import SETS
from cards.findings.twitching_meaning import meaning
from cards.findings.twitching_mentions import mentioned
from cards.findings.vocabulary import any_of, first_look, table
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching, Listed, Name, Value
from cds_service.record import Condition, PatientRecord

TRIGGER_FACTORS: Final = "trigger-factors"
_NEURALGIA: Final = "trigeminal-neuralgia"
_PALSY: Final = "facial-palsy"
# Each with its value set, which also names its words.
_DISEASES: Final = {
    "multiple-sclerosis": "multiple_sclerosis",
    _NEURALGIA: "trigeminal_neuralgia",
    "parkinsons": "parkinsons",
}
_MOVEMENTS: Final = ("blepharospasm", "orofacial-dystonia", "tic", "functional", "seizure", "tardive")
_PALSIES: Final = "bells_facial_palsy"
_FACTORS: Final = "anxiety_stress_fatigue_sleep"
_ONE_SIDE: Final = ("left", "right")


class Coexisting(NamedTuple):
    """One kind, with all entries that say so."""

    kind: str
    evidence: tuple[Evidence, ...]

    @property
    def label(self) -> Name:
        return Name(table("coexisting_conditions")["labels"][self.kind])

    @property
    def what(self) -> Value:
        """The entries in their own words with their days, each once."""
        named = [Listed((e.display, e.date[:10]) if e.date else (e.display,)) for e in self.evidence if e.display]
        return Listed(tuple(dict.fromkeys(named)), "; ") if named else self.label


def coexisting_conditions(
    record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]
) -> tuple[Coexisting, ...]:
    """Each kind once: other diseases first, then other movements of the face, and what makes twitching worse last."""
    found: dict[str, list[Evidence]] = {}
    for condition in record.conditions:
        if condition.reference in twitching.conditions or not is_usable(condition):
            continue
        kind = _kind(condition, twitching)
        # Only a palsy counts although it is over. Asked of the few that are of a kind: it looks through all the others.
        if kind and kind != _PALSY and not is_current(condition, today, limits, record.conditions):
            continue
        if kind == "tic" and _goes_on_in_sleep(record, twitching):
            kind = "tic-but-in-sleep"
        if kind:
            found.setdefault(kind, []).append(_evidence(condition))
    if twitching.with_trigeminal_neuralgia:  # also by name alone: "tic convulsif"
        found.setdefault(_NEURALGIA, list(twitching.evidence))
    order = list(table("coexisting_conditions")["labels"])
    return tuple(Coexisting(kind, tuple(found[kind])) for kind in sorted(found, key=order.index))


def _kind(condition: Condition, twitching: FacialTwitching) -> str:
    """What this entry is, or nothing."""
    movement = _movement(condition)
    if movement or not _may_be_another(condition):
        return movement
    if _is_earlier_palsy(condition, twitching):
        return _PALSY
    for kind, codes in _DISEASES.items():
        if value_set(codes).match(condition.code) or _says(condition, codes):
            return kind
    return TRIGGER_FACTORS if value_set(_FACTORS).match(condition.code) else ""


def _may_be_another(condition: Condition) -> bool:
    """One look, as most entries are nothing of it."""
    if any(value_set(name).match(condition.code) for name in (_PALSIES, *_DISEASES.values(), _FACTORS)):
        return True
    return any(_any_word().search(clause) for words in condition.code.words for clause in clauses(words))


@cache
def _any_word() -> re.Pattern[str]:
    return first_look(*(term for name in ("facial_palsy", *_DISEASES.values()) for term in _terms(name)))


def _movement(condition: Condition) -> str:
    """Another movement of the face, as the gate reads it (0.5)."""
    if not mentioned({coding.code.strip().upper() for coding in condition.code.codings}, condition.code.words):
        return ""
    means = meaning(condition, minor=False)
    if means is not None and means.kind == "post-paralytic":
        return "synkinesis"
    return means.reason if means is not None and means.reason in _MOVEMENTS else ""


def _is_earlier_palsy(condition: Condition, twitching: FacialTwitching) -> bool:
    """A palsy of the facial nerve before the twitching, healed or not: what follows it may be synkinesis (6, row 10).

    One that came later is a red flag; one of the other side explains nothing. Where the gate knows of synkinesis, it is
    no news.
    """
    if twitching.kind == "post-paralytic" or not _is_palsy(condition):
        return False
    on, onset, side = condition.onset or condition.recorded, twitching.onset, body_side(condition)
    is_before = on is None or onset is None or on.earliest <= onset.latest
    return is_before and not (side in _ONE_SIDE and twitching.side in _ONE_SIDE and side != twitching.side)


def _is_palsy(condition: Condition) -> bool:
    if value_set("stroke").match(condition.code) or _says(condition, "central_palsy"):
        return False
    row = value_set(_PALSIES).match(condition.code)
    if row is not None:
        return row["code"] not in table("coexisting_conditions")["codes"]["no_palsy"]
    return _says(condition, "facial_palsy")


def _evidence(condition: Condition) -> Evidence:
    on = condition.onset or condition.recorded
    called = label(condition.code, *SETS, *_DISEASES.values(), _PALSIES, _FACTORS)
    return Evidence(condition.reference, on.written if on else "", called)


def _goes_on_in_sleep(record: PatientRecord, twitching: FacialTwitching) -> bool:
    """Whether the entries about the twitching say so (6, row 9)."""
    own = [c for c in record.conditions if c.reference in twitching.conditions]
    said = [text for c in own for text in (*c.code.words, *c.notes)]
    found = [m for text in said for m in mentions(text, _words("in_sleep")) if m.standing in ("asserted", "suspected")]
    return any(not _words("not_in_sleep").search(mention.clause) for mention in found)


def _says(condition: Condition, words: str) -> bool:
    return any(asserts(text, _words(words)) for text in condition.code.words)


@cache
def _words(name: str) -> re.Pattern[str]:
    return any_of(*_terms(name))


def _terms(name: str) -> list[str]:
    """Those of the red flags where the disease is one (`red_flags.toml`)."""
    flag = table("red_flags")["flags"].get(name.replace("_", "-"), {})
    return list(flag.get("terms") or table("coexisting_conditions")["words"][name])
