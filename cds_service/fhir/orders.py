"""What was asked for: ServiceRequest, its forerunners (ProcedureRequest, DiagnosticOrder, ReferralRequest …), Task."""

from typing import Any, Final

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import (
    Resource,
    concept,
    concepts,
    each,
    first_concept,
    flag,
    notes,
    one,
    status_word,
    word,
)
from cds_service.record import Concept, Order, PartialDate, Period

# The request status of R4 by those of DSTU2 and STU3. A Task keeps its own: R4 and STU3 agree on it.
_R4_STATUS: Final = {
    **dict.fromkeys(("proposed", "planned"), "draft"),
    **dict.fromkeys(("requested", "received", "accepted", "in-progress", "review"), "active"),
    "suspended": "on-hold",
    **dict.fromkeys(("cancelled", "rejected", "aborted", "failed"), "revoked"),
}
_DATES: Final = ("occurrenceDateTime", "scheduledDateTime")
_PERIODS: Final = (
    "occurrencePeriod",
    "scheduledPeriod",
    "fulfillmentTime",
    "requestedPeriod",
    "executionPeriod",
)
_TIMINGS: Final = ("occurrenceTiming", "scheduledTiming")


def single_orders(resource: Resource) -> list[Resource]:
    """One resource for each thing asked for: a DiagnosticOrder holds several items, a ReferralRequest several
    services.
    """
    kind = resource.get("resourceType")
    if kind == "DiagnosticOrder":
        items = [item for item in each(resource, "item") if isinstance(item, dict)]
        return [
            {**resource, "code": i.get("code"), "status": i.get("status") or resource.get("status")} for i in items
        ] or [resource]
    if kind == "ReferralRequest":
        return [{**resource, "code": service} for service in each(resource, "serviceRequested")] or [
            {**resource, "code": one(resource, "type", "specialty")}
        ]
    return [resource]


def order(resource: Resource, reference: str, chart: Chart) -> Order:
    is_task = resource.get("resourceType") == "Task"
    reasons = chart.reasons(resource)
    status = status_word(resource, "status")
    return Order(
        reference=reference,
        kind="task" if is_task else "order",
        code=_code(resource),
        status=status if is_task else _R4_STATUS.get(status, status),
        status_reasons=(*concepts(resource, "statusReason"), *_status_reason_extension(resource)),
        intent=status_word(resource, "intent"),
        do_not_perform=flag(resource, "doNotPerform"),
        authored=_authored(resource, chart),
        occurrence=_occurrence(resource, chart),
        reasons=reasons.concepts,
        reason_references=reasons.references,
        notes=(*notes(resource), *notes(resource, "description"), *_details(resource)),
    )


def _code(resource: Resource) -> Concept:
    """A Task is often described in words alone, and so is a referral."""
    said = first_concept(resource, "code")
    return said if said.text else said._replace(text=word(resource, "description"))


def _details(resource: Resource) -> tuple[str, ...]:
    """How it is to be done, beyond what the code says: the protocol of an MRI, for one."""
    return tuple(word for detail in concepts(resource, "orderDetail") for word in detail.words)


def _authored(resource: Resource, chart: Chart) -> PartialDate | None:
    """DSTU2's DiagnosticOrder knows only events; the first is when it was asked for."""
    events = [d for event in each(resource, "event") if (d := chart.date(event, "dateTime")) is not None]
    return chart.date(resource, "authoredOn", "orderedOn", "dateSent", "date") or min(events, default=None)


def _occurrence(resource: Resource, chart: Chart) -> Period | None:
    day = chart.date(resource, *_DATES)
    if day is not None:
        return Period(day, day)
    timing: Any = one(resource, *_TIMINGS)
    restricted = chart.period(one(resource, "restriction"), "period")
    return restricted or chart.period(resource, *_PERIODS) or chart.stretch(timing)


def _status_reason_extension(resource: Resource) -> tuple[Concept, ...]:
    """R4's ServiceRequest has no statusReason of its own but a standard extension for it."""
    values = (
        concept(one(extension, "valueCodeableConcept"))
        for extension in each(resource, "extension", "modifierExtension")
        if word(extension, "url").casefold().endswith("request-statusreason")
    )
    return tuple(value for value in values if value)
