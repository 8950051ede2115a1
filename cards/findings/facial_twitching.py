"""The gate: does this record tell of one-sided facial twitching? (clinical_rules.md, section 0)

When   a diagnosis, or the reason of a medicine, tells of hemifacial spasm (T1; of both sides: T1b) or of twitching of
       the face (T2; T3 where nobody wrote down the side). Where none does, the reason of an order that is being signed.
Then   its kind, side, certainty and onset, with the entries that it rests on.
Unless the patient has died or the record is not active; the entry was entered in error, refuted, resolved, denied,
       or said of somebody else; or all that is told of is something else: blepharospasm, a tic, a seizure, tardive
       dyskinesia, synkinesis.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Literal, TypeAlias

from cards.findings.clinical_text import asserts
from cards.findings.condition_status import is_current
from cards.findings.twitching_meaning import ONE_SIDE
from cards.findings.twitching_signs import Sign, read_signs
from cards.findings.twitching_terms import TRIGEMINAL_NEURALGIA
from cards.value_sets import value_set
from cds_service.advice import FacialTwitching, Phrase, Side
from cds_service.record import Condition, PartialDate, Patient, PatientRecord

Kind: TypeAlias = Literal[
    "hemifacial-spasm", "bilateral", "possible", "undetermined", "post-paralytic", "mimic", "tardive", "none"
]
_FIRST_WINS: Final[tuple[Kind, ...]] = (
    "bilateral", "hemifacial-spasm", "possible", "undetermined", "post-paralytic", "tardive", "mimic", "none"
)  # fmt: skip
_MOVEMENT: Final[tuple[Kind, ...]] = ("bilateral", "hemifacial-spasm", "possible", "undetermined")


def notice(record: PatientRecord, limits: Mapping[str, float], today: date) -> FacialTwitching:
    """The gate's answer, and the first reason why there is or isn't facial twitching: a block `gate/…` of words.md."""
    if _has_died(record.patient, today):
        return FacialTwitching("none", Phrase("gate/deceased"))
    if not record.patient.active:
        return FacialTwitching("none", Phrase("gate/inactive-record"))
    signs, misses = read_signs(record, limits, today)
    # What goes on now decides; what is dormant only where nothing else does.
    signs = tuple(s for s in signs if not s.dormant) or signs
    if any(s.meaning.reason == "tic" for s in signs):
        signs = tuple(s for s in signs if _kind(s) != "undetermined" and not s.meaning.tic_like)
    if all(_kind(s) == "none" for s in signs):
        reasons = (*(Phrase("gate/both-sides", {"what": s.evidence.display}) for s in signs), *misses)
        return FacialTwitching("none", next(iter(reasons), Phrase("gate/no-twitching")))
    return _answer(signs, _neuralgia(record, limits, today))


def _has_died(patient: Patient, today: date) -> bool:
    return patient.deceased_on.earliest <= today if patient.deceased_on else patient.deceased


def _kind(sign: Sign) -> Kind:
    """The trigger class of one entry (0.2). Twitching of both sides without the name of hemifacial spasm is none."""
    kind, side = sign.meaning.kind, sign.meaning.side
    if kind == "hemifacial-spasm":
        return "bilateral" if side == "bilateral" else "hemifacial-spasm"
    if kind == "possible":
        return "possible" if side in ONE_SIDE else "undetermined" if side == "unknown" else "none"
    return kind


def _answer(signs: Sequence[Sign], with_neuralgia: bool) -> FacialTwitching:
    best = min(signs, key=lambda s: _FIRST_WINS.index(_kind(s)))
    kind = _kind(best)
    group = [s for s in signs if (_kind(s) in _MOVEMENT if kind in _MOVEMENT else _kind(s) == kind)]
    group.sort(key=lambda s: _FIRST_WINS.index(_kind(s)))
    sides = {s.meaning.side for s in group} - {"unknown", "unilateral"}
    reason = {"bilateral": "bilateral", "undetermined": "undetermined"}.get(kind, best.meaning.reason)
    of_draft = best.meaning.reason == "reason-of-draft"
    if not best.evidence.reference.startswith("Condition") and kind == "hemifacial-spasm" and not of_draft:
        reason = "reason-of-medicine"
    quality = [Phrase(f"quality/{q}", {"what": s.evidence.display}) for s in group for q in s.meaning.quality]
    if {"left", "right"} <= sides and not best.dormant:
        kind, reason = "bilateral", "two-sides"
    elif len(sides) > 1:
        quality.append(Phrase("quality/entries-disagree"))
    onset, is_recorded_date = _onset(group)
    return FacialTwitching(
        kind=kind,
        reason=Phrase(f"gate/{reason}", {"what": best.evidence.display}),
        side=_side(kind, best.meaning.side, sides),
        confirmed=any(s.confirmed for s in group if s.meaning.kind == best.meaning.kind),
        dormant=best.dormant,
        eyelid_only=kind in ("possible", "undetermined") and all(s.meaning.eyelid_only for s in group),
        onset=onset,
        onset_is_recorded_date=is_recorded_date,
        with_trigeminal_neuralgia=with_neuralgia or any(s.meaning.with_neuralgia for s in group),
        evidence=tuple(dict.fromkeys(s.evidence for s in group)),
        conditions=tuple(s.evidence.reference for s in group if s.evidence.reference.startswith("Condition")),
        quality=tuple(quality),
    )


def _side(kind: Kind, best: Side, named: set[Side]) -> Side:
    """The side that the entries agree on; "unilateral" at best where none names it."""
    if kind == "bilateral":
        return "bilateral"
    if len(named) > 1:
        return "unknown"
    return next(iter(named), best)


def _onset(group: Sequence[Sign]) -> tuple[PartialDate | None, bool]:
    """The earliest onset written down; without any, the earliest date of recording, and True."""
    onsets = [s.onset for s in group if s.onset]
    dates = onsets or [s.recorded for s in group if s.recorded]
    return min(dates, key=lambda d: (d.earliest, d.latest), default=None), bool(dates and not onsets)


def _neuralgia(record: PatientRecord, limits: Mapping[str, float], today: date) -> bool:
    """Trigeminal neuralgia besides: together with hemifacial spasm it is the "tic convulsif" [E6]."""
    return any(
        _is_neuralgia(condition) and is_current(condition, today, limits, record.conditions)
        for condition in record.conditions
    )


def _is_neuralgia(condition: Condition) -> bool:
    codes, words = value_set("trigeminal_neuralgia"), "\n".join(condition.code.words)
    return codes.match(condition.code) is not None or asserts(words, TRIGEMINAL_NEURALGIA)
