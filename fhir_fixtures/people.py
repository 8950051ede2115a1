"""The invented patients, as they are written once in `patients/<name>.toml`.

`story` (one line), `given` and `family`, a `[record]` in the vocabulary of `cds_service/record.py` (as
`tests/patients.py` reads it), and what only FHIR knows, in `[rendering]`: `contained`, `bundled` and `missing` name the
entries whose medication is a resource of its own, inside the entry, beside it in the Bundle (`urn:uuid`) or nowhere
(its display is known); `strangers` are conditions of somebody else that the server mixed in. An entry's id is the
patient's name, a letter for its kind and its number: `amara-okafor-c1` is her first condition, `c1` in `[rendering]`.
"""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from cds_service.record import Concept, Condition, MedicationUse, Order, PatientRecord
from tests.patients import build, patient_record

FOLDER = Path(__file__).parent / "patients"
STRANGER = "somebody-else"
_TYPES = {
    "conditions": "Condition",
    "procedures": "Procedure",
    "observations": "Observation",
    "orders": "ServiceRequest",
    "reports": "DiagnosticReport",
    "appointments": "Appointment",
    "allergies": "AllergyIntolerance",
}
_MEDICATION_TYPES = {
    "statement": "MedicationStatement",
    "request": "MedicationRequest",
    "administration": "MedicationAdministration",
}
_LETTERS = {
    "conditions": "c",
    "medications": "m",
    "procedures": "p",
    "observations": "o",
    "orders": "s",
    "reports": "d",
}
_LETTERS |= {"appointments": "a", "allergies": "x"}


class Person(NamedTuple):
    name: str
    story: str
    given: str
    family: str
    record: PatientRecord
    contained: tuple[str, ...] = ()
    bundled: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    strangers: tuple[Condition, ...] = ()


def read_person(file: Path) -> Person:
    """Raises an error that names the file or field for anything that a record does not have."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    unknown = data.keys() - {"story", "given", "family", "record", "rendering"}
    if unknown:
        raise ValueError(f"{file.name} holds unknown {', '.join(sorted(unknown))}.")
    name = file.stem
    rendering = data.get("rendering", {})
    strangers = tuple(
        build(Condition, {"reference": f"Condition/{STRANGER}-c{number}", **table})
        for number, table in enumerate(rendering.pop("strangers", ()), 1)
    )
    kept = {key: tuple(f"{name}-{entry}" for entry in value) for key, value in rendering.items()}
    return Person(
        name, data["story"], data["given"], data["family"], _record(name, data["record"]), **kept, strangers=strangers
    )


def _record(name: str, tables: dict[str, Any]) -> PatientRecord:
    numbered: dict[str, Any] = {"patient": {"id": name, **tables["patient"]}}
    for part, entries in tables.items():
        if part != "patient":
            numbered[part] = [
                {"reference": f"{_type(part, entry)}/{name}-{_LETTERS[part]}{number}", **entry}
                for number, entry in enumerate(entries, 1)
            ]
    return patient_record(numbered)


def _type(part: str, entry: dict[str, Any]) -> str:
    return _MEDICATION_TYPES[entry.get("kind", "statement")] if part == "medications" else _TYPES[part]


def everybody() -> tuple[Person, ...]:
    return tuple(read_person(file) for file in sorted(FOLDER.glob("*.toml")))


def named_reasons(entry: MedicationUse | Order, person: Person) -> tuple[Concept, ...]:
    """What the conditions are that an entry gives as its reasons by reference."""
    return tuple(c.code for c in person.record.conditions if c.reference in entry.reason_references)
