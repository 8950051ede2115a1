"""Patient, Condition, Procedure and Observation in the shape of every release, and what cannot be read."""

from typing import Any

import pytest

from cds_service import record as r
from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import look
from cds_service.fhir.record_reading import FOREIGN, NO_RESOURCE, NOT_DECODED, read_record
from tests.fhir_values import CONDITIONS, HFS, HFS_READ, UTC, WHY, bundle, code, read, record, words
from tests.patients import partial_date as day

# -- Patient


def test_patient() -> None:
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1970-04", "gender": "Female", "active": False}
    assert record(patient=patient).patient == r.Patient("p1", day("1970-04"), "female", active=False)
    assert record(patient=bundle(patient)).patient.id == "p1"
    assert record(patient=bundle({**patient, "id": "p2"}, patient)).patient.id == "p1"
    other = record(patient={**patient, "id": "p2"})
    assert (other.patient, other.unread) == (r.Patient(), (r.Unread("patient", "Patient/p2", FOREIGN),))
    assert record(patient={"resourceType": "Patient", "gender": "male"}).patient == r.Patient(sex="male")


@pytest.mark.parametrize(
    ("elements", "deceased", "on"),
    [
        ({}, False, None),
        ({"deceasedBoolean": False}, False, None),
        ({"deceasedBoolean": True}, True, None),
        ({"deceasedDateTime": "2026-01-02"}, False, "2026-01-02"),
        ({"deceasedDateTime": "last winter"}, True, None),
    ],
)
def test_patient_deceased(elements: dict[str, Any], deceased: bool, on: str | None) -> None:
    patient = record(patient={"resourceType": "Patient", "id": "p1", **elements}).patient
    assert (patient.deceased, patient.deceased_on) == (deceased, on and day(on))


# -- Condition


