"""What a medicine is: named in the entry itself, or a Medication inside it, beside it in the Bundle, or nowhere."""

from uuid import NAMESPACE_URL, uuid5

from cds_service.fhir.writing import Release
from cds_service.record import Ingredient, MedicationUse
from fhir_fixtures.elements import Json, concept, present, quantity
from fhir_fixtures.people import Person


def _id(use: MedicationUse) -> str:
    return use.reference.partition("/")[2]


def medication_element(use: MedicationUse, person: Person, release: Release) -> Json:
    """A concept, or a reference to a resource inside the entry, beside it, or nowhere (only its display is known)."""
    pointer = {}
    if _id(use) in person.missing:
        pointer = {"reference": f"Medication/{_id(use)}-unknown", "display": use.medication.text}
    elif _is_contained(use, person):
        pointer = {"reference": "#medication"}
    elif _id(use) in person.bundled:
        pointer = {"reference": bundled_url(use)}
    if release == "R5":
        return {"medication": {"reference": pointer} if pointer else {"concept": concept(use.medication)}}
    return {"medicationReference": pointer} if pointer else {"medicationCodeableConcept": concept(use.medication)}


def _is_contained(use: MedicationUse, person: Person) -> bool:
    return bool(use.ingredients) or _id(use) in person.contained


def contained(use: MedicationUse, person: Person, release: Release) -> list[Json]:
    return [medication(use, release, "medication")] if _is_contained(use, person) else []


def bundled_url(use: MedicationUse) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, use.reference)}"


def medication(use: MedicationUse, release: Release, logical_id: str) -> Json:
    """The Medication resource of an entry."""
    ingredients = [_ingredient(one, release) for one in use.ingredients]
    head = {"resourceType": "Medication", "id": logical_id, "code": concept(use.medication)}
    inside = {"product": present({"ingredient": ingredients})} if release == "DSTU2" else {"ingredient": ingredients}
    return present({**head, **inside})


def _ingredient(one: Ingredient, release: Release) -> Json:
    strength = {}
    if one.strength is not None:
        per = present({"value": one.per if one.per != int(one.per) else int(one.per), "unit": one.per_unit})
        strength = {"numerator": quantity(one.strength), "denominator": per}
    if release == "DSTU2":
        # DSTU2 knows an ingredient by reference only.
        return present({"item": {"display": one.item.label}, "amount": strength})
    if release == "R5":
        return present({"item": {"concept": concept(one.item)}, "strengthRatio": strength})
    return present({"itemCodeableConcept": concept(one.item), "amount" if release == "STU3" else "strength": strength})
