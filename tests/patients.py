"""Patients in clinical terms, as `examples.toml` writes them → PatientRecord. The field names are those of
`cds_service/record.py`.

A concept is a string: `"icd10cm G51.31"`, `"icd10cm G51.31 Clonic hemifacial spasm, right"` (with a display) or just
words; or a table `{ codings = [...], text = "..." }`. A date is `2026-03-23`, or a string for a vaguer one
(`"2026-03"`, `"2026"`). A quantity is `200`, `"200 mg"`, `">400 mg/d"` or `"1-2 {tbl}"`. A missing reference is
numbered (`Condition/1`). `drafts` holds its own `medications`, `orders` and `appointments`, numbered as drafts
(`MedicationRequest/draft-1`).
"""

import re
from calendar import monthrange
from datetime import date, datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from cds_service import record as r

SYSTEMS = {
    "sct": r.SNOMED,
    "icd10cm": r.ICD10CM,
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "icd9": "http://hl7.org/fhir/sid/icd-9-cm",
    "rxn": r.RXNORM,
    "atc": r.ATC,
    "loinc": r.LOINC,
    "cpt": r.CPT,
    "hcpcs": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "mesh": "https://www.nlm.nih.gov/mesh",
    "hpo": "http://human-phenotype-ontology.org",
    "orpha": "http://www.orpha.net",
    "omim": "http://www.omim.org",
    "race": "urn:oid:2.16.840.1.113883.6.238",
    "local": "urn:example:local",
}
_CODING = re.compile(rf"^({'|'.join(SYSTEMS)}) (\S+)(?: (.+))?$")
_QUANTITY = re.compile(r"^(<=|>=|<|>)?\s*([\d.]+)(?:-([\d.]+))?\s*(.*)$")
_NAMES = {
    "Condition": "Condition",
    "Procedure": "Procedure",
    "Observation": "Observation",
    "Order": "ServiceRequest",
    "Report": "DiagnosticReport",
    "Appointment": "Appointment",
    "Allergy": "AllergyIntolerance",
}
_MEDICATION_NAMES = {
    "statement": "MedicationStatement",
    "request": "MedicationRequest",
    "administration": "MedicationAdministration",
    "dispense": "MedicationDispense",
}


def partial_date(value: date | str) -> r.PartialDate:
    if isinstance(value, datetime):
        return r.PartialDate(value.date(), value.date(), value.isoformat())
    if isinstance(value, date):
        return r.PartialDate(value, value, value.isoformat())
    parts = [int(p) for p in value[:10].split("-")]
    if len(parts) == 1:
        return r.PartialDate(date(parts[0], 1, 1), date(parts[0], 12, 31), value)
    if len(parts) == 2:
        return r.PartialDate(date(*parts, 1), date(*parts, monthrange(*parts)[1]), value)
    return r.PartialDate(date(*parts), date(*parts), value)


def coding(value: str) -> r.Coding:
    found = _CODING.match(value)
    assert found, f"{value!r} is no coding; write e.g. 'icd10cm G51.31'"
    return r.Coding(SYSTEMS[found[1]], found[2], found[3] or "")


def concept(value: str | dict[str, Any]) -> r.Concept:
    if isinstance(value, dict):
        assert value.keys() <= {"codings", "text"}, f"unknown: {value.keys()}"
        return r.Concept(tuple(coding(c) for c in value.get("codings", ())), value.get("text", ""))
    return r.Concept((coding(value),)) if _CODING.match(value) else r.Concept((), value)


def quantity(value: float | str) -> r.Quantity:
    if isinstance(value, int | float):
        return r.Quantity(value, value)
    found = _QUANTITY.match(value)
    assert found, f"{value!r} is no quantity"
    return r.Quantity(float(found[2]), float(found[3] or found[2]), found[4], found[1] or "")


_SPECIAL = {r.PartialDate: partial_date, r.Coding: coding, r.Concept: concept, r.Quantity: quantity}


def _convert(kind: Any, value: Any) -> Any:
    if kind in _SPECIAL:
        return _SPECIAL[kind](value)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _convert(next(a for a in get_args(kind) if a is not type(None)), value)
    if origin is tuple:
        return tuple(_convert(get_args(kind)[0], v) for v in value)
    if origin is Literal:
        assert value in get_args(kind), f"{value!r} is none of {get_args(kind)}"
        return value
    if hasattr(kind, "_fields"):
        return build(kind, value)
    return kind(value)


def build(kind: Any, data: dict[str, Any], number: int | str = 1) -> Any:
    """One part of a record from its table; an unknown field is an error."""
    unknown = data.keys() - set(kind._fields)
    assert not unknown, f"{kind.__name__} has no {', '.join(sorted(unknown))}; it has {', '.join(kind._fields)}"
    hints = get_type_hints(kind)
    part = kind(**{name: _convert(hints[name], value) for name, value in data.items()})
    if "reference" in kind._fields and not part.reference:
        name = _MEDICATION_NAMES[part.kind] if kind is r.MedicationUse else _NAMES.get(kind.__name__, kind.__name__)
        part = part._replace(reference=f"{name}/{number}")
    return part


def patient_record(data: dict[str, Any]) -> r.PatientRecord:
    """The record of one example: the tables `patient`, `conditions`, `medications`, `procedures` …, each field
    optional.
    """
    hints = get_type_hints(r.PatientRecord)
    fields: dict[str, Any] = {}
    for name, value in data.items():
        assert name in hints, f"a record has no {name!r}; it has {', '.join(hints)}"
        if name == "patient":
            fields[name] = build(r.Patient, value)
        elif name == "drafts":
            fields[name] = drafts(value)
        else:
            kind = get_args(hints[name])[0]
            fields[name] = tuple(build(kind, entry, n) for n, entry in enumerate(value, 1))
    return r.PatientRecord(**fields)


def drafts(data: dict[str, Any]) -> r.Drafts:
    """What is being signed or booked; medicines are requests."""
    hints = get_type_hints(r.Drafts)
    assert data.keys() <= hints.keys(), f"drafts are {', '.join(hints)}"
    asked = {"kind": "request"}
    parts = {name: [{**asked, **entry} if name == "medications" else entry for entry in data[name]] for name in data}
    return r.Drafts(
        **{
            name: tuple(build(get_args(hints[name])[0], entry, f"draft-{n}") for n, entry in enumerate(entries, 1))
            for name, entries in parts.items()
        }
    )
