"""What is said about medicines, as servers of each release say it."""

from cds_service.fhir.writing import Release
from cds_service.record import MedicationUse
from fhir_fixtures.elements import (
    Json,
    annotations,
    concept,
    concepts,
    dosages,
    first,
    period,
    present,
    quantity,
    reference,
    references,
    resource,
    written,
)
from fhir_fixtures.people import Person, named_reasons
from fhir_fixtures.products import contained, medication_element

ADHERENCE = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
# R5 knows `recorded` and says the rest by adherence; that a course is over, it says by the course's end.
R5_ADHERENCE = {
    "active": "taking",
    "completed": "",
    "not-taken": "not-taking",
    "stopped": "stopped",
    "on-hold": "on-hold",
    "unknown": "unknown",
}
# DSTU2 has four statuses; not taken is a flag beside them.
DSTU2_STATEMENT = {"stopped": "completed", "not-taken": "completed"}
STU3_TAKEN = {"active": "y", "completed": "y", "stopped": "y", "on-hold": "y", "not-taken": "n", "intended": "na"}


def statement(use: MedicationUse, person: Person, release: Release) -> Json:
    return {
        "DSTU2": _statement_dstu2,
        "STU3": _statement_stu3,
        "R4": _statement_r4,
        "R4B": _statement_r4,
        "R5": _statement_r5,
    }[release](use, person, release)


def _statement_dstu2(use: MedicationUse, person: Person, release: Release) -> Json:
    return present(
        {
            **resource(use.reference, release),
            "contained": contained(use, person, release),
            "patient": reference(f"Patient/{person.name}", release),
            "dateAsserted": written(use.asserted),
            "status": DSTU2_STATEMENT.get(use.status, use.status),
            "wasNotTaken": use.status == "not-taken",
            "reasonNotTaken": concepts(use.status_reasons) if use.status == "not-taken" else [],
            **_one_reason(use, "reasonForUse", release),
            **_effective(use),
            "note": " ".join(use.notes),
            **medication_element(use, person, release),
            "dosage": dosages(use.dosages, release, "quantity"),
        }
    )


def _statement_stu3(use: MedicationUse, person: Person, release: Release) -> Json:
    not_taken = use.status == "not-taken"
    return present(
        {
            **_statement_since_stu3(use, person, release),
            "status": "completed" if not_taken else use.status,
            "taken": STU3_TAKEN[use.status],
            "reasonNotTaken": concepts(use.status_reasons) if not_taken else [],
        }
    )


def _statement_r4(use: MedicationUse, person: Person, release: Release) -> Json:
    said = _statement_since_stu3(use, person, release)
    return present({**said, "status": use.status, "statusReason": concepts(use.status_reasons)})


def _statement_since_stu3(use: MedicationUse, person: Person, release: Release) -> Json:
    return {
        **resource(use.reference, release),
        "contained": contained(use, person, release),
        **medication_element(use, person, release),
        "subject": reference(f"Patient/{person.name}", release),
        **_effective(use),
        "dateAsserted": written(use.asserted),
        "reasonCode": concepts(use.reasons),
        "reasonReference": references(use.reason_references, release),
        "note": annotations(use.notes),
        "dosage": dosages(use.dosages, release),
    }


def _statement_r5(use: MedicationUse, person: Person, release: Release) -> Json:
    said = _statement_since_stu3(use, person, release)
    del said["reasonCode"], said["reasonReference"]
    adherence = (
        {"coding": [{"system": ADHERENCE, "code": R5_ADHERENCE[use.status]}]} if R5_ADHERENCE[use.status] else {}
    )
    return present(
        {
            **said,
            "status": "recorded",
            "reason": _reasons_r5(use, release),
            "adherence": present(
                {"code": adherence, "reason": concept(use.status_reasons[0]) if use.status_reasons else {}}
            ),
        }
    )


def _one_reason(use: MedicationUse, element: str, release: Release) -> Json:
    """DSTU2 gives one reason: a reference or a concept."""
    if use.reason_references:
        return {f"{element}Reference": reference(use.reason_references[0], release)}
    return {f"{element}CodeableConcept": first(concepts(use.reasons))}


def _reasons_r5(use: MedicationUse, release: Release) -> list[Json]:
    by_concept = [{"concept": one} for one in concepts(use.reasons)]
    return by_concept + [{"reference": one} for one in references(use.reason_references, release)]


def _effective(use: MedicationUse, element: str = "effective") -> Json:
    return {f"{element}DateTime": written(use.given), f"{element}Period": period(use.course)}


def request(use: MedicationUse, person: Person, release: Release) -> Json:
    validity = present({"validityPeriod": period(use.validity)})
    if release == "DSTU2":
        return present(
            {
                **resource(use.reference, release),
                "contained": contained(use, person, release),
                "dateWritten": written(use.authored),
                "status": use.status,
                "patient": reference(f"Patient/{person.name}", release),
                **_one_reason(use, "reason", release),
                "note": " ".join(use.notes),
                **medication_element(use, person, release),
                "dosageInstruction": dosages(use.dosages, release),
                "dispenseRequest": validity,
            }
        )
    reasons = {"reasonCode": concepts(use.reasons), "reasonReference": references(use.reason_references, release)}
    return present(
        {
            **resource(use.reference, release),
            "contained": contained(use, person, release),
            "status": use.status,
            "intent": use.intent,
            **medication_element(use, person, release),
            "subject": reference(f"Patient/{person.name}", release),
            "authoredOn": written(use.authored),
            **({"reason": _reasons_r5(use, release)} if release == "R5" else reasons),
            "note": annotations(use.notes),
            "dosageInstruction": dosages(use.dosages, release),
            "dispenseRequest": validity,
        }
    )


def administration(use: MedicationUse, person: Person, release: Release) -> Json:
    patient = {"patient" if release == "DSTU2" else "subject": reference(f"Patient/{person.name}", release)}
    return present(
        {
            **resource(use.reference, release),
            "contained": contained(use, person, release),
            "status": use.status,
            **medication_element(use, person, release),
            **patient,
            # R5 spells it with one r.
            **_effective(use, {"DSTU2": "effectiveTime", "R5": "occurence"}.get(release, "effective")),
            **_administered_for(use, person, release),
            "note": " ".join(use.notes) if release == "DSTU2" else annotations(use.notes),
            "dosage": _administered(use, release),
        }
    )


def _administered_for(use: MedicationUse, person: Person, release: Release) -> Json:
    """DSTU2 takes no references here, so its servers write out what the condition is."""
    if release == "DSTU2":
        return {"reasonGiven": concepts((*use.reasons, *named_reasons(use, person)))}
    if release == "R5":
        return {"reason": _reasons_r5(use, release)}
    return {"reasonCode": concepts(use.reasons), "reasonReference": references(use.reason_references, release)}


def _administered(use: MedicationUse, release: Release) -> Json:
    if not use.dosages:
        return {}
    given = use.dosages[0]
    return present(
        {
            "text": given.text,
            "siteCodeableConcept" if release == "DSTU2" else "site": concept(given.site),
            "route": concept(given.route),
            "quantity" if release == "DSTU2" else "dose": quantity(given.dose),
        }
    )
