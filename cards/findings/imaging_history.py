"""Which magnetic resonance studies of the head are on file, and what they can show (clinical_rules.md 1.4).

`facial-nerve` is adequate for facial twitching (internal auditory canal, posterior fossa, cranial nerves, or brain
without and with contrast: 11, item 10), `brain` is not, `angiography` shows the vessels alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from cards.findings.clinical_text import fold
from cards.findings.labels import label
from cards.findings.months import is_since, may_be_since, months_before
from cards.findings.vocabulary import vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import Concept, Order, PartialDate, PatientRecord, Period

Shows = Literal["facial-nerve", "brain", "angiography"]
Relation = Literal["since", "perhaps-since", "before", "undated"]

_REPORTED = frozenset({"final", "amended", "corrected", "appended", "preliminary"})
_BEST_FIRST: tuple[Shows, ...] = ("facial-nerve", "brain", "angiography")


class Study(NamedTuple):
    """One study that was done. `awaited`: an order or a visit says so, but no report is on file yet."""

    shows: Shows
    on: PartialDate | None
    evidence: Evidence
    awaited: bool = False


def shows(concepts: Iterable[Concept], *texts: str) -> Shows | None:
    """The best that any of these codes shows, else what the words say; None for anything that is no such imaging."""
    concepts = tuple(concepts)
    coded = {found for found in map(_coded, concepts) if found}
    if not coded:
        coded = {found for text in (*(w for c in concepts for w in c.words), *texts) if (found := _worded(text))}
    return next((s for s in _BEST_FIRST if s in coded), None)


def _coded(concept: Concept) -> Shows | None:
    if value_set("mri_sufficient").match(concept):
        return "facial-nerve"
    known = {row["shows"] for coding in concept.codings if (row := value_set("imaging_adequacy").row(coding))}
    if value_set("mri_studies").match(concept):
        known.add("brain")
    if value_set("mra_studies").match(concept):
        known.add("angiography")
    return next((s for s in _BEST_FIRST if s in known), None)


def _worded(text: str) -> Shows | None:
    words = vocabulary("imaging_terms")
    label, vessels = words["angiography"].subn(" ", words["contrast"].sub(" ", fold(text)))
    sequence = words["sequence"].search(label)
    if sequence or words["mri"].search(label):
        if any(not words["left_out"].search(label[: m.start()]) for m in words["facial_nerve"].finditer(label)):
            return "facial-nerve"
        if words["brain"].search(label):
            return "facial-nerve" if sequence and not words["left_out"].search(label[: sequence.start()]) else "brain"
    return "angiography" if vessels else None


def studies(record: PatientRecord, today: date, limits: Mapping[str, float]) -> tuple[Study, ...]:
    """Every study done, the newest first, undated ones last; none of the future (a day of slack for time zones).

    Limits used: `imaging_report_awaited_months`, `imaging_date_slack_days`.
    """
    last = today + timedelta(days=limits["imaging_date_slack_days"])
    found = [s for s in _found(record, today, limits) if s.on is None or s.on.earliest <= last]
    return tuple(sorted(found, key=lambda s: s.on.latest if s.on else date.min, reverse=True))


def _found(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Iterator[Study]:
    ordered = {o.reference: o for o in record.orders if not o.do_not_perform}
    for report in record.reports:
        if report.status not in (_REPORTED if report.kind == "report" else {"available"}):
            continue
        asked = [ordered[r].code for r in report.based_on if r in ordered]
        found = shows([report.code]) or shows(asked)
        if found:
            called = name(report.code) or next((name(c) for c in asked), "")
            yield Study(found, report.performed, evidence(report.reference, report.performed, called))
    for procedure in record.procedures:
        found = shows([procedure.code]) if procedure.status == "completed" else None
        if found:
            yield Study(
                found, procedure.performed, evidence(procedure.reference, procedure.performed, name(procedure.code))
            )
    first = months_before(today, limits["imaging_report_awaited_months"])
    for order in record.orders:
        found = shows([order.code]) if order.status == "completed" and not order.do_not_perform else None
        if found and may_be_since(order_date(order), first):
            yield Study(
                found, order_date(order), evidence(order.reference, order_date(order), name(order.code)), awaited=True
            )
    for visit in record.appointments:
        found = shows(visit.about, visit.description) if visit.status == "fulfilled" else None
        if found and may_be_since(visit.start, first):
            called = next((name(c) for c in visit.about if c), visit.description)
            yield Study(found, visit.start, evidence(visit.reference, visit.start, called), awaited=True)


def name(concept: Concept) -> str:
    return label(concept, "mri_studies", "mra_studies", "imaging_adequacy")


def evidence(reference: str, on: PartialDate | None, called: str) -> Evidence:
    return Evidence(reference, on.written if on else "", called)


def order_date(order: Order) -> PartialDate | None:
    """When it is or was to be done, else when it was written."""
    return period_date(order.occurrence) or order.authored


def period_date(period: Period | None) -> PartialDate | None:
    return (period.start or period.end) if period else None


def relation_to_onset(study: Study, twitching: FacialTwitching, today: date, limits: Mapping[str, float]) -> Relation:
    """Where a study stands to the onset (clinical_rules.md 1.4 item 1; 11, items 7 and 8).

    With the onset unknown it counts as "since" when it is at most 24 months old (`imaging_lookback_months`), or was
    done after the recording.
    """
    if study.on is None:
        return "undated"
    onset = twitching.onset
    if onset is not None and may_be_since(study.on, onset.earliest):
        certain = is_since(study.on, onset.latest) or twitching.onset_is_recorded_date
        return "since" if certain else "perhaps-since"
    if onset is not None and not twitching.onset_is_recorded_date:
        return "before"
    return "since" if may_be_since(study.on, months_before(today, limits["imaging_lookback_months"])) else "before"
