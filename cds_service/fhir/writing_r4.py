"""Proposals in R4 and R4B (the two are alike in what is written here)."""

from cds_service.advice import AppointmentProposal, OrderProposal, TaskProposal
from cds_service.fhir.writing_elements import (
    About,
    Json,
    category_words,
    concept,
    notes,
    ordered,
    period,
    present,
    priority,
    references,
    references_besides,
    sites,
    string,
)

REASONS_FOR_ORDER = ("Condition", "Observation", "DiagnosticReport", "DocumentReference")
REASONS_FOR_VISIT = ("Condition", "Procedure", "Observation", "ImmunizationRecommendation")
REQUESTERS = ("Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson", "Device")


def order(proposal: OrderProposal, about: About) -> Json:
    return present(
        {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "proposal",
            "category": [concept(text=category_words(proposal))],
            "priority": priority(proposal.urgent),
            "code": ordered(proposal, about),
            "subject": about.patient,
            "encounter": about.encounter,
            "authoredOn": about.today.isoformat(),
            "requester": about.user_as(*REQUESTERS),
            "reasonReference": references(proposal.reasons, *REASONS_FOR_ORDER),
            "supportingInfo": references_besides(proposal.reasons, *REASONS_FOR_ORDER),
            "bodySite": sites(proposal),
            "note": notes(proposal, about),
        }
    )


def appointment(proposal: AppointmentProposal, about: About) -> Json:
    return present(
        {
            "resourceType": "Appointment",
            "status": "proposed",
            "reasonReference": references(proposal.reasons, *REASONS_FOR_VISIT),
            "description": string(about.text(proposal.title)),
            "supportingInformation": references_besides(proposal.reasons, *REASONS_FOR_VISIT),
            "created": about.today.isoformat(),
            "participant": [{"actor": about.patient, "required": "required", "status": "needs-action"}],
            "requestedPeriod": [period(proposal.earliest, proposal.latest)],
        }
    )


def task(proposal: TaskProposal, about: About) -> Json:
    when = period(proposal.start, proposal.end)
    return present(
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "proposal",
            "priority": priority(proposal.urgent),
            "description": string(about.text(proposal.title)),
            "focus": next(iter(references((proposal.focus,))), {}),
            "for": about.patient,
            "encounter": about.encounter,
            "authoredOn": about.today.isoformat(),
            "requester": about.user_as(*REQUESTERS),
            "reasonReference": next(iter(references(proposal.reasons)), {}),
            "restriction": present({"period": when}),
        }
    )
