"""Observation: one shape in all releases but for interpretation (one or many), `comment`/`comments` and DSTU1's
`applies`.
"""

from typing import Any

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import (
    Resource,
    code_words,
    each,
    first_concept,
    first_quantity,
    notes,
    number,
    one,
    status_word,
    word,
)
from cds_service.record import Component, Observation

_VALUES = ("valueQuantity", "valueRange", "valueInteger", "valueDecimal")


def observation(resource: Resource, reference: str, chart: Chart) -> Observation:
    """Without an effective time the issued one stands in: later than the sample, never earlier."""
    low, high = _reference_range(resource)
    return Observation(
        reference=reference,
        code=first_concept(resource, "code"),
        status=status_word(resource, "status"),
        effective=chart.moment(
            resource, "effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming", "issued"
        ),
        issued=word(resource, "issued"),
        value=first_quantity(resource, *_VALUES),
        value_concept=first_concept(resource, "valueCodeableConcept"),
        value_words=_value_words(resource),
        range_low=low,
        range_high=high,
        interpretations=code_words(resource, "interpretation"),
        components=tuple(_component(c) for c in each(resource, "component") if isinstance(c, dict)),
        notes=notes(resource, "note", "comment", "comments"),
    )


def _component(value: Resource) -> Component:
    said = first_concept(value, "valueCodeableConcept")
    return Component(first_concept(value, "code"), first_quantity(value, *_VALUES), _value_words(value) or said.label)


def _value_words(element: Any) -> str:
    """What a value says that is neither number nor code."""
    said = word(element, "valueString", "valueDateTime", "valueTime")
    truth = one(element, "valueBoolean")
    return said or ({True: "true", False: "false"}[truth] if isinstance(truth, bool) else "")


def _reference_range(resource: Resource) -> tuple[float | None, float | None]:
    """The normal range given with the value: the first that says so, or that doesn't say otherwise (therapeutic,
    recommended …).
    """
    for given in each(resource, "referenceRange"):
        kinds = code_words(given, "type", "meaning")
        if not kinds or "normal" in (kind.casefold() for kind in kinds):
            low, high = (number(one(one(given, end), "value")) for end in ("low", "high"))
            if low is not None or high is not None:
                return low, high
    return None, None
