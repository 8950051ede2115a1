"""What there is to say of an MRI of the head that is being signed, and what can be changed of it."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from cards.findings.clinical_text import fold
from cards.findings.draft_changes import amendments, removals
from cards.findings.imaging_history import Study, name, shows
from cards.findings.imaging_plans import Plan, open_plans
from cards.findings.vocabulary import vocabulary
from cards.mri_workup.case import Case, labels, shown
from cards.mri_workup.noticed import safety_findings
from cards.mri_workup.proposals import safety_screening
from cds_service.advice import Evidence, Finding, Indicator, Phrase, Suggestion, Value
from cds_service.record import Order

Situation: TypeAlias = Literal["order-safety", "order-duplicate", "order-on-file", "order-brain", "order-sequences"]
_WEIGHTIEST_FIRST: Final[tuple[Situation, ...]] = (
    "order-safety",
    "order-duplicate",
    "order-on-file",
    "order-brain",
    "order-sequences",
)
_WARNINGS: Final = ("order-safety", "order-duplicate")


class Notice(NamedTuple):
    """One finding about one draft, and the situation that it makes when it is the weightiest."""

    finding: Finding
    situation: Situation
    draft: Order

    @property
    def weight(self) -> int:
        return _WEIGHTIEST_FIRST.index(self.situation)

    @property
    def indicator(self) -> Indicator:
        return "warning" if self.situation in _WARNINGS else "info"


def order_notices(case: Case, orders: tuple[Order, ...], adequate: Study | None) -> tuple[Notice, ...]:
    """Draft by draft. `adequate` is the study on file because of which no other is needed."""
    return tuple(
        notice
        for order in orders
        for notice in (*_safety(case, order), *_needless_or_lacking(case, order, orders, adequate))
    )


def _safety(case: Case, order: Order) -> Iterator[Notice]:
    for finding, concern in zip(safety_findings(case), case.concerns, strict=True):
        values = {**_values(case, order), **finding.values, "device": labels()["device"][concern.kind]}
        evidence = (_evidence(order), *finding.evidence)
        yield Notice(finding._replace(values=values, evidence=evidence), "order-safety", order)


def _needless_or_lacking(
    case: Case, order: Order, orders: tuple[Order, ...], adequate: Study | None
) -> Iterator[Notice]:
    wanted = shows([order.code])
    view = case.view
    plans = tuple(p for p in open_plans(view.record, view.today, view.limits) if not _is_answered(p, adequate))
    same = next((plan for plan in plans if plan.shows == wanted), None)
    if same is not None:
        yield _notice(case, order, "order-duplicate", "mri-order-duplicate", same.evidence)
    elif wanted == "facial-nerve" and adequate is not None:
        yield _notice(case, order, "order-on-file", "mri-review-existing", adequate.evidence)
    elif wanted == "facial-nerve" and not _names_sequence(order):
        yield _notice(case, order, "order-sequences", "mri-order-incomplete")
    elif wanted == "brain" and not (_names_sequence(order) or adequate or _is_shown_besides(plans, orders)):
        yield _notice(case, order, "order-brain", "mri-order-incomplete")


def _is_answered(plan: Plan, adequate: Study | None) -> bool:
    """Whether the study on file is what this order, still open, once asked for."""
    if adequate is None or adequate.on is None or plan.on is None:
        return False
    return adequate.on.latest >= plan.on.earliest


def _is_shown_besides(plans: tuple[Plan, ...], orders: tuple[Order, ...]) -> bool:
    """Whether another order, standing or being signed, will show the nerve."""
    return any(plan.shows == "facial-nerve" for plan in plans) or any(
        shows([order.code]) == "facial-nerve" for order in orders
    )


def _names_sequence(order: Order) -> bool:
    return any(vocabulary("imaging_terms")["sequence"].search(fold(text)) for text in (*order.code.words, *order.notes))


def _notice(case: Case, order: Order, situation: Situation, code: str, *besides: Evidence) -> Notice:
    values = {**_values(case, order), **(shown(besides[0]) if besides else {})}
    return Notice(Finding(code, values, (_evidence(order), *besides), f"finding/{situation}"), situation, order)


def _values(case: Case, order: Order) -> dict[str, Value]:
    return {"draft": name(order.code), "side": labels()["side"][case.view.twitching.side]}


def _evidence(order: Order) -> Evidence:
    return Evidence(order.reference, order.authored.written if order.authored else "", name(order.code))


def order_suggestions(case: Case, noticed: tuple[Notice, ...]) -> tuple[Suggestion, ...]:
    """Screening first; then, order by order, leaving it out or the note that it lacks."""
    found: list[Suggestion] = []
    if case.concerns:
        safety = {**noticed[0].finding.values, "what": case.concerns[0].evidence.display}
        found.append(safety_screening(case.view, safety, device=True, urgent=False))
    drafts = case.view.record.drafts
    for notice in noticed:
        values, reference = notice.finding.values, notice.draft.reference
        if notice.situation in ("order-duplicate", "order-on-file"):
            gone = removals((reference,), drafts, values)
            found += [Suggestion(Phrase("suggest/leave-out", values), gone)] if gone else []
        elif notice.situation != "order-safety":
            notes = amendments((reference,), drafts, "add-sequences", values)
            found += [Suggestion(Phrase("suggest/add-sequences", values), notes)] if notes else []
    return tuple(found)
