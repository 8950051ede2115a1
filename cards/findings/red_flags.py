"""What speaks for a lesion behind the spasm: hard and soft red flags (clinical_rules.md 1.3, and 11, items 6 and 16).

What a flag is called, how much it weighs and how it is written stands in `red_flags.toml`, its codes in
`value_sets/red_flags.csv`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from cards.findings.clinical_text import clauses, fold, standing
from cards.findings.condition_status import is_current, is_usable
from cards.findings.labels import label
from cards.findings.months import may_be_since, months_before, years_between
from cards.findings.vocabulary import any_of, first_look, table, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching, Name, Side
from cds_service.record import Concept, Condition, PartialDate, PatientRecord

_CODES = "red_flags"
_WEAKNESS, _INJURY = "facial-weakness", "head-injury"


class RedFlag(NamedTuple):
    """One flag; `on` is its onset, else its recording, `side` where the entry tells it."""

    kind: str
    hard: bool
    label: Name
    on: PartialDate | None
    evidence: tuple[Evidence, ...]
    side: Side = "unknown"


class RedFlags(NamedTuple):
    """All that count, of each kind the latest. `raised`: a hard one, or as many soft ones as the limit says."""

    hard: tuple[RedFlag, ...] = ()
    soft: tuple[RedFlag, ...] = ()
    raised: bool = False


def red_flags(record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]) -> RedFlags:
    """The red flags of this patient with this twitching.

    Symptoms count from 12 months before the onset of the twitching (the date of recording stands in for it), or undated
    and active; tumours, neurofibromatosis 2 and multiple sclerosis at any date while active. Limits used:
    `flag_window_months`, `facial_weakness_days`, `child_onset_years`, `young_onset_years`, `soft_flags_that_raise`.
    """
    found: dict[str, RedFlag] = {}
    for flag in (*_of_conditions(record, twitching, today, limits), *_of_twitching(record, twitching, today, limits)):
        before = found.get(flag.kind)
        if before is None or _order(flag) > _order(before):
            found[flag.kind] = flag
    hard = tuple(f for f in found.values() if f.hard)
    soft = tuple(f for f in found.values() if not f.hard)
    return RedFlags(hard, soft, bool(hard) or len(soft) >= limits["soft_flags_that_raise"])


def _order(flag: RedFlag) -> date:
    return flag.on.latest if flag.on else date.min


def _flag(kind: str, on: PartialDate | None, evidence: tuple[Evidence, ...], side: Side = "unknown") -> RedFlag:
    about = table("red_flags")["flags"][kind]
    return RedFlag(kind, about["hard"], Name(about["label"]), on, evidence, side)


def _noted(condition: Condition) -> PartialDate | None:
    return condition.onset or condition.recorded


def _of_conditions(
    record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]
) -> Iterator[RedFlag]:
    onset = twitching.onset
    first = months_before(onset.earliest, limits["flag_window_months"]) if onset else None
    for condition in record.conditions:
        if condition.reference in twitching.conditions or not is_usable(condition):
            continue
        kind, needs = _kind(condition.code)
        if not kind:
            continue
        on, side = _noted(condition), body_side(condition)
        current = is_current(condition, today, limits, record.conditions)
        if kind == _INJURY:
            counts = _before_onset(on, onset, first) or (on is None and current)
        elif table("red_flags")["flags"][kind].get("ever"):
            counts = current
        else:
            counts = current and (on is None or first is None or may_be_since(on, first))
        if kind == _WEAKNESS:
            counts = counts and _lasts(on, twitching, today, limits["facial_weakness_days"])
        if needs == "dated":
            counts = counts and may_be_since(on, first or months_before(today, limits["flag_window_months"]))
        if needs == "face":
            counts = counts and _on_face(condition)
        if needs == "one-side" and side == "unknown":
            kind = "hearing-change"
        elif needs == "one-side" and side == "bilateral":
            continue
        if counts:
            written = on.written if on else ""
            yield _flag(kind, on, (Evidence(condition.reference, written, _label(condition.code, kind)),), side)


def _kind(code: Concept) -> tuple[str, str]:
    """The flag that this diagnosis is, and what it needs besides; empty for none. Codes first, else words."""
    row = value_set(_CODES).match(code)
    if row:
        return row["flag"], row["needs"]
    if value_set("stroke").match(
        code
    ):  # weakness or dysphagia after a stroke has its explanation; a new stroke has its own card
        return "", ""
    flags: Mapping[str, dict[str, Any]] = table("red_flags")["flags"]
    for kind, about in flags.items():
        if any(value_set(name).match(code) for name in about.get("sets", ())):
            return kind, ""
    if not any(_any_term().search(clause) for words in code.words for clause in clauses(words)):
        return "", ""
    for kind, about in flags.items():
        meant = {standing(words, _terms(kind)) for words in code.words} if "terms" in about else set()
        if meant & {"asserted", "suspected"} or ("historical" in meant and (about.get("ever") or kind == _INJURY)):
            return ("", "") if _is_something_else(code) else (kind, about.get("needs", ""))
    return "", ""


def _label(code: Concept, kind: str) -> str:
    return label(code, _CODES, *table("red_flags")["flags"][kind].get("sets", ()))


@cache
def _any_term() -> Any:
    """One look, as most diagnoses are no flag."""
    return first_look(*(term for about in table("red_flags")["flags"].values() for term in about.get("terms", ())))


@cache
def _terms(kind: str) -> Any:
    return any_of(*table("red_flags")["flags"][kind]["terms"])


def _is_something_else(code: Concept) -> bool:
    """Hearing loss of the middle ear says nothing of the nerve, nor a gullet or a spine of the brain stem."""
    patterns = (vocabulary("red_flags")[name] for name in ("conductive", "elsewhere"))
    return any(standing(words, pattern) for pattern in patterns for words in code.words)


def _before_onset(on: PartialDate | None, onset: PartialDate | None, first: date | None) -> bool:
    return (
        on is not None
        and onset is not None
        and first is not None
        and on.earliest <= onset.latest
        and on.latest >= first
    )


def _lasts(on: PartialDate | None, twitching: FacialTwitching, today: date, days: float) -> bool:
    """Weakness that began after the twitching, or has lasted. After a known palsy only the former is news."""
    after = on is not None and twitching.onset is not None and on.earliest > twitching.onset.latest
    if twitching.kind == "post-paralytic":
        return after
    return after or on is None or (today - on.latest).days >= days


def _on_face(condition: Condition) -> bool:
    if any(value_set("facial_site").match(site) for site in condition.body_sites):
        return True
    words = (*condition.code.words, *(w for site in condition.body_sites for w in site.words))
    return any(standing(text, vocabulary("red_flags")["face"]) == "asserted" for text in words)


def body_side(condition: Condition) -> Side:
    """The side that its code, body site or words tell; left and right together are both sides."""
    row = value_set(_CODES).match(condition.code)
    sites = (*condition.body_sites, *condition.laterality)
    words = fold(
        " ; ".join((row["display"] if row else "", *condition.code.words, *(w for s in sites for w in s.words)))
    )
    sides: list[Side] = ["left", "right", "bilateral", "unilateral"]
    named = ("side_left", "side_right", "side_both", "side_one")
    sets = ("side_left", "side_right", "side_bilateral", "side_unilateral")
    told = {
        side
        for side, name, codes in zip(sides, named, sets, strict=True)
        if vocabulary("red_flags")[name].search(words) or any(value_set(codes).match(site) for site in sites)
    }
    if "bilateral" in told or {"left", "right"} <= told:
        return "bilateral"
    return next((side for side in sides if side in told), "unknown")


def _of_twitching(
    record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]
) -> Iterator[RedFlag]:
    """What the twitching itself says: its onset, its sides, where it began."""
    born, onset = record.patient.born, twitching.onset
    if born is not None:
        age = years_between(born.earliest, min(onset.latest, today) if onset else today)
        evidence = (Evidence(f"Patient/{record.patient.id}", born.written, ""),) if record.patient.id else ()
        if age < limits["child_onset_years"]:
            yield _flag("child-onset", onset, evidence + twitching.evidence)
        elif age < limits["young_onset_years"]:
            yield _flag("young-onset", onset, evidence + twitching.evidence)
    if twitching.side == "bilateral":
        yield _flag("bilateral", onset, twitching.evidence)
    own = [c for c in record.conditions if c.reference in twitching.conditions]
    told = [words for c in own for words in (*c.code.words, *c.notes)]
    if any(standing(words, vocabulary("red_flags")["lower_face_start"]) == "asserted" for words in told):
        yield _flag("lower-face-start", onset, twitching.evidence)
    if twitching.with_trigeminal_neuralgia:
        yield _flag("trigeminal-neuralgia", None, twitching.evidence)
