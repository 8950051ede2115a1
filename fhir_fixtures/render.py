"""Writes each patient's prefetch values in every release: `python -m fhir_fixtures.render`.

`patients/<name>.toml` → `patients/<name>.<release>.json`, an object with every prefetch key of the contract.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, get_args

from cds_service.fhir.writing import Release
from cds_service.record import MedicationUse
from fhir_fixtures import clinical, medicines, orders, products, results
from fhir_fixtures.elements import Json, type_name
from fhir_fixtures.people import FOLDER, STRANGER, Person, everybody

RELEASES: tuple[Release, ...] = get_args(Release)
_MEDICINE_WRITERS: dict[str, Callable[[MedicationUse, Person, Release], Json]] = {
    "statement": medicines.statement,
    "request": medicines.request,
    "administration": medicines.administration,
}


def render(person: Person, release: Release) -> dict[str, Any]:
    """The prefetch of a patient-view call, as an EHR with a server of this release would send it."""
    record = person.record
    strangers = [clinical.condition(one, person, release, STRANGER) for one in person.strangers]
    conditions = [clinical.condition(one, person, release) for one in record.conditions]
    parts: dict[str, tuple[str, list[Json]]] = {
        "conditions": ("Condition", conditions + strangers),
        "medicationStatements": ("MedicationStatement", _medicines("statement", person, release)),
        "medicationRequests": ("MedicationRequest", _medicines("request", person, release)),
        "medicationAdministrations": ("MedicationAdministration", _medicines("administration", person, release)),
        "procedures": ("Procedure", _all(clinical.procedure, record.procedures, person, release)),
        "observations": ("Observation", _all(results.observation, record.observations, person, release)),
        "serviceRequests": ("ServiceRequest", _all(orders.order, record.orders, person, release)),
        "diagnosticReports": ("DiagnosticReport", _all(orders.report, record.reports, person, release)),
        "allergies": ("AllergyIntolerance", _all(results.allergy, record.allergies, person, release)),
        "appointments": ("Appointment", _all(orders.appointment, record.appointments, person, release)),
    }
    beside = _beside(person, release)
    bundles = {
        key: _bundle(type_name(kind, release), found, beside.get(key, []), person, release)
        for key, (kind, found) in parts.items()
    }
    return {"patient": clinical.patient(person, release), **bundles}


def _all(
    writer: Callable[[Any, Person, Release], Json], entries: Sequence[Any], person: Person, release: Release
) -> list[Json]:
    return [writer(one, person, release) for one in entries]


def _medicines(kind: str, person: Person, release: Release) -> list[Json]:
    uses = [use for use in person.record.medications if use.kind == kind]
    return _all(_MEDICINE_WRITERS[kind], uses, person, release)


def _beside(person: Person, release: Release) -> dict[str, list[Json]]:
    """Bundle entries of medications that came along (`_include`), by key."""
    keys = {
        "statement": "medicationStatements",
        "request": "medicationRequests",
        "administration": "medicationAdministrations",
    }
    found: dict[str, list[Json]] = {}
    for use in person.record.medications:
        logical_id = use.reference.partition("/")[2]
        if logical_id in person.bundled:
            included = products.medication(use, release, f"{logical_id}-medication")
            entry = {"fullUrl": products.bundled_url(use), "resource": included, "search": {"mode": "include"}}
            found.setdefault(keys[use.kind], []).append(entry)
    return found


def _bundle(kind: str, found: list[Json], beside: list[Json], person: Person, release: Release) -> Json:
    base = f"https://ehr.example/fhir/{release.lower()}"
    entries = [{"fullUrl": f"{base}/{kind}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in found]
    link = [{"relation": "self", "url": f"{base}/{kind}?patient={person.name}"}]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": link}
    return {**bundle, "entry": entries + beside} if entries else bundle


def text(person: Person, release: Release) -> str:
    return json.dumps(render(person, release), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    people = everybody()
    expected = {
        FOLDER / f"{person.name}.{release.lower()}.json": (person, release) for person in people for release in RELEASES
    }
    for stale in set(FOLDER.glob("*.json")) - expected.keys():
        stale.unlink()
    for file, (person, release) in expected.items():
        file.write_text(text(person, release), encoding="utf-8")


if __name__ == "__main__":
    main()
