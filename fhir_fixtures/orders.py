"""Orders, reports and appointments, as servers of each release send them."""

from datetime import datetime, timedelta

from cds_service.fhir.writing import Release
from cds_service.record import Appointment, Order, Report
from fhir_fixtures.elements import (
    Json,
    annotations,
    concept,
    concepts,
    first,
    period,
    present,
    reference,
    references,
    resource,
    written,
)
from fhir_fixtures.people import Person, named_reasons

# DSTU2's DiagnosticOrder has its own words, and no intent.
DSTU2_ORDER = {"active": "requested", "revoked": "cancelled", "on-hold": "suspended"}
STU3_ORDER = {"revoked": "cancelled", "on-hold": "suspended"}
DSTU2_APPOINTMENT = {"waitlist": "pending", "checked-in": "arrived"}


def order(one: Order, person: Person, release: Release) -> Json:
    subject = reference(f"Patient/{person.name}", release)
    if release == "DSTU2":
        status = DSTU2_ORDER.get(one.status, one.status)
        return present(
            {
                **resource(one.reference, release),
                "subject": subject,
                # No references here: its servers write out what the condition is.
                "reason": concepts((*one.reasons, *named_reasons(one, person))),
                "status": status,
                "event": [{"status": status, "dateTime": written(one.authored)}] if one.authored else [],
                "item": [{"code": concept(one.code)}],
                "note": annotations(one.notes),
            }
        )
    by_concept, by_reference = concepts(one.reasons), references(one.reason_references, release)
    reasons = {"reasonCode": by_concept, "reasonReference": by_reference}
    if release == "R5":
        reasons = {"reason": [{"concept": c} for c in by_concept] + [{"reference": r} for r in by_reference]}
    return present(
        {
            **resource(one.reference, release),
            "status": STU3_ORDER.get(one.status, one.status) if release == "STU3" else one.status,
            "intent": one.intent,
            "doNotPerform": one.do_not_perform,
            "code": {"concept": concept(one.code)} if release == "R5" else concept(one.code),
            "subject": subject,
            "occurrencePeriod": period(one.occurrence),
            "authoredOn": written(one.authored),
            **reasons,
            "note": annotations(one.notes),
        }
    )


def report(one: Report, person: Person, release: Release) -> Json:
    """DSTU2 requires the time of issue and a performer."""
    signed = (
        {"issued": _instant(written(one.performed)), "performer": {"display": "Radiology"}}
        if release == "DSTU2"
        else {}
    )
    coded = concepts(one.conclusion_codes)
    conclusion = {"codedDiagnosis" if release in ("DSTU2", "STU3") else "conclusionCode": coded}
    return present(
        {
            **resource(one.reference, release),
            "request" if release == "DSTU2" else "basedOn": references(one.based_on, release),
            "status": one.status,
            "code": concept(one.code),
            "subject": reference(f"Patient/{person.name}", release),
            "effectiveDateTime": written(one.performed),
            **signed,
            "conclusion": one.conclusion,
            **conclusion,
        }
    )


def _instant(when: str) -> str:
    return when if "T" in when else f"{when}T12:00:00+00:00"


def appointment(one: Appointment, person: Person, release: Release) -> Json:
    """Whole visits of twenty minutes. What it is about: first the kind of service, then the reason."""
    who = {"actor": reference(f"Patient/{person.name}", release), "status": "accepted"}
    return present(
        {
            **resource(one.reference, release),
            "status": DSTU2_APPOINTMENT.get(one.status, one.status) if release == "DSTU2" else one.status,
            **_purpose(one, release),
            "description": one.description,
            "start": written(one.start),
            "end": _end(written(one.start)),
            "created": "" if release == "DSTU2" else written(one.created),
            "participant": [who],
            "requestedPeriod": [period(one.requested)] if one.requested and release != "DSTU2" else [],
        }
    )


def _purpose(one: Appointment, release: Release) -> Json:
    about = concepts(one.about)
    service, reasons = about[:1], about[1:]
    if release == "DSTU2":
        return {"type": first(service), "reason": first(reasons)}
    if release == "STU3":
        return {"serviceType": service, "reason": reasons}
    if release == "R5":
        return {"serviceType": [{"concept": s} for s in service], "reason": [{"concept": r} for r in reasons]}
    return {"serviceType": service, "reasonCode": reasons}


def _end(start: str) -> str:
    return (datetime.fromisoformat(start) + timedelta(minutes=20)).isoformat() if start else ""
