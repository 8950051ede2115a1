"""FHIR values in the shapes of all releases, and the record that they are read to: for the tests of reading."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cds_service import record as r
from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.record_reading import READERS, read_record

UTC = ZoneInfo("UTC")
ICD, RXN = {"system": r.ICD10CM}, {"system": r.RXNORM}
HFS = {
    "coding": [{**ICD, "code": "G51.31", "display": "Clonic hemifacial spasm, right"}],
    "text": "Right hemifacial spasm",
}
HFS_READ = r.Concept((r.Coding(r.ICD10CM, "G51.31", "Clonic hemifacial spasm, right"),), "Right hemifacial spasm")
CAFFEINE = {"coding": [{**RXN, "code": "198520", "display": "caffeine 200 MG Oral Tablet"}]}
CAFFEINE_READ = r.Concept((r.Coding(r.RXNORM, "198520", "caffeine 200 MG Oral Tablet"),))
WHY = {"reason_references": ("Condition/c1",)}
MRI = {"text": "MRI"}
CLINIC = {"text": "Botulinum clinic"}
GADOLINIUM = {"text": "gadolinium"}


def words(text: str) -> r.Concept:
    return r.Concept((), text)


def code(value: str, system: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": value}]}


def bundle(*resources: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [x if "resource" in x else {"resource": x} for x in resources]}


def looked(values: dict[str, Any]) -> dict[str, Looked]:
    return {key: look(msgspec.json.encode(value), NEEDS[key]) for key, value in values.items()}


def record(**values: Any) -> r.PatientRecord:
    return read_record(looked(values), "p1", UTC)


def key_of(kind: str) -> str:
    return next(need.key for need in NEEDS.values() if kind in need.types)


def read(kind: str, **elements: Any) -> Any:
    """The one part of the record that this resource becomes."""
    found = record(**{key_of(kind): bundle({"resourceType": kind, "id": "x", **elements})})
    part = getattr(found, READERS[kind][0])
    if kind == "Patient":
        return part
    assert len(part) == 1, found.unread
    return part[0]


# One condition as each release writes it.
SUBJECT = {"subject": {"reference": "Patient/p1"}}
CONDITIONS: dict[str, dict[str, Any]] = {
    "DSTU2": {
        "patient": {"reference": "Patient/p1"},
        "clinicalStatus": "active",
        "verificationStatus": "confirmed",
        "category": code("diagnosis"),
        "dateRecorded": "2025-11-05",
        "bodySite": [{"text": "right face"}],
        "notes": "since autumn",
    },
    "STU3": {
        **SUBJECT,
        "clinicalStatus": "active",
        "verificationStatus": "confirmed",
        "category": [code("diagnosis")],
        "assertedDate": "2025-11-05",
        "bodySite": [{"text": "right face"}],
        "note": [{"text": "since autumn"}],
    },
    "R4": {
        **SUBJECT,
        "clinicalStatus": code("active", "http://terminology.hl7.org/CodeSystem/condition-clinical"),
        "verificationStatus": code("confirmed"),
        "category": [code("diagnosis")],
        "recordedDate": "2025-11-05",
        "bodySite": [{"text": "right face"}],
        "note": [{"text": "since autumn"}],
    },
    "Epic's category, nulls and single things for lists": {
        **SUBJECT,
        "clinicalStatus": {"coding": code("ACTIVE")["coding"][0]},
        "verificationStatus": {"text": "Confirmed"},
        "category": code("diagnosis"),
        "recordedDate": ["2025-11-05"],
        "bodySite": {"text": " right face "},
        "note": [None, {"text": "since autumn"}, {"text": 5}],
        "severity": None,
    },
}
