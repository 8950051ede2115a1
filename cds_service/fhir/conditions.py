"""Condition of DSTU2 (string statuses, `dateRecorded`, `notes`), STU3 (`assertedDate`), R4, R4B and R5."""

from typing import Any

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import (
    Resource,
    age_years,
    code_words,
    concept,
    concepts,
    each,
    first_concept,
    flag,
    notes,
    one,
    status_word,
    word,
)
from cds_service.record import Concept, Condition, PartialDate


def condition(resource: Resource, reference: str, chart: Chart) -> Condition:
    return Condition(
        reference=reference,
        code=first_concept(resource, "code"),
        status=status_word(resource, "clinicalStatus"),
        verification=status_word(resource, "verificationStatus"),
        categories=code_words(resource, "category"),
        onset=chart.moment(resource, "onsetDateTime", "onsetPeriod", "onsetString", "onsetDate"),
        onset_age_years=age_years(one(resource, "onsetAge", "onsetQuantity", "onsetRange")),
        abatement=_abatement(resource, chart),
        abated=_abated(resource, chart),
        recorded=chart.date(resource, "recordedDate", "assertedDate", "dateRecorded"),
        body_sites=concepts(resource, "bodySite"),
        laterality=_laterality(resource),
        notes=notes(resource),
    )


def _abatement(resource: Resource, chart: Chart) -> PartialDate | None:
    """The day since which it is over: of a period its end."""
    period = chart.period(resource, "abatementPeriod")
    over = (period.end or period.start) if period else None
    return chart.date(resource, "abatementDateTime", "abatementDate") or over or chart.date(resource, "abatementString")


def _abated(resource: Resource, chart: Chart) -> bool:
    """Whether it is said to be over without a day: by a boolean, an age or in words."""
    if flag(resource, "abatementBoolean", "abatement"):
        return True
    undated = one(resource, "abatementAge", "abatementQuantity", "abatementRange")
    return isinstance(undated, dict) or (
        bool(word(resource, "abatementString")) and not chart.date(resource, "abatementString")
    )


def _laterality(resource: Resource) -> tuple[Concept, ...]:
    """Sides given by an extension on the body site (mCODE's laterality qualifier and its kin), the code or the
    condition itself.
    """
    places: list[Any] = [*each(resource, "bodySite"), *each(resource, "code"), resource]
    sides = (
        concept(one(extension, "valueCodeableConcept", "valueCoding", "valueCode", "valueString"))
        for place in places
        for extension in each(place, "extension")
        if "laterality" in word(extension, "url").casefold()
    )
    return tuple(side for side in sides if side)
