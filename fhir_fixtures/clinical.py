"""The patient, problems and procedures, as servers of each release send them."""

from cds_service.fhir.writing import Release
from cds_service.record import Condition, Procedure
from fhir_fixtures.elements import (
    TERMINOLOGY,
    UCUM,
    Json,
    annotations,
    code,
    concept,
    concepts,
    day,
    first,
    present,
    reference,
    references,
    resource,
    written,
)
from fhir_fixtures.people import Person

LATERALITY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-laterality-qualifier"
# DSTU2 knows active, relapse, remission and resolved.
DSTU2_CLINICAL = {"inactive": "remission", "recurrence": "relapse"}
# Neither DSTU2 nor STU3 knows `unconfirmed`.
EARLY_VERIFICATION = {"unconfirmed": "provisional"}


def patient(person: Person, release: Release) -> Json:
    known = person.record.patient
    named = {
        "use": "official",
        "family": [person.family] if release == "DSTU2" else person.family,
        "given": [person.given],
    }
    died = (
        {"deceasedDateTime": written(known.deceased_on)} if known.deceased_on else {"deceasedBoolean": known.deceased}
    )
    return present(
        {
            **resource(f"Patient/{person.name}", release),
            "active": known.active,
            "name": [named],
            "gender": known.sex,
            "birthDate": day(known.born),
            **died,
        }
    )


def condition(one: Condition, person: Person, release: Release, subject: str = "") -> Json:
    about = reference(f"Patient/{subject or person.name}", release)
    return present(
        {
            **resource(one.reference, release),
            **_statuses(one, release),
            "code": concept(one.code),
            "bodySite": _sites(one),
            "patient" if release == "DSTU2" else "subject": about,
            "onsetDateTime": written(one.onset),
            "onsetQuantity" if release == "DSTU2" else "onsetAge": _age(one.onset_age_years),
            "abatementDateTime": written(one.abatement),
            **_recorded(one, release),
            **({"notes": " ".join(one.notes)} if release == "DSTU2" else {"note": annotations(one.notes)}),
        }
    )


def _statuses(one: Condition, release: Release) -> Json:
    if release in ("DSTU2", "STU3"):
        renamed = DSTU2_CLINICAL if release == "DSTU2" else {}
        category = [code("http://hl7.org/fhir/condition-category", c) for c in one.categories]
        return {
            "clinicalStatus": renamed.get(one.status, one.status),
            "verificationStatus": EARLY_VERIFICATION.get(one.verification, one.verification),
            # DSTU2's categories (complaint, symptom, finding, diagnosis) have no word for a problem list.
            "category": [] if release == "DSTU2" else category,
        }
    return {
        "clinicalStatus": code(f"{TERMINOLOGY}/condition-clinical", one.status),
        "verificationStatus": code(f"{TERMINOLOGY}/condition-ver-status", one.verification),
        "category": [code(f"{TERMINOLOGY}/condition-category", c) for c in one.categories],
    }


def _sites(one: Condition) -> list[Json]:
    sites = concepts(one.body_sites)
    for site, side in zip(sites, one.laterality, strict=False):
        site["extension"] = [{"url": LATERALITY, "valueCodeableConcept": concept(side)}]
    return sites


def _age(years: float | None) -> Json:
    return {"value": int(years), "unit": "years", "system": UCUM, "code": "a"} if years is not None else {}


def _recorded(one: Condition, release: Release) -> Json:
    if release == "DSTU2":
        return {"dateRecorded": day(one.recorded)}
    return {"assertedDate" if release == "STU3" else "recordedDate": written(one.recorded)}


def procedure(one: Procedure, person: Person, release: Release) -> Json:
    not_done = one.status == "not-done"
    when = "occurrence" if release == "R5" else "performed"
    since_r4 = release not in ("DSTU2", "STU3")
    return present(
        {
            **resource(one.reference, release),
            "status": one.status if since_r4 or not not_done else _NOT_DONE_EARLY,
            **({"statusReason": first(concepts(one.status_reasons))} if since_r4 else _not_done(one, release)),
            "code": concept(one.code),
            "subject": reference(f"Patient/{person.name}", release),
            f"{when}DateTime": written(one.performed),
            # A date in words can be said since R4 only.
            f"{when}String": one.performed_words if since_r4 else "",
            **_procedure_reasons(one, release),
            "bodySite": concepts(one.body_sites),
            "outcome": concept(one.outcome),
            "notes" if release == "DSTU2" else "note": annotations(one.notes),
        }
    )


# Before R4 a procedure that was not done had any status and a flag.
_NOT_DONE_EARLY = "aborted"


def _not_done(one: Procedure, release: Release) -> Json:
    if one.status != "not-done":
        return {}
    if release == "DSTU2":
        return {"notPerformed": True, "reasonNotPerformed": concepts(one.status_reasons)}
    return {"notDone": True, "notDoneReason": first(concepts(one.status_reasons))}


def _procedure_reasons(one: Procedure, release: Release) -> Json:
    by_concept, by_reference = concepts(one.reasons), references(one.reason_references, release)
    if release == "DSTU2":
        return {
            "reasonReference": first(by_reference),
            "reasonCodeableConcept": {} if by_reference else first(by_concept),
        }
    if release == "R5":
        return {"reason": [{"concept": c} for c in by_concept] + [{"reference": r} for r in by_reference]}
    return {"reasonCode": by_concept, "reasonReference": by_reference}