@pytest.mark.parametrize("shape", CONDITIONS)
def test_condition_of_every_release(shape: str) -> None:
    assert read("Condition", code=HFS, onsetDateTime="2025-11-03", **CONDITIONS[shape]) == r.Condition(
        reference="Condition/x",
        code=HFS_READ,
        status="active",
        verification="confirmed",
        categories=("diagnosis",),
        onset=day("2025-11-03"),
        recorded=day("2025-11-05"),
        body_sites=(words("right face"),),
        notes=("since autumn",),
    )


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"onsetPeriod": {"start": "2025-01", "end": "2025-03"}}, {"onset": day("2025-01")}),
        ({"onsetString": "2025"}, {"onset": day("2025")}),
        ({"onsetString": "in spring"}, {}),
        ({"onsetAge": {"value": 55, "unit": "years", "code": "a"}}, {"onset_age_years": 55.0}),
        ({"onsetAge": {"value": 18, "code": "mo"}}, {"onset_age_years": 1.5}),
        ({"onsetAge": {"value": 3, "unit": "moons"}}, {}),
        ({"onsetQuantity": {"value": 55, "unit": "a"}}, {"onset_age_years": 55.0}),
        ({"onsetRange": {"low": {"value": 50}, "high": {"value": 55}}}, {"onset_age_years": 50.0}),
        ({"abatementDateTime": "2026-01-01"}, {"abatement": day("2026-01-01")}),
        ({"abatementPeriod": {"start": "2025-12", "end": "2026-01"}}, {"abatement": day("2026-01")}),
        ({"abatementBoolean": True}, {"abated": True}),
        ({"abatementBoolean": False}, {}),
        ({"abatementString": "gone"}, {"abated": True}),
        ({"abatementString": "2026-01"}, {"abatement": day("2026-01")}),
        ({"abatementAge": {"value": 56, "code": "a"}}, {"abated": True}),
        ({"abatementDateTime": "2026-02-30"}, {}),
    ],
)
def test_condition_onset_and_abatement(elements: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read("Condition", **elements) == r.Condition("Condition/x")._replace(**expected)


def test_condition_laterality_by_extension() -> None:
    url = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-laterality-qualifier"
    left = code("7771000", r.SNOMED)
    site = {
        "text": "face",
        "extension": [{"url": url, "valueCodeableConcept": left}, {"url": "urn:x", "valueString": "?"}],
    }
    for body_site in (site, [site]):
        found = read("Condition", bodySite=body_site)
        assert found.laterality == (r.Concept((r.Coding(r.SNOMED, "7771000"),)),)
        assert found.body_sites == (words("face"),)


# -- Procedure, Observation


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"performedDateTime": "2026-02-20"}, {"performed": day("2026-02-20")}),
        ({"performedPeriod": {"start": "2026-02-20", "end": "2026-02-21"}}, {"performed": day("2026-02-20")}),
        ({"performedPeriod": {"end": "2026-02-21"}}, {"performed": day("2026-02-21")}),
        ({"occurrenceDateTime": "2026-02-20"}, {"performed": day("2026-02-20")}),
        ({"occurrencePeriod": {"start": "2026-02-20"}}, {"performed": day("2026-02-20")}),
        ({"performedString": "spring 2026"}, {"performed_words": "spring 2026"}),
        ({"performedDateTime": "spring 2026"}, {"performed_words": "spring 2026"}),
        ({"performedAge": {"value": 55, "code": "a"}}, {"performed_words": "age 55 a"}),
        (
            {"performedRange": {"low": {"value": 50, "unit": "a"}, "high": {"value": 55}}},
            {"performed_words": "age 50 to 55 a"},
        ),
        ({"reasonCode": [HFS]}, {"reasons": (HFS_READ,)}),
        ({"reasonCodeableConcept": HFS}, {"reasons": (HFS_READ,)}),
        ({"reason": [{"concept": HFS}]}, {"reasons": (HFS_READ,)}),
        ({"reasonReference": [{"reference": "Condition/c1"}]}, WHY),
        ({"bodySite": [{"text": "face"}]}, {"body_sites": (words("face"),)}),
        ({"bodySite": {"text": "face"}}, {"body_sites": (words("face"),)}),
        ({"bodySite": {"concept": {"text": "face"}}}, {"body_sites": (words("face"),)}),
        ({"bodySite": {"reference": {"display": "face"}}}, {"body_sites": (words("face"),)}),
        ({"statusReason": {"text": "refused"}}, {"status_reasons": (words("refused"),)}),
        ({"notDoneReason": {"text": "refused"}}, {"status_reasons": (words("refused"),)}),
        ({"reasonNotPerformed": [{"text": "refused"}]}, {"status_reasons": (words("refused"),)}),
        ({"outcome": {"text": "poor effect"}}, {"outcome": words("poor effect")}),
        ({"notes": [{"text": "ptosis"}]}, {"notes": ("ptosis",)}),
    ],
)
def test_procedure_of_every_release(elements: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read("Procedure", **elements) == r.Procedure("Procedure/x")._replace(**expected)


MG = {"value": 450, "unit": "mg/d", "system": "http://unitsofmeasure.org", "code": "mg/d"}


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"valueQuantity": MG}, {"value": r.Quantity(450, 450, "mg/d")}),
        ({"valueQuantity": {**MG, "comparator": ">"}}, {"value": r.Quantity(450, 450, "mg/d", ">")}),
        (
            {"valueQuantity": {"value": 4.5, "unit": "cups", "system": "urn:local", "code": "CUP"}},
            {"value": r.Quantity(4.5, 4.5, "cups")},
        ),
        ({"valueQuantity": {"value": "450", "unit": "mg"}}, {"value": r.Quantity(450, 450, "mg")}),
        ({"valueQuantity": {"value": "NaN"}}, {}),
        ({"valueQuantity": {"value": True}}, {}),
        ({"valueQuantity": {"value": 10**400}}, {}),
        ({"valueInteger": 4}, {"value": r.Quantity(4, 4)}),
        ({"valueRange": {"low": {"value": 300, "unit": "mg"}}}, {"value": r.Quantity(300, 300, "mg", ">=")}),
        ({"valueRange": {"low": {"value": 9}, "high": {"value": 3}}}, {"value": r.Quantity(3, 9)}),
        ({"valueString": "a lot"}, {"value_words": "a lot"}),
        ({"valueBoolean": False}, {"value_words": "false"}),
        ({"valueCodeableConcept": {"text": "Positive"}}, {"value_concept": words("Positive")}),
        ({"effectivePeriod": {"start": "2026-02-20", "end": "2026-02-21"}}, {"effective": day("2026-02-20")}),
        (
            {"issued": "2026-02-20T10:00:00Z"},
            {"effective": day("2026-02-20")._replace(written="2026-02-20T10:00:00Z"), "issued": "2026-02-20T10:00:00Z"},
        ),
        ({"interpretation": [code("H")]}, {"interpretations": ("H",)}),
        ({"interpretation": {"text": "high"}}, {"interpretations": ("high",)}),
        ({"referenceRange": [{"low": {"value": 2.1}, "high": {"value": 2.6}}]}, {"range_low": 2.1, "range_high": 2.6}),
        (
            {
                "referenceRange": [
                    {"type": code("therapeutic"), "low": {"value": 1}},
                    {"type": code("normal"), "high": {"value": 5}},
                ]
            },
            {"range_high": 5.0},
        ),
        ({"comments": "fasting"}, {"notes": ("fasting",)}),
        ({"comment": "fasting"}, {"notes": ("fasting",)}),
        ({"note": [{"text": "fasting"}]}, {"notes": ("fasting",)}),
        (
            {
                "component": [
                    {"code": {"text": "tea"}, "valueQuantity": MG},
                    {"code": {"text": "cola"}, "valueCodeableConcept": {"text": "none"}},
                ]
            },
            {
                "components": (
                    r.Component(words("tea"), r.Quantity(450, 450, "mg/d")),
                    r.Component(words("cola"), None, "none"),
                )
            },
        ),
    ],
)
def test_observation_of_every_release(elements: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read("Observation", **elements) == r.Observation("Observation/x")._replace(**expected)


# -- What cannot be read


def test_unread_resources_are_listed_and_hide_no_other() -> None:
    good = {"resourceType": "Condition", "id": "c", "code": HFS}
    found = record(
        conditions=bundle(
            good, {"resource": []}, {"resource": "?"}, {"resource": {"id": "n"}}, {"resource": {"resourceType": 5}}
        )
    )
    assert [c.reference for c in found.conditions] == ["Condition/c"]
    assert found.unread == (r.Unread("conditions", "", NO_RESOURCE),) * 4


def test_a_resource_broken_inside_is_unread() -> None:
    broken = b'{"resourceType":"Condition","id":"a","x":1e999}'
    good = b'{"resourceType":"Condition","id":"b"}'
    raw = b'{"resourceType":"Bundle","entry":[{"resource":' + broken + b'},{"resource":' + good + b"}]}"
    found = read_record({"conditions": look(raw, NEEDS["conditions"])}, "p1", UTC)
    assert [c.reference for c in found.conditions] == ["Condition/b"]
    assert found.unread == (r.Unread("conditions", "", NOT_DECODED),)
