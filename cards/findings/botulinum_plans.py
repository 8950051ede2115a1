"""What is arranged for botulinum toxin, and what was decided against it (clinical_rules.md 2.5).

Only what serves the face counts: a bladder or migraine appointment is no plan for the spasm. An active order that is
older than the last injection was answered by it, unless it names a day still to come; one older than a year, or whose
day has passed, has lapsed.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple

from cards.findings.botulinum_entries import injected, only_talks, said_by
from cards.findings.botulinum_products import mentions_toxin, named, product_of, product_used, words
from cards.findings.botulinum_purpose import Said, purpose_of
from cards.findings.clinical_text import asserts, fold
from cards.findings.condition_status import is_usable
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Appointment, Concept, MedicationUse, Order, PartialDate, PatientRecord, Period, Procedure

_BOOKED: Final = frozenset({"proposed", "pending", "booked", "waitlist", "arrived", "checked-in"})
_OPEN: Final[Mapping[str, frozenset[str]]] = {
    "order": frozenset({"active"}),
    "task": frozenset({"requested", "received", "accepted", "ready", "in-progress"}),
}
_ENDED: Final = frozenset({"stopped", "cancelled", "not-taken", "not-done", "completed"})
_REVOKED: Final = frozenset({"revoked", "cancelled", "rejected", "failed"})


class Plan(NamedTuple):
    """`on` is the day or stretch it is for, None where none is named; `written` that day as the record has it."""

    kind: Literal["appointment", "order"]
    on: Period | None
    evidence: Evidence

    def is_before(self, day: date) -> bool:
        """Whether all of it lies before this day; a stretch that reaches the day doesn't."""
        end = _end(self.on)
        return end is not None and end < day


class Decision(NamedTuple):
    """Treatment ended or refused on purpose; `on` None where the record does not say when."""

    on: PartialDate | None
    evidence: Evidence


def plans(record: PatientRecord, today: date, limits: Mapping[str, float], last: date | None) -> tuple[Plan, ...]:
    """What is arranged for today or later. `last` is the last injection's day. Limit used: `botulinum_order_days`."""
    problems = {condition.reference: condition.code for condition in record.conditions}
    found = [*_appointments(record, today), *_orders(record, problems, today, limits, last)]
    return tuple(sorted(found, key=lambda plan: _end(plan.on) or date.max))


def _end(on: Period | None) -> date | None:
    return on.end.latest if on and on.end else None


def _appointments(record: PatientRecord, today: date) -> Iterator[Plan]:
    for appointment in record.appointments:
        plan = planned_visit(appointment, today) if appointment.status in _BOOKED else None
        if plan is not None:
            yield plan


def planned_visit(appointment: Appointment, today: date) -> Plan | None:
    """What this visit plans for today or later, whatever its status; None where it is about something else."""
    on = Period(appointment.start, appointment.start) if appointment.start else appointment.requested
    if not is_about_toxin(appointment) or (_end(on) or today) < today:
        return None
    start = on.start if on else None
    evidence = Evidence(appointment.reference, start.written if start else "", _label(appointment))
    # A visit to talk, or to see the effect, is arranged but cannot be too early.
    talks = only_talks(*appointment.about, Concept((), appointment.description))
    return Plan("appointment", None if talks else on, evidence)


def is_about_toxin(appointment: Appointment) -> bool:
    """Whether a visit is for botulinum toxin, and not for another part of the body."""
    texts = [fold(t) for t in (*(w for about in appointment.about for w in about.words), appointment.description)]
    coded = any(value_set("chemodenervation").match(about) or product_of(about) for about in appointment.about)
    is_clinic = not any(words()["other_injection"].search(text) for text in texts)
    is_named = any(mentions_toxin(t) or (is_clinic and asserts(t, words()["injection_clinic"])) for t in texts)
    said = Said(names=appointment.about, texts=(appointment.description,))
    return (coded or is_named) and purpose_of(said) != "other"


def _label(appointment: Appointment) -> str:
    return appointment.description or next((named(about) for about in appointment.about if about), "")


def _orders(
    record: PatientRecord, problems: Mapping[str, Concept], today: date, limits: Mapping[str, float], last: date | None
) -> Iterator[Plan]:
    stands = _Standing(today, last, limits["botulinum_order_days"])
    for order in record.orders:
        wanted = order.status in _OPEN[order.kind] and not order.do_not_perform
        is_open = wanted and _orders_toxin(order) and stands.holds(order.authored, order.occurrence)
        if is_open and purpose_of(_said_by_order(order, problems)) != "other":
            # The period of a task is the time to do the task in, not the day of an injection.
            on = None if order.kind == "task" or only_talks(order.code) else order.occurrence
            yield Plan("order", on, _evidence(order.reference, order.authored, order.code))
    for use in record.medications:
        wanted = use.kind == "request" and use.status == "active" and use.intent not in ("proposal", "option")
        stood = wanted and product_used(use) and stands.holds(use.authored, use.validity)
        if stood and purpose_of(said_by(use, problems)) != "other":
            # The validity of a prescription says how long it may be used, not when.
            yield Plan("order", None, _evidence(use.reference, use.authored, use.medication))


