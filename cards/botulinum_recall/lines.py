"""The card's detail: what it noticed, what that rests on, what is not known (clinical_rules.md section 7, R2)."""

from collections.abc import Iterable, Iterator

from cards.botulinum_recall.case import Case, values_of
from cards.botulinum_recall.interval import is_too_vague
from cards.botulinum_recall.notices import Notice
from cards.findings.nerve_decompression import decompression
from cds_service.advice import Phrase, Value


def detail(case: Case, noticed: Iterable[Notice]) -> tuple[Phrase, ...]:
    """The findings' sentences, then the bullets."""
    return (*(notice.finding.sentence for notice in noticed), *background(case), *_questions(case, values_of(case)))


def background(case: Case) -> Iterator[Phrase]:
    """What it rests on, at whatever moment it is said."""
    values = values_of(case)
    yield from _trigger(case)
    yield from (Phrase(f"line/{block}", values) for block in (*_last(case), *_next(case), *_doses(case)))
    yield from _asides(case)


def _trigger(case: Case) -> Iterator[Phrase]:
    for evidence in case.view.twitching.evidence:
        dated = "trigger" if evidence.date else "trigger-undated"
        yield Phrase(f"line/{dated}", {"condition": evidence.display or evidence.reference, "date": evidence.date[:10]})


def _last(case: Case) -> Iterator[str]:
    last, any_last = case.recall.last, case.recall.any_last
    if last is not None:
        yield f"last-{last.source}"
        if last.span_days:
            yield "last-vague"
        if last.purpose == "assumed":
            yield "indication-assumed"
    if any_last is not None and any_last != last:
        yield "other-injection" if last is not None else "only-other-injection"
    if last is None and case.history.undated:
        yield "undated"


def _next(case: Case) -> Iterator[str]:
    if case.recall.earliest is not None:
        yield "earliest"
    elif case.recall.any_last is not None:
        yield "earliest-unknown"
    last = case.recall.last
    if last is not None and not is_too_vague(last, case.view.limits):
        yield f"product-{last.product.key}"


def _doses(case: Case) -> Iterator[str]:
    if case.recall.any_last is not None:
        yield "dose" if case.doses.units is not None else "dose-unknown"
    yield "units"


def _asides(case: Case) -> Iterator[Phrase]:
    """What else bears on it, each with its own values."""
    if case.recall.last is not None and case.history.undated:
        yield Phrase("line/undated-besides", {"entry": case.history.undated[0].display})
    if case.burden is not None:
        remark = case.burden.evidence
        yield Phrase(f"line/burden-{case.burden.kind}", {"entry": remark.display, "date": remark.date[:10] or "–"})
    for paused in case.history.on_hold[:1]:
        yield Phrase("line/on-hold", {"entry": paused.display})
    operation = decompression(case.view.record)
    if operation is not None:
        dated = "decompression" if operation.evidence.date else "decompression-undated"
        yield Phrase(f"line/{dated}", {"date": operation.evidence.date[:10]})
    for plan in case.plans:
        if plan != case.too_early:
            dated = "planned" if plan.evidence.date else "planned-undated"
            yield Phrase(f"line/{dated}", {"plan": plan.evidence.display, "date": plan.evidence.date[:10]})
    if case.view.twitching.dormant:
        yield Phrase("line/dormant")


def _questions(case: Case, values: dict[str, Value]) -> Iterator[Phrase]:
    if case.is_recalled and case.recall.state in ("overdue", "lapsed"):
        yield Phrase("line/questions", values)
