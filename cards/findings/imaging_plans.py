"""What is planned, forbidden or refused of such imaging, and comfort care (clinical_rules.md 1.4 items 2, 3 and 5)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from cards.findings.clinical_text import asserts, fold
from cards.findings.condition_status import is_current, is_usable
from cards.findings.imaging_history import Shows, evidence, name, order_date, period_date, shows
from cards.findings.months import is_since, may_be_since, months_before
from cards.findings.vocabulary import vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Concept, PartialDate, PatientRecord

_OPEN_ORDER = frozenset(
    {
        "active",
        "on-hold",
        "draft",
        "proposed",
        "planned",
        "requested",
        "received",
        "accepted",
        "ready",
        "in-progress",
        "suspended",
    }
)
_OPEN_VISIT = frozenset({"proposed", "pending", "booked", "waitlist", "arrived", "checked-in"})
_VOID = frozenset({"entered-in-error", "revoked", "cancelled", "rejected", "unknown"})
_GIVEN_UP = frozenset({"not-done", "revoked", "cancelled", "rejected", "failed", "aborted", "stopped"})
_NERVE_OR_BRAIN = ("facial-nerve", "brain")


class Plan(NamedTuple):
    """An order, task or visit for imaging, or the note that there is to be none."""

    on: PartialDate | None
    evidence: Evidence
    shows: Shows = "facial-nerve"


def open_plans(record: PatientRecord, today: date, limits: Mapping[str, float]) -> tuple[Plan, ...]:
    """Orders, tasks and visits still open, dated at most 12 months ago (`imaging_order_months`) or in the future."""
    first = months_before(today, limits["imaging_order_months"])
    return tuple(plan for plan in _open(record) if may_be_since(plan.on, first))


def undated_plans(record: PatientRecord) -> tuple[Plan, ...]:
    """Open ones without any date: they are no evidence that something will happen, but worth a look."""
    return tuple(plan for plan in _open(record) if plan.on is None)


def _open(record: PatientRecord) -> Iterator[Plan]:
    for order in record.orders:
        found = shows([order.code]) if order.status in _OPEN_ORDER and not order.do_not_perform else None
        if found:
            on = _later(order.authored, period_date(order.occurrence))
            yield Plan(on, evidence(order.reference, on, name(order.code)), found)
    for visit in record.appointments:
        found = shows(visit.about, visit.description) if visit.status in _OPEN_VISIT else None
        if found:
            on = visit.start or period_date(visit.requested) or visit.created
            called = next((name(c) for c in visit.about if c), visit.description)
            yield Plan(on, evidence(visit.reference, on, called), found)


def _later(*dates: PartialDate | None) -> PartialDate | None:
    return max((d for d in dates if d), key=lambda d: d.latest, default=None)


def forbidden(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Plan | None:
    """The latest order that such imaging is *not* to be done (`doNotPerform`), for `imaging_order_months`."""
    first = months_before(today, limits["imaging_order_months"])
    found = [
        Plan(order.authored or order_date(order), evidence(order.reference, order.authored, name(order.code)))
        for order in record.orders
        if order.do_not_perform and order.status not in _VOID and shows([order.code]) in _NERVE_OR_BRAIN
    ]
    return _latest(plan for plan in found if may_be_since(plan.on, first) and plan.on and plan.on.earliest <= today)


def refused(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Plan | None:
    """The latest refusal or contraindication of such imaging, for 12 months (`imaging_refusal_months`).

    It may be a procedure that was not done or an order that was given up, with the reason coded or written; or a
    situation recorded as a condition, a procedure or an observation ("procedure refused") that names the MRI.
    """
    first = months_before(today, limits["imaging_refusal_months"])
    return _latest(
        plan for plan in _refusals(record) if may_be_since(plan.on, first) and plan.on and plan.on.earliest <= today
    )


def _latest(plans: Iterable[Plan]) -> Plan | None:
    return max(plans, key=lambda plan: plan.on.latest if plan.on else date.min, default=None)


def _refusals(record: PatientRecord) -> Iterator[Plan]:
    for procedure in record.procedures:
        said = (*procedure.code.words, *procedure.notes)
        situation = _is_refusal(procedure.code) and procedure.status != "entered-in-error" and _names_mri(said)
        not_done = procedure.status in _GIVEN_UP and shows([procedure.code]) in _NERVE_OR_BRAIN
        if situation or (not_done and _why_not(procedure.status_reasons, procedure.notes)):
            yield Plan(procedure.performed, evidence(procedure.reference, procedure.performed, name(procedure.code)))
    for order in record.orders:
        given_up = order.status in _GIVEN_UP and shows([order.code]) in _NERVE_OR_BRAIN
        if given_up and _why_not(order.status_reasons, order.notes):
            on = order.authored or order_date(order)
            yield Plan(on, evidence(order.reference, on, name(order.code)))
    for condition in record.conditions:
        if (
            is_usable(condition)
            and _is_refusal(condition.code)
            and _names_mri((*condition.code.words, *condition.notes))
        ):
            on = condition.onset or condition.recorded
            yield Plan(on, evidence(condition.reference, on, condition.code.label))
    for observation in record.observations:
        said = (*observation.code.words, *observation.value_concept.words, observation.value_words, *observation.notes)
        refusal = _is_refusal(observation.code) or _is_refusal(observation.value_concept)
        if refusal and observation.status not in ("entered-in-error", "cancelled") and _names_mri(said):
            on = observation.effective
            yield Plan(on, evidence(observation.reference, on, observation.code.label))


def _is_refusal(concept: Concept) -> bool:
    return value_set("imaging_refused").match(concept) is not None


def _why_not(reasons: tuple[Concept, ...], notes: tuple[str, ...]) -> bool:
    if any(_is_refusal(reason) for reason in reasons):
        return True
    other = value_set("not_done")  # codes that say what else was refused: a medicine, not the scan
    said = (*(w for reason in reasons if not other.match(reason) for w in reason.words), *notes)
    return any(asserts(words, vocabulary("imaging_terms")["refused"]) for words in said)


def _names_mri(texts: Iterable[str]) -> bool:
    return any(vocabulary("imaging_terms")["mri"].search(fold(text)) for text in texts)


def comfort_care(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Evidence | None:
    """A current entry of hospice, palliative or comfort care (clinical_rules.md 1.4 item 5 [K])."""
    first = months_before(today, limits["imaging_order_months"])
    for condition in record.conditions:
        if _is_comfort(condition.code) and is_current(condition, today, limits, record.conditions):
            return evidence(condition.reference, condition.onset or condition.recorded, condition.code.label)
    for order in record.orders:
        if order.status == "active" and not order.do_not_perform and _is_comfort(order.code):
            return evidence(order.reference, order_date(order), name(order.code))
    for procedure in record.procedures:
        if (
            procedure.status in ("in-progress", "completed")
            and _is_comfort(procedure.code)
            and is_since(procedure.performed, first)
        ):
            return evidence(procedure.reference, procedure.performed, name(procedure.code))
    return None


def _is_comfort(concept: Concept) -> bool:
    if value_set("comfort_care").match(concept):
        return True
    return any(asserts(words, vocabulary("imaging_terms")["comfort_care"]) for words in concept.words)
