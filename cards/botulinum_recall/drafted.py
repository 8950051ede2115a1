"""The injections that are being ordered, as they would be once given: on their day, or today where none is named.

They are read by the same rules as those that were given, so orders for one day are one injection; and an order for what
was just given is no second one.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from cards.findings.botulinum_entries import injected
from cards.findings.botulinum_history import BotulinumHistory, Injection, history
from cards.findings.botulinum_products import product_used
from cards.findings.draft_orders import drafted_medicines, drafted_orders
from cds_service.advice import Evidence, Value, View
from cds_service.record import Drafts, MedicationUse, Order, PartialDate, PatientRecord, Period, Procedure

# How systems write that there is no end.
_OPEN_END: Final = date(9999, 1, 1)


class Drafted(NamedTuple):
    """One injection that is ordered. `day` is None where no draft names one."""

    injection: Injection
    day: date | None

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(evidence.reference for evidence in self.injection.evidence)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The drafts, with the day only where one of them names it."""
        if self.day is not None:
            return self.injection.evidence
        return tuple(evidence._replace(date="") for evidence in self.injection.evidence)

    @property
    def name(self) -> Value:
        return next((e.display for e in self.injection.evidence if e.display), self.injection.product.name)

    def is_before(self, earliest: date, today: date) -> bool:
        """Whether it would be given before this day, if it were given on its own, or today where it names none."""
        return (self.day or today) < earliest


def is_drafted(drafts: Drafts) -> bool:
    """Whether botulinum toxin is ordered at all."""
    return any(map(product_used, drafted_medicines(drafts))) or any(
        injected(order.code) for order in drafted_orders(drafts)
    )


def drafted(view: View, past: BotulinumHistory) -> tuple[Drafted, ...]:
    """The injections of the drafts, but for one that was given already."""
    drafts, today = view.record.drafts, view.today
    medicines = tuple((use, _day_of_medicine(use, today)) for use in drafted_medicines(drafts))
    orders = tuple((order, _last_of(order.occurrence)) for order in drafted_orders(drafts))
    record = PatientRecord(
        conditions=view.record.conditions,
        medications=tuple(_as_given(use, day or today) for use, day in medicines),
        procedures=tuple(_as_done(order, day or today) for order, day in orders),
    )
    named = {draft.reference: day for part in (medicines, orders) for draft, day in part if day is not None}
    would_be = history(record, max((today, *named.values())), view.limits).injections
    return tuple(
        Drafted(injection, injection.on.latest if any(e.reference in named for e in injection.evidence) else None)
        for injection in would_be
        if not _was_given(injection, past, view.limits)
    )


def _was_given(injection: Injection, past: BotulinumHistory, limits: Mapping[str, float]) -> bool:
    """Whether it is the last one on record, ordered or ordered again as it is written down."""
    last = past.last_injected
    if last is None or not last.on.is_exact:
        return False
    is_near = abs((injection.on.latest - last.on.latest).days) <= limits["botulinum_same_event_days"]
    products = {i.product for i in (injection, last) if i.product.is_known}
    return is_near and len(products) < 2


def _day_of_medicine(use: MedicationUse, today: date) -> date | None:
    """The last day that its dosages name; else the day from which a prescription holds, where that is to come."""
    days = [day for d in use.dosages if d.timing and (day := _last_of(d.timing.bounds))]
    start = _last_of(Period(use.validity.start)) if use.validity else None
    return max(days, default=start if start and start > today else None)


def _last_of(period: Period | None) -> date | None:
    """The last day of a stretch, or its first where it is open."""
    ends = (period.end, period.start) if period else ()
    return next((on.latest for on in ends if on and on.latest < _OPEN_END), None)


def _as_given(use: MedicationUse, day: date) -> MedicationUse:
    return use._replace(kind="administration", status="completed", given=_exactly(day), course=None)


def _as_done(order: Order, day: date) -> Procedure:
    return Procedure(
        order.reference,
        order.code,
        "completed",
        performed=_exactly(day),
        reasons=order.reasons,
        reason_references=order.reason_references,
        notes=order.notes,
    )


def _exactly(day: date) -> PartialDate:
    return PartialDate(day, day, day.isoformat())


def with_drafts(past: BotulinumHistory, ordered: tuple[Drafted, ...]) -> BotulinumHistory:
    """The history that there will be when all of this is given."""
    injections = sorted((*past.injections, *(one.injection for one in ordered)), key=_when)
    return past._replace(injections=tuple(injections))


def _when(injection: Injection) -> tuple[date, date]:
    return injection.on.latest, injection.on.earliest
