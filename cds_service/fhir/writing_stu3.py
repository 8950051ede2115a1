"""Proposals in STU3: orders are ProcedureRequests, referrals ReferralRequests; the encounter is the `context`."""

from cds_service.advice import AppointmentProposal, OrderProposal, TaskProposal
from cds_service.fhir import writing_r4
from cds_service.fhir.writing_elements import (
    About,
    Json,
    category_words,
    concept,
    notes,
    ordered,
    present,
    priority,
    references,
    references_besides,
    sites,
)

REASONS_FOR_ORDER = ("Condition", "Observation")
REASONS_FOR_VISIT = ("Condition", "Procedure")


def _requester(about: About, *types: str) -> Json:
    return present({"agent": about.user_as(*types)})


def order(proposal: OrderProposal, about: About) -> Json:
    return _referral(proposal, about) if proposal.category == "referral" else _procedure_request(proposal, about)


def _procedure_request(proposal: OrderProposal, about: About) -> Json:
    return present(
        {
            "resourceType": "ProcedureRequest",
            **_asked(proposal, about),
            "category": [concept(text=category_words(proposal))],
            "code": ordered(proposal, about),
            "bodySite": sites(proposal),
        }
    )


def _referral(proposal: OrderProposal, about: About) -> Json:
    return present(
        {
            "resourceType": "ReferralRequest",
            **_asked(proposal, about),
            "type": concept(text=category_words(proposal)),
            "serviceRequested": [ordered(proposal, about)],
        }
    )


def _asked(proposal: OrderProposal, about: About) -> Json:
    """What STU3's two kinds of request have in common."""
    return {
        "status": "draft",
        "intent": "proposal",
        "priority": priority(proposal.urgent),
        "subject": about.patient,
        "context": about.encounter,
        "authoredOn": about.today.isoformat(),
        "requester": _requester(about, "Practitioner", "Organization", "Device"),
        "reasonReference": references(proposal.reasons, *REASONS_FOR_ORDER),
        "supportingInfo": references_besides(proposal.reasons, *REASONS_FOR_ORDER),
        "note": notes(proposal, about),
    }


def appointment(proposal: AppointmentProposal, about: About) -> Json:
    moved = {
        "indication": references(proposal.reasons, *REASONS_FOR_VISIT),
        "supportingInformation": references_besides(proposal.reasons, *REASONS_FOR_VISIT),
    }
    r4 = writing_r4.appointment(proposal, about)
    r4.pop("reasonReference", None)
    return present({**r4, **moved})


def task(proposal: TaskProposal, about: About) -> Json:
    """STU3's Task names no reason by reference; without a focus the first reason is what the task is about."""
    r4 = writing_r4.task(proposal, about)
    moved = {
        "context": r4.pop("encounter", {}),
        "requester": _requester(about, "Practitioner", "Organization", "Patient", "RelatedPerson", "Device"),
        "focus": r4.get("focus", {}) or r4.get("reasonReference", {}),
    }
    r4.pop("reasonReference", None)
    return present({**r4, **moved})
