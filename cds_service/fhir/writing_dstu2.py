"""Proposals in DSTU2 (1.0.2), by hand: no library validates it. Elements and cardinalities: hl7.org/fhir/DSTU2.

Tests and images are DiagnosticOrders, referrals ReferralRequests, everything else a ProcedureRequest. That includes
tasks: DSTU2 has no Task, and a ProcedureRequest (its procedures include counselling) carries the days, the priority
and the orderer, and stands in the list of orders that an EHR shows. A CommunicationRequest would be a message: nobody
is known to receive it, and its priority is a concept without a standard code.
"""

from datetime import date

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
    sites,
    string,
)

STATUS = "proposed"
SUPPORTING = ("Observation", "Condition", "DocumentReference")


def order(proposal: OrderProposal, about: About) -> Json:
    if proposal.category in ("imaging", "laboratory"):
        return _diagnostic_order(proposal, about)
    return _referral(proposal, about) if proposal.category == "referral" else _counselling(proposal, about)


def _diagnostic_order(proposal: OrderProposal, about: About) -> Json:
    """An item has room for one body site, so site and side share it."""
    item = {"code": ordered(proposal, about), "bodySite": concept(proposal.body_site), "status": STATUS}
    return present(
        {
            "resourceType": "DiagnosticOrder",
            "subject": about.patient,
            "orderer": about.user_as("Practitioner"),
            "encounter": about.encounter,
            "supportingInformation": references(proposal.reasons, *SUPPORTING),
            "status": STATUS,
            "priority": priority(proposal.urgent),
            "event": [{"status": STATUS, "dateTime": about.today.isoformat()}],
            "item": [present(item)],
            "note": notes(proposal, about),
        }
    )


def _referral(proposal: OrderProposal, about: About) -> Json:
    """Has a description where later releases have notes; its urgency is a concept, and its first status `draft`."""
    return present(
        {
            "resourceType": "ReferralRequest",
            "status": "draft",
            "date": about.today.isoformat(),
            "type": concept(text=category_words(proposal)),
            "priority": concept(text=priority(proposal.urgent)),
            "patient": about.patient,
            "requester": about.user_as("Practitioner", "Organization", "Patient"),
            "encounter": about.encounter,
            "description": " ".join(note["text"] for note in notes(proposal, about)),
            "serviceRequested": [ordered(proposal, about)],
            "supportingInformation": references(proposal.reasons),
        }
    )


def _procedure_request(code: Json, reasons: tuple[str, ...], urgent: bool, about: About) -> Json:
    return {
        "resourceType": "ProcedureRequest",
        "subject": about.patient,
        "code": code,
        "reasonReference": next(iter(references(reasons, "Condition")), {}),
        "encounter": about.encounter,
        "status": STATUS,
        "orderedOn": about.today.isoformat(),
        "orderer": about.user_as("Practitioner", "Patient", "RelatedPerson", "Device"),
        "priority": priority(urgent),
    }


def _counselling(proposal: OrderProposal, about: About) -> Json:
    asked = _procedure_request(ordered(proposal, about), proposal.reasons, proposal.urgent, about)
    return present({**asked, "bodySite": sites(proposal), "notes": notes(proposal, about)})


def task(proposal: TaskProposal, about: About) -> Json:
    """Names what it is about only if that is a condition: a ProcedureRequest of DSTU2 points at nothing else."""
    code = concept(text=about.text(proposal.title)) or concept(text="Task")
    asked = _procedure_request(code, (proposal.focus, *proposal.reasons), proposal.urgent, about)
    return present({**asked, "scheduledPeriod": period(proposal.start, proposal.end)})


def appointment(proposal: AppointmentProposal, about: About) -> Json:
    """DSTU2 cannot say between which days: `start` and `end` are the visit's own, and a proposed one may lack both.

    So the days stand in the comment, as an ISO 8601 interval.
    """
    return present(
        {
            "resourceType": "Appointment",
            "status": "proposed",
            "description": string(about.text(proposal.title)),
            "comment": _interval(proposal.earliest, proposal.latest),
            "participant": [{"actor": about.patient, "required": "required", "status": "needs-action"}],
        }
    )


def _interval(start: date, end: date | None) -> str:
    days = period(start, end)
    return f"{days['start']}/{days.get('end', '..')}"
