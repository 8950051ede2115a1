"""Results and allergies, as servers of each release send them."""

from cds_service.fhir.writing import Release
from cds_service.record import Allergy, Component, Observation
from fhir_fixtures.elements import (
    TERMINOLOGY,
    Json,
    amount,
    annotations,
    code,
    concept,
    first,
    present,
    quantity,
    reference,
    resource,
    written,
)
from fhir_fixtures.people import Person


def observation(one: Observation, person: Person, release: Release) -> Json:
    meanings = [code(f"{TERMINOLOGY}/v3-ObservationInterpretation", i) for i in one.interpretations]
    remarks = {"DSTU2": "comments", "STU3": "comment"}.get(release)
    return present(
        {
            **resource(one.reference, release),
            "status": one.status,
            "code": concept(one.code),
            "subject": reference(f"Patient/{person.name}", release),
            "effectiveDateTime": written(one.effective),
            "issued": one.issued,
            **amount("value", one.value),
            "valueCodeableConcept": concept(one.value_concept),
            "valueString": one.value_words,
            "interpretation": first(meanings) if release in ("DSTU2", "STU3") else meanings,
            **({remarks: " ".join(one.notes)} if remarks else {"note": annotations(one.notes)}),
            "referenceRange": _range(one),
            "component": [_component(c) for c in one.components],
        }
    )


def _range(one: Observation) -> list[Json]:
    unit = one.value.unit if one.value else ""
    ends = {"low": one.range_low, "high": one.range_high}
    given = {name: _plain(end, unit) for name, end in ends.items() if end is not None}
    return [given] if given else []


def _plain(number: float, unit: str) -> Json:
    return present({"value": number, "unit": unit})


def _component(one: Component) -> Json:
    return present({"code": concept(one.code), "valueQuantity": quantity(one.value), "valueString": one.value_words})


def allergy(one: Allergy, person: Person, release: Release) -> Json:
    reactions = [{"substance": concept(s), "manifestation": _manifestation(release)} for s in one.substances]
    by_release: Json
    if release == "DSTU2":
        # One status for both questions, and the code is the `substance`.
        by_release = {"status": one.status if one.status != "active" else "confirmed", "substance": concept(one.code)}
    elif release == "STU3":
        by_release = {"clinicalStatus": one.status, "verificationStatus": one.verification, "code": concept(one.code)}
    else:
        by_release = {
            "clinicalStatus": code(f"{TERMINOLOGY}/allergyintolerance-clinical", one.status),
            "verificationStatus": code(f"{TERMINOLOGY}/allergyintolerance-verification", one.verification),
            "code": concept(one.code),
        }
    patient_reference = reference(f"Patient/{person.name}", release)
    return present(
        {**resource(one.reference, release), **by_release, "patient": patient_reference, "reaction": reactions}
    )


def _manifestation(release: Release) -> list[Json]:
    shown = {"text": "Urticaria"}
    return [{"concept": shown}] if release == "R5" else [shown]
