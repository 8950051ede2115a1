"""What there is to say of an order of botulinum toxin: its day, its dose, and what asks for care."""

from collections.abc import Iterator

from cards.botulinum_recall.case import Case, Earliest, earliest_visit, values_after, values_of
from cards.botulinum_recall.doses import doses
from cards.botulinum_recall.drafted import Drafted, with_drafts
from cards.botulinum_recall.notices import Notice, cautions_of
from cards.findings.days_in_text import days_in
from cds_service.advice import Finding, Listed, Value


def order_notices(case: Case, ordered: tuple[Drafted, ...]) -> tuple[Notice, ...]:
    """The weightiest first; empty where nothing speaks against any of them."""
    if not ordered:
        return ()
    together: dict[str, Value] = {**values_of(case), "draft": Listed(tuple(one.name for one in ordered))}
    found = (
        *(notice for one in ordered for notice in _day(case, one, together)),
        *_dose(case, ordered, together),
        *(_about(ordered, notice) for notice in cautions_of(case, together, "order-caution")),
    )
    return tuple(sorted(found, key=lambda notice: notice.weight))


def _about(ordered: tuple[Drafted, ...], notice: Notice) -> Notice:
    """The notice with the drafts in its evidence."""
    drafts = tuple(evidence for one in ordered for evidence in one.evidence)
    is_allergy = notice.finding.phrase == "finding/caution-hypersensitivity"
    return notice._replace(
        finding=notice.finding._replace(evidence=(*drafts, *notice.finding.evidence)),
        situation="order-hypersensitivity" if is_allergy else notice.situation,
    )


def _day(case: Case, one: Drafted, together: dict[str, Value]) -> Iterator[Notice]:
    view = case.view
    earliest = earliest_visit(case.history, case.recall, view.limits)
    if earliest is None or not one.is_before(earliest.day, view.today) or _is_put_off(case, one, earliest):
        return
    values = {**together, **values_after(earliest), "draft": one.name}
    evidence = (*one.evidence, *earliest.after.evidence)
    days_ahead = (earliest.day - view.today).days
    if one.day is None and days_ahead <= view.limits["planning_lead_days"]:
        finding = Finding("botulinum-window-opens", values, evidence, "finding/order-day-missing")
        yield Notice(finding, "order-day-missing", "info", 6)
        return
    phrase = "finding/order-too-early" if one.day else "finding/order-too-early-undated"
    finding = Finding("botulinum-ordered-too-early", {**values, "draft_date": one.day or ""}, evidence, phrase)
    yield Notice(finding, "order-too-early", "warning", 1)
    own, last = one.injection.product, earliest.after.product
    if own.is_known and last.is_known and own != last:
        mixed = Finding(
            "botulinum-two-products", {**values, "draft_product": own.name}, evidence, "finding/order-two-products"
        )
        yield Notice(mixed, "order-too-early", "warning", 2)


def _is_put_off(case: Case, one: Drafted, earliest: Earliest) -> bool:
    """Whether an order without a day is for the earliest date or later: by a visit that is booked, or by its note."""
    if one.day is not None:
        return False
    visits = (plan for plan in case.plans if plan.kind == "appointment" and plan.on is not None)
    is_booked = any(not plan.is_before(earliest.day) for plan in visits)
    return is_booked or any(day >= earliest.day for note in one.injection.remarks for day in days_in(note))


def _dose(case: Case, ordered: tuple[Drafted, ...], together: dict[str, Value]) -> Iterator[Notice]:
    """The sums with what is ordered, in the windows that end when the last of it is given."""
    until = max(case.view.today, *(one.injection.on.latest for one in ordered))
    sums = doses(with_drafts(case.history, ordered), case.view.limits, until)
    measured = [one for one in ordered if one.injection in sums.injections]
    if not measured:
        return
    values: dict[str, Value] = {
        **together,
        "draft": Listed(tuple(one.name for one in measured)),
        "draft_units": sum(one.injection.units or 0 for one in measured),
        "units": sums.units or 0,
        "facial_units": sums.facial_units or 0,
    }
    own = [evidence for one in measured for evidence in one.evidence]
    before = [e for i in sums.injections if i in case.history.injections for e in i.evidence]
    evidence = (*own, *before)
    if sums.is_too_much:
        finding = Finding("botulinum-dose", values, evidence, "finding/order-dose")
        yield Notice(finding, "order-dose", "warning", 3)
    elif sums.is_much_for_the_face and any(one.injection.is_for_the_face for one in measured):
        finding = Finding("botulinum-dose", values, evidence, "finding/order-facial-dose")
        yield Notice(finding, "order-facial-dose", "info", 7)
