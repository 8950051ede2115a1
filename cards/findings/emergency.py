"""A stroke, a seizure or facial weakness that is new today: for the emergency pathway (clinical_rules.md 5–9, R9; 11,
items 20 and 21).

What counts and how it is written stands in `emergency.toml`, the hours in `limits.toml`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from math import ceil
from typing import Final, Literal, NamedTuple, TypeAlias

from cards.findings.clinical_text import asserts, fold, standing
from cards.findings.condition_status import is_current
from cards.findings.labels import label
from cards.findings.vocabulary import any_of, table
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import ICD10CM, Concept, Condition, PartialDate, PatientRecord

Kind: TypeAlias = Literal["stroke", "seizure", "facial-weakness"]
_TWITCHING: Final = ("hemifacial-spasm", "bilateral", "possible", "undetermined")
_WEIGHTIEST_FIRST: Final[tuple[Kind, ...]] = ("stroke", "seizure", "facial-weakness")
_ICD10: Final = frozenset({ICD10CM, "http://hl7.org/fhir/sid/icd-10"})
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")


class Acute(NamedTuple):
    """A current entry of a stroke, a seizure or facial weakness that is new, or may be: the record does not tell.

    `since` is its onset, else the day of recording, with the time where one is written, or empty.
    """

    kind: Kind
    is_new: bool
    since: str
    evidence: Evidence


def emergencies(
    record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]
) -> tuple[Acute, ...]:
    """What is new today, the weightiest first. Only in a patient with facial twitching (T1–T3, of both sides too)."""
    return tuple(entry for entry in acute_entries(record, twitching, today, limits) if entry.is_new)


def acute_entries(
    record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]
) -> tuple[Acute, ...]:
    """What is new or may be, the weightiest first. Limits: `emergency_hours`, `emergency_slack_days`."""
    if twitching.kind not in _TWITCHING:
        return ()
    found = _entries(record, today, limits)
    return tuple(sorted(found, key=lambda entry: _WEIGHTIEST_FIRST.index(entry.kind)))


def _entries(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Iterator[Acute]:
    for condition in record.conditions:
        age = _age(condition, today, limits)
        kind = _kind(condition.code, today) if age != "old" else None
        if kind is not None and is_current(condition, today, limits, record.conditions):
            on = condition.onset or condition.recorded
            called = label(condition.code, *table("emergency")["kinds"][kind]["sets"])
            evidence = Evidence(condition.reference, on.written if on else "", called)
            yield Acute(kind, age == "new", _since(on), evidence)


def _age(condition: Condition, today: date, limits: Mapping[str, float]) -> Literal["new", "perhaps", "old"]:
    """The clock is a date: a time of yesterday may be within 24 hours and counts, a mere date of yesterday may or may
    not be (11, item 20).
    """
    on, last = condition.onset, today + timedelta(days=limits["emergency_slack_days"])
    yesterday = today - timedelta(days=ceil(limits["emergency_hours"] / 24))
    if on is not None and on.is_exact and on.latest <= last:
        if on.earliest >= today or (on.earliest >= yesterday and _has_time(on)):
            return "new"
        return "perhaps" if on.earliest >= yesterday else "old"
    noted = condition.recorded
    is_noted_now = noted is not None and noted.earliest >= today and noted.latest <= last
    is_vague = on is None or on.earliest <= today <= on.latest
    return "perhaps" if is_vague and is_noted_now else "old"


def _since(on: PartialDate | None) -> str:
    """To the minute where a time is written: for a stroke the hours count."""
    if on is None:
        return ""
    return on.written[:16].replace("T", " ") if _has_time(on) else on.written[:10]


def _has_time(on: PartialDate) -> bool:
    """Midnight is what many systems write for a day without a time."""
    return len(on.written) > 10 and not on.written[11:].startswith("00:00")


def _kind(code: Concept, today: date) -> Kind | None:
    """What this diagnosis is: by its code, else by its words. What is left of an old one is none, nor is a code whose
    text says that it is past, denied or somebody else's.
    """
    for kind in _WEIGHTIEST_FIRST:
        named = _coded(code, kind)
        if named is not None:
            taken_back = standing(code.text, _terms(kind)) in ("historical", "denied", "elsewhere")
            return None if taken_back or _is_late(kind, (named, *code.words), today) else kind
    for kind in _WEIGHTIEST_FIRST:
        said = any(standing(words, _terms(kind)) in ("asserted", "suspected") for words in code.words)
        if said and not _is_late(kind, code.words, today):
            return kind
    return None


def _coded(code: Concept, kind: Kind) -> str | None:
    """What the code is called that says so, or None."""
    about = table("emergency")["kinds"][kind]
    row = next((row for name in about["sets"] if (row := value_set(name).match(code))), None)
    if row is not None:
        return row["display"]
    codes = (c for c in code.codings if c.system in _ICD10)
    return next((c.display for c in codes if c.code.startswith(tuple(about["icd10"]))), None)


def _is_late(kind: Kind, texts: tuple[str, ...], today: date) -> bool:
    """Old by its words, or what is left of an old one. Words for something acute speak against it."""
    if any(_words("past", "acute").search(fold(text)) for text in texts):
        return False
    lists = ("past",) if kind == "seizure" else ("past", "late")
    if any(asserts(text, _words(name)) for text in texts for name in lists):
        return True
    years = [int(year) for text in texts for year in _YEAR.findall(text)]
    return bool(years) and max(years) < (today - timedelta(days=1)).year


@cache
def _terms(kind: Kind) -> re.Pattern[str]:
    about = table("red_flags")["flags"] if kind == "facial-weakness" else table("emergency")["kinds"]
    return any_of(*about[kind]["terms"])


@cache
def _words(name: str, which: str = "terms") -> re.Pattern[str]:
    return any_of(*table("emergency")[name][which])
