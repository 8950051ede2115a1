"""Proposals in R5: R4's, with concepts and references joined (CodeableReference) and a few elements that moved."""

from cds_service.advice import AppointmentProposal, OrderProposal, TaskProposal
from cds_service.fhir import writing_r4
from cds_service.fhir.writing_elements import About, Json, period, present, references


def _referring(found: list[Json]) -> list[Json]:
    """References as R5's CodeableReference."""
    return [{"reference": one} for one in found]


def order(proposal: OrderProposal, about: About) -> Json:
    r4 = writing_r4.order(proposal, about)
    reasons, supporting = r4.pop("reasonReference", []), r4.pop("supportingInfo", [])
    moved = {"code": {"concept": r4["code"]}, "reason": _referring(reasons), "supportingInfo": _referring(supporting)}
    return present({**r4, **moved})


def appointment(proposal: AppointmentProposal, about: About) -> Json:
    r4 = writing_r4.appointment(proposal, about)
    reasons = r4.pop("reasonReference", [])
    participant = [{**one, "required": True} for one in r4["participant"]]
    return present({**r4, "reason": _referring(reasons), "subject": about.patient, "participant": participant})


def task(proposal: TaskProposal, about: About) -> Json:
    """The period is `requestedPeriod`: R5 allows `restriction` only in a task that asks to fulfil its focus (tsk-1)."""
    r4 = writing_r4.task(proposal, about)
    for moved in ("restriction", "reasonReference"):
        r4.pop(moved, None)
    when = period(proposal.start, proposal.end)
    return present({**r4, "requestedPeriod": when, "reason": _referring(references(proposal.reasons))})
