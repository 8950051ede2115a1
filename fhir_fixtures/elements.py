"""FHIR's small data types, from the record's parts, in each release. Nothing empty is written."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from cds_service.fhir.writing import Release
from cds_service.record import Concept, Dosage, PartialDate, Period, Quantity, Timing

Json: TypeAlias = dict[str, Any]

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
UCUM = "http://unitsofmeasure.org"
# The UCUM codes that the fixtures use, and the unit as a server shows it. Other units stand as bare words.
UNITS = {
    "mg": "mg",
    "mg/d": "mg/day",
    "mg/dL": "mg/dL",
    "mmol/L": "mmol/L",
    "d": "day",
    "a": "years",
    "{tbl}": "tablet",
}
UNITS |= {"[U]": "unit", "mL/min/{1.73_m2}": "mL/min/1.73m2", "kg": "kg", "1": ""}
# What a resource is called in the releases that don't call it as R4 does.
RENAMED: dict[Release, dict[str, str]] = {
    "DSTU2": {"ServiceRequest": "DiagnosticOrder", "MedicationRequest": "MedicationOrder"},
    "STU3": {"ServiceRequest": "ProcedureRequest"},
}


def present(elements: Mapping[str, Any]) -> Json:
    return {name: value for name, value in elements.items() if value not in ("", [], {}, None, False)}


def type_name(r4: str, release: Release) -> str:
    return RENAMED.get(release, {}).get(r4, r4)


def reference(r4: str, release: Release) -> Json:
    kind, _, logical_id = r4.partition("/")
    return {"reference": f"{type_name(kind, release)}/{logical_id}"}


def references(r4: Iterable[str], release: Release) -> list[Json]:
    return [reference(one, release) for one in r4]


def resource(r4: str, release: Release) -> Json:
    """The head of a resource, from its R4 reference."""
    kind, _, logical_id = r4.partition("/")
    return {"resourceType": type_name(kind, release), "id": logical_id}


def code(system: str, value: str) -> Json:
    """One code as a CodeableConcept, or nothing."""
    return {"coding": [{"system": system, "code": value}]} if value else {}


def concept(value: Concept) -> Json:
    codings = [present({"system": c.system, "code": c.code, "display": c.display}) for c in value.codings]
    return present({"coding": codings, "text": value.text})


def concepts(values: Iterable[Concept]) -> list[Json]:
    return [concept(value) for value in values]


def first(values: Iterable[Json]) -> Json:
    """For an element that holds one where later releases hold many."""
    return next(iter(values), {})


def annotations(notes: Iterable[str]) -> list[Json]:
    return [{"text": note} for note in notes]


def written(value: PartialDate | None) -> str:
    return value.written if value else ""


def day(value: PartialDate | None) -> str:
    """For elements of type `date`."""
    return written(value)[:10]


def period(value: Period | None) -> Json:
    return present({"start": written(value.start), "end": written(value.end)}) if value else {}


def quantity(value: Quantity | None) -> Json:
    return _bound(value.low, value.unit, value.comparator) if value else {}


def _bound(number: float, unit: str, comparator: str = "") -> Json:
    ucum = present({"unit": UNITS[unit], "system": UCUM, "code": unit}) if unit in UNITS else present({"unit": unit})
    return {**present({"comparator": comparator}), "value": int(number) if number == int(number) else number, **ucum}


def amount(name: str, value: Quantity | None) -> Json:
    """`doseQuantity` or `doseRange`, for `name` = `dose`."""
    if value is None:
        return {}
    if value.low == value.high:
        return {f"{name}Quantity": quantity(value)}
    return {f"{name}Range": {"low": _bound(value.low, value.unit), "high": _bound(value.high, value.unit)}}


def timing(value: Timing | None, release: Release) -> Json:
    if value is None:
        return {}
    unit = "periodUnits" if release == "DSTU2" else "periodUnit"
    repeat = {
        "boundsPeriod": period(value.bounds),
        "count": value.times,
        "frequency": value.frequency,
        "frequencyMax": value.frequency_max,
        "period": value.period,
        "periodMax": value.period_max,
        unit: value.period_unit,
        "dayOfWeek": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][: value.days_of_week],
        "timeOfDay": [f"{8 + 4 * n:02}:00:00" for n in range(value.times_of_day)],
        "when": value.when[0] if value.when and release == "DSTU2" else list(value.when),
    }
    said = {name: int(x) if isinstance(x, float) and x == int(x) else x for name, x in present(repeat).items()}
    return present({"repeat": said, "code": code(f"{TERMINOLOGY}/v3-GTSAbbreviation", value.code)})


def dosages(values: Iterable[Dosage], release: Release, dose: str = "dose") -> list[Json]:
    """`dose` names the amount: DSTU2's statements call it `quantity`."""
    return [_dosage(value, release, dose) for value in values]


def _dosage(value: Dosage, release: Release, dose: str) -> Json:
    given = amount(dose, value.dose)
    most = _most(value)
    return present(
        {
            "sequence": value.sequence,
            "text": value.text,
            "timing": timing(value.timing, release),
            "asNeeded" if release == "R5" else "asNeededBoolean": value.as_needed,
            "siteCodeableConcept" if release == "DSTU2" else "site": concept(value.site),
            "route": concept(value.route),
            **(given if release in ("DSTU2", "STU3") else {"doseAndRate": [given] if given else []}),
            "maxDosePerPeriod": [most] if most and release == "R5" else most,
        }
    )


def _most(value: Dosage) -> Json:
    if value.max_dose is None or value.max_dose_days is None:
        return {}
    return {"numerator": quantity(value.max_dose), "denominator": _bound(value.max_dose_days, "d")}
