"""Whose a resource is, what refers to it, and how codes and dates are written."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service import record as r
from cds_service.fhir.codings import canonical_system, icd_written_out
from cds_service.fhir.dates import partial_date
from cds_service.fhir.record_reading import FOREIGN
from tests.fhir_values import (
    HFS,
    HFS_READ,
    UTC,
    bundle,
    read,
    record,
)

BERLIN = ZoneInfo("Europe/Berlin")


# -- Whose it is


@pytest.mark.parametrize(
    ("whose", "mine"),
    [
        ({}, True),
        ({"subject": {"reference": "Patient/p1"}}, True),
        ({"subject": {"reference": "https://ehr.example/fhir/Patient/p1"}}, True),
        ({"subject": {"reference": "Patient/p1/_history/4"}}, True),
        ({"subject": {"reference": "urn:uuid:p1"}}, True),
        ({"subject": {"reference": "urn:uuid:aaaa"}}, True),
        ({"subject": {"reference": "p1"}}, True),
        ({"subject": "Patient/p1"}, True),
        ({"subject": {"identifier": {"value": "77"}}}, True),
        ({"subject": {"display": "somebody"}}, True),
        ({"subject": {"reference": "#pat"}, "contained": [{"resourceType": "Patient", "id": "pat"}]}, True),
        ({"patient": {"reference": "Patient/p1"}}, True),
        ({"subject": {"reference": "Patient/p2"}}, False),
        ({"patient": {"reference": "Patient/p2"}}, False),
        ({"subject": {"reference": "https://ehr.example/fhir/Patient/p2"}}, False),
        ({"subject": {"reference": "urn:uuid:bbbb"}}, False),
        ({"subject": {"reference": "Group/p1"}}, False),
        ({"subject": [{"reference": "Patient/p2"}]}, False),
    ],
)
def test_another_patients_resource_is_ignored(whose: dict[str, Any], mine: bool) -> None:
    patient = {"fullUrl": "urn:uuid:aaaa", "resource": {"resourceType": "Patient", "id": "p1"}}
    resource = {"resourceType": "Condition", "id": "c", "code": HFS, **whose}
    found = record(patient=bundle(patient), conditions=bundle(resource))
    assert [c.reference for c in found.conditions] == (["Condition/c"] if mine else [])
    assert found.unread == (() if mine else (r.Unread("conditions", "Condition/c", FOREIGN),))


def test_another_patients_task_and_appointment_are_ignored() -> None:
    def visit(*actors: str) -> dict[str, Any]:
        participants = [{"actor": {"reference": actor}} for actor in actors]
        return {"resourceType": "Appointment", "id": "-".join(actors).replace("/", "."), "participant": participants}

    visits = bundle(visit("Practitioner/p9", "Patient/p1"), visit("Practitioner/p9"), visit("Patient/p2"))
    tasks = bundle({"resourceType": "Task", "id": "t", "for": {"reference": "Patient/p2"}})
    found = record(appointments=visits, serviceRequests=tasks)
    assert len(found.appointments) == 2
    assert [u.reference for u in found.unread] == ["Task/t", "Appointment/Patient.p2"]


# -- Names of things


def test_references_are_told_the_same_way_however_they_are_written() -> None:
    condition = {"fullUrl": "urn:uuid:c-1", "resource": {"resourceType": "Condition", "id": "c1", "code": HFS}}
    nameless = {"fullUrl": "https://ehr/fhir/Condition/c2", "resource": {"resourceType": "Condition", "code": HFS}}
    only_urn = {"fullUrl": "urn:uuid:c-3", "resource": {"resourceType": "Condition", "code": HFS}}
    refs = ["urn:uuid:c-1", "https://ehr/fhir/Condition/c2", "urn:uuid:c-3", "Condition/c9"]
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s",
        "reasonReference": [{"reference": ref} for ref in refs],
    }
    found = record(conditions=bundle(condition, nameless, only_urn), medicationStatements=bundle(statement))
    assert [c.reference for c in found.conditions] == ["Condition/c1", "Condition/c2", "urn:uuid:c-3"]
    assert found.medications[0].reason_references == ("Condition/c1", "Condition/c2", "urn:uuid:c-3", "Condition/c9")
    assert found.medications[0].reasons == ()


def test_a_reason_that_is_on_no_list_lends_its_code() -> None:
    included = {"resourceType": "Condition", "id": "c1", "code": HFS}
    statement = {"resourceType": "MedicationStatement", "id": "s", "reasonReference": [{"reference": "Condition/c1"}]}
    found = record(medicationStatements=bundle(statement, included))
    assert found.conditions == ()
    assert found.medications[0].reasons == (HFS_READ,)


def test_the_same_resource_twice_is_one() -> None:
    dispensed = {"resourceType": "MedicationDispense", "id": "d"}
    assert len(record(medicationAdministrations=bundle(dispensed, dispensed)).medications) == 1
    nameless = {"resourceType": "MedicationDispense"}
    assert len(record(medicationAdministrations=bundle(nameless, nameless)).medications) == 2


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("urn:oid:2.16.840.1.113883.6.96", r.SNOMED),
        ("2.16.840.1.113883.6.96", r.SNOMED),
        ("https://snomed.info/sct/", r.SNOMED),
        ("http://snomed.info/sct/900000000000207008/version/20240301", r.SNOMED),
        ("SNOMED-CT", r.SNOMED),
        ("urn:oid:2.16.840.1.113883.6.90", r.ICD10CM),
        ("https://hl7.org/fhir/sid/icd-10-cm", r.ICD10CM),
        ("http://hl7.org/fhir/sid/icd-10-us", r.ICD10CM),
        ("ICD-10-CM", r.ICD10CM),
        ("urn:oid:2.16.840.1.113883.6.3", "http://hl7.org/fhir/sid/icd-10"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "http://hl7.org/fhir/sid/icd-10"),
        ("urn:oid:2.16.840.1.113883.6.103", "http://hl7.org/fhir/sid/icd-9-cm"),
        ("urn:oid:2.16.840.1.113883.6.88", r.RXNORM),
        ("https://www.nlm.nih.gov/research/umls/rxnorm/", r.RXNORM),
        ("urn:oid:2.16.840.1.113883.6.1", r.LOINC),
        (" LN ", r.LOINC),
        ("urn:oid:2.16.840.1.113883.6.12", r.CPT),
        ("urn:oid:2.16.840.1.113883.6.73", r.ATC),
        (
            "https://www.cms.gov/Medicare/Coding/MedHCPCSGenInfo",
            "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        ),
        ("urn:oid:2.16.840.1.113883.6.285", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
        ("urn:oid:2.16.840.1.113883.6.238", "urn:oid:2.16.840.1.113883.6.238"),
        ("http://www.nlm.nih.gov/mesh", "https://www.nlm.nih.gov/mesh"),
        ("urn:example:local", "urn:example:local"),
        ("", ""),
    ],
)
def test_systems_by_other_names(written: str, canonical: str) -> None:
    assert canonical_system(written) == canonical


@pytest.mark.parametrize(
    ("written", "nine", "expected"),
    [
        ("G5131", False, "G51.31"),
        (" g51.31 ", False, "G51.31"),
        ("G51", False, "G51"),
        ("G51.", False, "G51"),
        ("G51.3*", False, "G51.3"),
        ("S0450XA", False, "S04.50XA"),
        ("E8342", False, "E83.42"),
        ("M1A9", False, "M1A.9"),
        ("3518", True, "351.8"),
        ("351.8", True, "351.8"),
        ("E8500", True, "E850.0"),
        ("V1046", True, "V10.46"),
        ("38341003", False, "38341003"),
        ("facial spasm", False, "FACIAL SPASM"),
        ("", False, ""),
    ],
)
def test_icd_codes_get_their_dot(written: str, nine: bool, expected: str) -> None:
    assert icd_written_out(written, nine) == expected


def test_codes_are_trimmed_numeric_ones_taken_and_other_systems_left_as_written() -> None:
    codings = [
        {"system": "SCT", "code": 13753008},
        {"system": r.CPT, "code": 64612.0},
        {"system": "urn:x", "code": " a1 "},
        {"code": True},
        None,
        "?",
        {},
    ]
    assert read("Condition", code={"coding": codings}).code.codings == (
        r.Coding(r.SNOMED, "13753008"),
        r.Coding(r.CPT, "64612"),
        r.Coding("urn:x", "a1"),
    )


@pytest.mark.parametrize(
    ("written", "earliest", "latest"),
    [
        ("2026", (2026, 1, 1), (2026, 12, 31)),
        ("2026-02", (2026, 2, 1), (2026, 2, 28)),
        ("2026-03-23", (2026, 3, 23), None),
        ("2026-3-5", (2026, 3, 5), None),
        ("2026-03-23T23:30:00-05:00", (2026, 3, 23), None),
        ("2026-03-23T23:30:00+00:00", (2026, 3, 23), None),
        ("2026-03-23T23:30:00Z", (2026, 3, 24), None),
        ("2026-03-23T22:59:59.999Z", (2026, 3, 23), None),
        ("2026-03-23T23:30:00", (2026, 3, 23), None),
        ("2026-03-23 23:30", (2026, 3, 23), None),
        ("2026-03-23T23:30:00+0000", (2026, 3, 23), None),
        ("2026-03-23T23:30:00.123456789Z", (2026, 3, 24), None),
        ("2026-03-23T24:00:00", (2026, 3, 23), None),
        ("2026-03-23T24:00:00Z", (2026, 3, 24), None),
        ("2026-03-23T23:59:60+01:00", (2026, 3, 23), None),
        (" 2026-03-23 ", (2026, 3, 23), None),
        ("9999-12-31T23:59:59Z", (9999, 12, 31), None),
    ],
)
def test_dates_as_precise_as_written(
    written: str, earliest: tuple[int, int, int], latest: tuple[int, int, int] | None
) -> None:
    first = date(*earliest)
    assert partial_date(written, BERLIN) == r.PartialDate(first, date(*latest) if latest else first, written.strip())


@pytest.mark.parametrize(
    "written",
    [
        *("", "spring 2026", "2026-02-30", "2026-13", "0000", "26-01-01", "2026-01-01T25:00", "2026-01-01T10:61"),
        *("20260101", 2026, None, True, ["2026"], "2026-01-01" + " " * 100, "٢٠٢٦"),
    ],
)
def test_what_is_no_date_is_none(written: Any) -> None:
    assert partial_date(written, UTC) is None