def _said_by_order(order: Order | Procedure, problems: Mapping[str, Concept]) -> Said:
    """What an order, or a procedure that was not done, says of its purpose."""
    return Said(
        reasons=(*order.reasons, *(problems[r] for r in order.reason_references if r in problems)),
        names=(order.code,),
        notes=order.notes,
    )


class _Standing(NamedTuple):
    """Whether an order still stands for a coming injection."""

    today: date
    last: date | None
    order_days: float

    def holds(self, authored: PartialDate | None, when: Period | None) -> bool:
        end = _end(when)
        if end is not None:
            return end >= self.today
        if when is not None and when.start is not None and when.start.earliest >= self.today:
            return True
        if authored is None:
            return True
        is_recent = (self.today - authored.latest).days <= self.order_days
        return is_recent and (self.last is None or authored.latest >= self.last)


def _orders_toxin(order: Order) -> bool:
    return injected(order.code) is not None or any(mentions_toxin(word) for word in (*order.code.words, *order.notes))


def _evidence(reference: str, on: PartialDate | None, concept: Concept) -> Evidence:
    return Evidence(reference, on.written if on else "", named(concept))


def decision_against(
    record: PatientRecord, today: date, limits: Mapping[str, float], last: date | None
) -> Decision | None:
    """A recorded decision to stop or refuse botulinum toxin that no later injection has undone.

    An undated one stands; a dated one for `botulinum_decision_days`, after which the question may be put again.
    """
    for decision in _decisions(record):
        on = decision.on
        if on is None:
            return decision
        is_recent = on.earliest <= today and (today - on.latest).days <= limits["botulinum_decision_days"]
        if is_recent and (last is None or on.latest >= last):
            return decision
    return None


def _decisions(record: PatientRecord) -> Iterator[Decision]:
    """Those for the face, or for no recorded reason: to stop it for migraine says nothing of the spasm."""
    problems = {condition.reference: condition.code for condition in record.conditions}
    for use in record.medications:
        ended = use.status in _ENDED and _is_decision(*use.status_reasons) and product_used(use)
        if ended and purpose_of(said_by(use, problems)) != "other":
            yield Decision(_latest_day(use), _evidence(use.reference, _latest_day(use), use.medication))
    for procedure in record.procedures:
        refused = (
            procedure.status in _ENDED and procedure.status != "completed" and _is_decision(*procedure.status_reasons)
        )
        if refused and injected(procedure.code) and purpose_of(_said_by_order(procedure, problems)) != "other":
            yield Decision(procedure.performed, _evidence(procedure.reference, procedure.performed, procedure.code))
    for order in record.orders:
        against = order.do_not_perform and order.status in ("active", "completed", "on-hold")
        revoked = order.status in _REVOKED and _is_decision(*order.status_reasons)
        stopped = (against or revoked) and _orders_toxin(order)
        if stopped and purpose_of(_said_by_order(order, problems)) != "other":
            yield Decision(order.authored, _evidence(order.reference, order.authored, order.code))
    for condition in record.conditions:
        # "Medication refused" says nothing of which medicine unless its words do.
        about = (*condition.code.words, *condition.notes)
        refusal = value_set("not_done").match(condition.code) if is_usable(condition) else None
        if refusal and any(mentions_toxin(text) for text in about):
            on = condition.recorded or condition.onset
            yield Decision(on, _evidence(condition.reference, on, condition.code))


def _is_decision(*reasons: Concept) -> bool:
    coded = any(value_set("not_done").match(reason) for reason in reasons)
    said = [fold(word) for reason in reasons for word in reason.words]
    decided = any(words()["decision"].search(text) for text in said)
    return coded or (decided and not any(words()["only_put_off"].search(text) for text in said))


def _latest_day(use: MedicationUse) -> PartialDate | None:
    """The latest day the entry names: when it ended, was meant, was asserted or was written."""
    course = (use.course.end or use.course.start,) if use.course else ()
    days = [day for day in (*course, use.given, use.asserted, use.authored) if day is not None]
    return max(days, key=lambda day: day.latest) if days else None
