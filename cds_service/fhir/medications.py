"""Medicines: said to be taken, ordered, given, handed over. One shape out of DSTU2's, STU3's, R4's and R5's."""

from typing import Any, Final, Literal

from cds_service.fhir.chart import Chart, reference_of
from cds_service.fhir.dosages import dosages, sites
from cds_service.fhir.elements import (
    Resource,
    concept,
    concepts,
    each,
    first_concept,
    flag,
    notes,
    one,
    quantity,
    status_word,
    unit_of,
    word,
)
from cds_service.record import Concept, Ingredient, MedicationUse, PartialDate, Period, Quantity

_KINDS: Final[dict[str, Literal["statement", "request", "administration", "dispense"]]] = {
    "MedicationStatement": "statement",
    "MedicationRequest": "request",
    "MedicationOrder": "request",
    "MedicationAdministration": "administration",
    "MedicationDispense": "dispense",
}
_NOT_HAPPENED: Final = {
    "statement": "not-taken",
    "request": "not-taken",
    "administration": "not-done",
    "dispense": "declined",
}
_NEGATIONS: Final = ("wasNotTaken", "wasNotGiven", "notGiven", "notDone", "doNotPerform")
# R5's adherence codes begin with these; what else it says means that the medicine is taken somehow.
_ADHERENCE: Final = ("not-taking", "stopped", "on-hold")
# R5 spells MedicationAdministration's `occurence` so.
_GIVEN: Final = (
    "effectiveDateTime",
    "effectiveTimeDateTime",
    "occurenceDateTime",
    "occurrenceDateTime",
    "whenHandedOver",
)
_COURSE: Final = ("effectivePeriod", "effectiveTimePeriod", "occurencePeriod", "occurrencePeriod")
_TIMINGS: Final = ("effectiveTiming", "occurenceTiming", "occurrenceTiming")
_WORDS: Final = ("effectiveString", *_GIVEN)
_STATUS_REASONS: Final = (
    "statusReason",
    "statusReasonCodeableConcept",
    "reasonNotTaken",
    "reasonNotGiven",
    "notDoneReason",
    "notDoneReasonCodeableConcept",
    "notPerformedReason",
    "reasonEnded",
)


def medication_use(resource: Resource, reference: str, chart: Chart) -> MedicationUse:
    kind = _KINDS[word(resource, "resourceType")]
    medicine, ingredients = _medicine(resource, chart)
    reasons = chart.reasons(resource)
    given, course = _when(resource, chart)
    return MedicationUse(
        reference=reference,
        kind=kind,
        medication=medicine,
        ingredients=ingredients,
        unresolved=not medicine and not ingredients,
        status=_status(resource, kind),
        status_reasons=(*concepts(resource, *_STATUS_REASONS), *concepts(one(resource, "adherence"), "reason")),
        intent=_intent(resource),
        given=given,
        course=course,
        undated_words="" if given or course else word(resource, *_WORDS),
        authored=chart.date(resource, "authoredOn", "dateWritten", "whenPrepared"),
        asserted=chart.date(resource, "dateAsserted"),
        validity=chart.period(one(resource, "dispenseRequest"), "validityPeriod"),
        reasons=reasons.concepts,
        reason_references=reasons.references,
        dosages=dosages(resource, chart),
        body_sites=sites(resource),
        notes=notes(resource),
    )


def _when(resource: Resource, chart: Chart) -> tuple[PartialDate | None, Period | None]:
    """The point in time and the stretch; a Timing is the former if it names a single day."""
    given, course = chart.date(resource, *_GIVEN), chart.period(resource, *_COURSE)
    for timing in each(resource, *_TIMINGS):
        stretch = chart.stretch(timing)
        if stretch is not None and stretch.start == stretch.end:
            given = given or stretch.start
        else:
            course = course or stretch
    return given, course


def _status(resource: Resource, kind: str) -> str:
    """R4's code, whatever the release says it with. Entered in error outweighs everything, and so does a draft, unless
    it is one that forbids.
    """
    status = status_word(resource, "status")
    if status == "entered-in-error" or (status == "draft" and not flag(resource, "doNotPerform")):
        return status
    taken = status_word(resource, "taken")
    if taken == "n" or flag(resource, *_NEGATIONS):
        return _NOT_HAPPENED[kind]
    if kind == "statement":
        adherence = status_word(one(resource, "adherence"), "code")
        held = next((word for word in _ADHERENCE if adherence.startswith(word)), "")
        if held:
            return "not-taken" if held == "not-taking" else held
        return "active" if status == "recorded" else status
    # R5's `ended`: nobody stopped it and nobody says that it was carried out.
    return "stopped" if kind == "request" and status == "ended" else status


def _intent(resource: Resource) -> str:
    """DSTU2's MedicationOrder has no intent because it always is an order."""
    return status_word(resource, "intent") or ("order" if resource.get("resourceType") == "MedicationOrder" else "")


def _medicine(resource: Resource, chart: Chart) -> tuple[Concept, tuple[Ingredient, ...]]:
    """What it is and what is in it: inline, by reference, or at least by the reference's display."""
    inline = first_concept(resource, "medicationCodeableConcept", "medication")
    target: Resource | None = None
    for value in each(resource, "medicationReference", "medication"):
        target = target or chart.resolve(reference_of(value), resource)
    shown = next((label for value in each(resource, "medicationReference") if (label := concept(value))), Concept())
    # The text of an R5 `medication` that is a mere reference is that reference's display: the resource itself knows
    # more.
    own = concept(one(target, "code")) if target is not None else Concept()
    if inline.codings or not own:
        return inline or shown, _ingredients(target, chart)
    if inline.text or shown.text:
        own = own._replace(text=own.text or inline.text or shown.text)
    return own, _ingredients(target, chart)


def _ingredients(medication: Resource | None, chart: Chart) -> tuple[Ingredient, ...]:
    """Medication.ingredient; in DSTU2 it stands inside `product`."""
    if medication is None:
        return ()
    listed = (*each(medication, "ingredient"), *each(one(medication, "product"), "ingredient"))
    return tuple(found for i in listed if (found := _ingredient(i, medication, chart)).item)


def _ingredient(value: Any, medication: Resource, chart: Chart) -> Ingredient:
    item = first_concept(value, "itemCodeableConcept", "item")
    for reference in each(value, "itemReference", "item"):
        target = chart.resolve(reference_of(reference), medication)
        if target is not None and not item.codings:
            item = concept(one(target, "code")) or item
        item = item or concept(reference)
    strength, per, per_unit = _strength(one(value, "strength", "strengthRatio", "strengthQuantity", "amount"))
    return Ingredient(item, strength, per, per_unit)


def _strength(value: Any) -> tuple[Quantity | None, float, str]:
    """A Ratio (200 mg in 1 tablet) or a mere Quantity; a denominator of nothing or zero is no strength."""
    if not isinstance(value, dict) or "numerator" not in value:
        return quantity(value), 1.0, ""
    under = quantity(one(value, "denominator"))
    if under is None:
        missing = one(value, "denominator") is None
        return (quantity(one(value, "numerator")) if missing else None), 1.0, ""
    if under.low <= 0:
        return None, 1.0, ""
    return quantity(one(value, "numerator")), under.low, unit_of(one(value, "denominator"))
