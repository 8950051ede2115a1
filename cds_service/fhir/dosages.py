"""Dosage: `dosage` or `dosageInstruction`, whose dose moved in every release (doseQuantity, quantityQuantity,
doseAndRate …).
"""

from typing import Any, Final

from cds_service.fhir.chart import Chart
from cds_service.fhir.elements import (
    Resource,
    concepts,
    each,
    first_concept,
    first_quantity,
    flag,
    number,
    one,
    quantity,
    whole_number,
    word,
)
from cds_service.record import Concept, Dosage, Period, Quantity, Timing

# UCUM's units of time by the words that senders use in their place, and how many days each lasts.
_TIME: Final = {
    "s": ("s", "sec", "second", "seconds"),
    "min": ("min", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days", "24.h", "(24.h)", "{day}"),
    "wk": ("wk", "week", "weeks"),
    "mo": ("mo", "mos", "month", "months"),
    "a": ("a", "yr", "year", "years"),
}
_UNIT: Final = {name: unit for unit, names in _TIME.items() for name in names}
_DAYS: Final = {"s": 1 / 86400, "min": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.4375, "a": 365.25}
_DOSES: Final = (
    "doseQuantity",
    "doseRange",
    "dose",
    "quantityQuantity",
    "quantityRange",
    "quantity",
    "doseSimpleQuantity",
)


def dosages(resource: Resource, chart: Chart) -> tuple[Dosage, ...]:
    """Every instruction in order; R5's rendered sentence where there is nothing else."""
    given = tuple(_dosage(d, chart) for d in each(resource, "dosage", "dosageInstruction") if isinstance(d, dict))
    rendered = word(resource, "renderedDosageInstruction")
    return given or ((Dosage(text=rendered),) if rendered else ())


def sites(resource: Resource) -> tuple[Concept, ...]:
    """Where it was given, as the dosages say."""
    given = (s for d in each(resource, "dosage", "dosageInstruction") for s in concepts(d, *_SITE))
    return tuple(dict.fromkeys(given))


_SITE: Final = ("site", "siteCodeableConcept", "siteReference")


def _dosage(value: Resource, chart: Chart) -> Dosage:
    ratio = one(value, "maxDosePerPeriod")
    return Dosage(
        text=word(value, "text") or word(value, "patientInstruction"),
        sequence=whole_number(value.get("sequence")),
        as_needed=flag(value, "asNeeded", "asNeededBoolean")
        or bool(concepts(value, "asNeededCodeableConcept", "asNeededFor")),
        dose=_dose(value),
        timing=_timing(one(value, "timing"), chart),
        max_dose=quantity(one(ratio, "numerator")),
        max_dose_days=_days(one(ratio, "denominator")),
        route=first_concept(value, "route"),
        site=first_concept(value, *_SITE),
    )


def _dose(value: Resource) -> Quantity | None:
    """The dose as ordered where R4 gives several (one of them calculated), else the first."""
    several = [d for d in each(value, "doseAndRate") if isinstance(d, dict)]
    ordered = [d for d in several if any(c.code == "ordered" for t in concepts(d, "type") for c in t.codings)]
    for holder in (*ordered, *several, value):
        found = first_quantity(holder, *_DOSES)
        if found is not None:
            return found
    return None


def _timing(value: Any, chart: Chart) -> Timing | None:
    """None where nothing at all is said. Single dates (`event`) count as that many times within their bounds."""
    repeat = one(value, "repeat")
    events = len(each(value, "event"))
    found = Timing(
        code=_timing_code(value),
        frequency=number(one(repeat, "frequency")),
        frequency_max=number(one(repeat, "frequencyMax")),
        period=number(one(repeat, "period")),
        period_max=number(one(repeat, "periodMax")),
        period_unit=_unit(word(repeat, "periodUnit", "periodUnits")),
        when=tuple(w.strip() for w in each(repeat, "when") if isinstance(w, str) and w.strip()),
        times_of_day=len(each(repeat, "timeOfDay")),
        days_of_week=len(each(repeat, "dayOfWeek")),
        times=whole_number(one(repeat, "count")) or events or None,
        bounds=_bounds(value, repeat, chart),
    )
    return None if found == Timing() else found


def _bounds(value: Any, repeat: Any, chart: Chart) -> Period | None:
    if isinstance(value, dict) and one(value, "event") is not None:
        return chart.stretch(value)
    return chart.period(repeat, "boundsPeriod", "bounds")


def _timing_code(value: Any) -> str:
    """`BID`, `Q6H` … in capitals, or the words that stand in the code's place."""
    said = first_concept(value, "code")
    return next((c.code.upper() for c in said.codings if c.code), said.text)


def _unit(written: str) -> str:
    return _UNIT.get(written.casefold(), written)


def _days(denominator: Any) -> float | None:
    length = quantity(denominator)
    per = _DAYS.get(_unit(length.unit)) if length is not None else None
    return None if length is None or per is None else length.low * per
