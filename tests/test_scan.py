"""The fast look, and the release that a chart is in."""

from typing import Any, get_args

import pytest

from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import look
from cds_service.fhir.record_reading import read_record
from cds_service.fhir.release import Release, release_of
from cds_service.fhir.scan import scan
from tests.fhir_values import CAFFEINE, CLINIC, CONDITIONS, GADOLINIUM, HFS, MRI, UTC, bundle, key_of, looked

# -- Scan and release


@pytest.mark.parametrize("shape", CONDITIONS)
def test_scan_hears_conditions_of_every_release(shape: str) -> None:
    values = bundle({"resourceType": "Condition", "id": "c", "code": HFS, **CONDITIONS[shape]})
    seen = scan(looked({"conditions": values}))
    assert seen.unsure == (shape.startswith("Epic"))
    if not seen.unsure:
        assert seen.codes == {"G51.31"}
        assert set(seen.texts) == {
            "Right hemifacial spasm",
            "Clonic hemifacial spasm, right",
            "right face",
            "since autumn",
        }


def test_scan_spells_undotted_codes_out_and_hears_reasons() -> None:
    statement = {"resourceType": "MedicationStatement", "reasonForUseCodeableConcept": {"coding": [{"code": "g5131"}]}}
    other = {
        "resourceType": "MedicationStatement",
        "reason": [{"concept": {"coding": {"code": 3518}}, "reference": {"display": "twitch"}}],
    }
    seen = scan(looked({"medicationStatements": bundle(statement, other)}))
    assert seen.codes == {"G5131", "G51.31", "3518", "351.8"}
    assert seen.texts == ["twitch"]
    assert not seen.unsure


RELEASES: list[tuple[str, str, dict[str, Any]]] = [
    ("DSTU2", "Condition", CONDITIONS["DSTU2"]),
    ("DSTU2", "MedicationStatement", {"wasNotTaken": False}),
    ("DSTU2", "MedicationOrder", {}),
    ("DSTU2", "Procedure", {"notPerformed": True}),
    ("DSTU2", "AllergyIntolerance", {"substance": GADOLINIUM}),
    ("STU3", "Condition", CONDITIONS["STU3"]),
    ("STU3", "MedicationStatement", {"taken": "y"}),
    ("STU3", "Procedure", {"notDone": False}),
    ("STU3", "AllergyIntolerance", {"clinicalStatus": "active"}),
    ("R4", "Condition", CONDITIONS["R4"]),
    ("R4", "MedicationStatement", {"status": "active", "medicationCodeableConcept": CAFFEINE}),
    ("R4", "Procedure", {"performedDateTime": "2026-01-01"}),
    ("R4", "Appointment", {"comment": "x", "serviceType": [CLINIC]}),
    ("R5", "MedicationStatement", {"status": "recorded"}),
    ("R5", "MedicationRequest", {"medication": {"concept": CAFFEINE}}),
    ("R5", "Procedure", {"occurrenceDateTime": "2026-01-01"}),
    ("R5", "ServiceRequest", {"code": {"concept": MRI}}),
    ("R5", "Appointment", {"serviceType": [{"concept": CLINIC}]}),
]


@pytest.mark.parametrize(("release", "kind", "elements"), RELEASES)
def test_the_release_is_told_by_the_shape(release: str, kind: str, elements: dict[str, Any]) -> None:
    assert release in get_args(Release)
    plain = {"resourceType": kind, "id": "plain"}
    values = {
        key_of(kind): bundle(
            *([] if kind == "MedicationOrder" else [plain]), {"resourceType": kind, "id": "x", **elements}
        )
    }
    assert release_of(looked(values)) == (None if release == "R4" else release)


def test_nothing_tells() -> None:
    assert release_of({}) is None
    assert release_of(looked({"patient": {"resourceType": "Patient", "id": "p1"}, "conditions": bundle()})) is None


def test_scan_hears_a_contained_reason() -> None:
    inside = {"resourceType": "Condition", "id": "c", "code": HFS}
    statement = {"resourceType": "MedicationStatement", "reasonReference": [{"reference": "#c"}], "contained": [inside]}
    assert scan(looked({"medicationStatements": bundle(statement)})).codes == {"G51.31"}


@pytest.mark.parametrize("depth", [10, 200, 900, 980, 2000])
def test_no_nesting_makes_the_scan_raise(depth: int) -> None:
    nested = b'{"concept":' * depth + b'{"text":"deep"}' + b"}" * depth
    value = b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","code":' + nested + b"}}]}"
    found = {"conditions": look(value, NEEDS["conditions"])}
    seen = scan(found)
    assert seen.unsure or seen.texts == ["deep"] or found["conditions"].state == "failed"
    read_record(found, "p1", UTC)
