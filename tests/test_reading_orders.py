"""Orders, reports, appointments and allergies in the shape of every release."""

from datetime import date
from typing import Any

import pytest

from cds_service import record as r
from tests.fhir_values import (
    CLINIC,
    GADOLINIUM,
    HFS,
    HFS_READ,
    MRI,
    bundle,
    code,
    read,
    record,
    words,
)
from tests.patients import partial_date as day

# -- Orders, reports, appointments, allergies


@pytest.mark.parametrize(
    ("kind", "elements", "expected"),
    [
        ("ServiceRequest", {"code": MRI, "authoredOn": "2026-02-01"}, {"authored": day("2026-02-01")}),
        ("ServiceRequest", {"code": {"concept": MRI}, "reason": [{"concept": HFS}]}, {"reasons": (HFS_READ,)}),
        (
            "ServiceRequest",
            {"code": MRI, "doNotPerform": True, "intent": "order"},
            {"do_not_perform": True, "intent": "order"},
        ),
        (
            "ServiceRequest",
            {"code": MRI, "occurrenceDateTime": "2026-07-01"},
            {"occurrence": r.Period(day("2026-07-01"), day("2026-07-01"))},
        ),
        (
            "ServiceRequest",
            {"code": MRI, "occurrencePeriod": {"start": "2026-07"}},
            {"occurrence": r.Period(day("2026-07"))},
        ),
        (
            "ServiceRequest",
            {"code": MRI, "occurrenceTiming": {"event": ["2026-07-01"]}},
            {"occurrence": r.Period(day("2026-07-01"), day("2026-07-01"))},
        ),
        (
            "ServiceRequest",
            {
                "code": MRI,
                "modifierExtension": {
                    "url": "http://hl7.org/fhir/StructureDefinition/request-statusReason",
                    "valueCodeableConcept": {"text": "refused"},
                },
            },
            {"status_reasons": (words("refused"),)},
        ),
        ("ProcedureRequest", {"code": MRI, "orderedOn": "2026-02-01"}, {"authored": day("2026-02-01")}),
        (
            "ProcedureRequest",
            {"code": MRI, "scheduledDateTime": "2026-07-01"},
            {"occurrence": r.Period(day("2026-07-01"), day("2026-07-01"))},
        ),
        ("ProcedureRequest", {"code": MRI, "reasonCode": [HFS]}, {"reasons": (HFS_READ,)}),
        (
            "DiagnosticOrder",
            {
                "item": [{"code": MRI}],
                "event": [{"status": "requested", "dateTime": "2026-02-01"}, {"dateTime": "2026-02-03"}],
            },
            {"authored": day("2026-02-01")},
        ),
        (
            "DiagnosticOrder",
            {"item": {"code": MRI, "status": "completed"}, "status": "in-progress"},
            {"status": "completed"},
        ),
        ("ReferralRequest", {"serviceRequested": [MRI], "dateSent": "2026-02-01"}, {"authored": day("2026-02-01")}),
        (
            "ReferralRequest",
            {"type": MRI, "fulfillmentTime": {"start": "2026-07"}},
            {"occurrence": r.Period(day("2026-07"))},
        ),
        (
            "Task",
            {"code": MRI, "for": {"reference": "Patient/p1"}, "authoredOn": "2026-02-01"},
            {"authored": day("2026-02-01")},
        ),
        ("Task", {"description": "MRI"}, {"notes": ("MRI",)}),
        (
            "Task",
            {"code": MRI, "restriction": {"period": {"end": "2026-07"}}},
            {"occurrence": r.Period(None, day("2026-07"))},
        ),
        ("Task", {"code": MRI, "requestedPeriod": {"end": "2026-07"}}, {"occurrence": r.Period(None, day("2026-07"))}),
        (
            "Task",
            {"code": MRI, "reasonCode": HFS, "statusReason": {"concept": {"text": "refused"}}},
            {"reasons": (HFS_READ,), "status_reasons": (words("refused"),)},
        ),
    ],
)
def test_order_of_every_release(kind: str, elements: dict[str, Any], expected: dict[str, Any]) -> None:
    plain = r.Order(f"{kind}/x", "task" if kind == "Task" else "order", words("MRI"))
    assert read(kind, **elements) == plain._replace(**expected)


def test_a_diagnostic_order_is_as_many_orders_as_it_has_items() -> None:
    several = {
        "resourceType": "DiagnosticOrder",
        "id": "d",
        "item": [{"code": {"text": "calcium"}}, None, {"code": {"text": "magnesium"}}],
    }
    found = record(serviceRequests=bundle(several)).orders
    assert [(o.reference, o.code.text) for o in found] == [
        ("DiagnosticOrder/d", "calcium"),
        ("DiagnosticOrder/d", "magnesium"),
    ]


MR = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "MR"}
MR_READ = r.Coding(MR["system"], "MR")


@pytest.mark.parametrize(
    ("kind", "elements", "expected"),
    [
        (
            "DiagnosticReport",
            {"code": MRI, "effectiveDateTime": "2026-01"},
            {"code": words("MRI"), "performed": day("2026-01")},
        ),
        ("DiagnosticReport", {"effectivePeriod": {"start": "2026-01"}}, {"performed": day("2026-01")}),
        ("DiagnosticReport", {"issued": "2026-01-05"}, {"performed": day("2026-01-05")}),
        ("DiagnosticReport", {"basedOn": [{"reference": "ServiceRequest/s"}]}, {"based_on": ("ServiceRequest/s",)}),
        ("DiagnosticReport", {"request": [{"reference": "DiagnosticOrder/s"}]}, {"based_on": ("DiagnosticOrder/s",)}),
        (
            "DiagnosticReport",
            {"conclusion": "loop", "conclusionCode": [MRI]},
            {"conclusion": "loop", "conclusion_codes": (words("MRI"),)},
        ),
        ("DiagnosticReport", {"codedDiagnosis": [MRI]}, {"conclusion_codes": (words("MRI"),)}),
        (
            "ImagingStudy",
            {
                "procedureCode": [code("24740-3", r.LOINC)],
                "modality": [MR],
                "started": "2026-01-05",
                "description": "MR IAC",
            },
            {"code": r.Concept((r.Coding(r.LOINC, "24740-3"), MR_READ), "MR IAC"), "performed": day("2026-01-05")},
        ),
        (
            "ImagingStudy",
            {"procedure": [{"concept": MRI}], "modality": [{"coding": [MR]}]},
            {"code": r.Concept((MR_READ,), "MRI")},
        ),
        ("ImagingStudy", {"modalityList": [MR]}, {"code": r.Concept((MR_READ,))}),
        ("ImagingStudy", {"series": [{"modality": MR}, {"modality": MR}, None]}, {"code": r.Concept((MR_READ,))}),
    ],
)
def test_report_of_every_release(kind: str, elements: dict[str, Any], expected: dict[str, Any]) -> None:
    plain = r.Report(f"{kind}/x", "report" if kind == "DiagnosticReport" else "imaging-study")
    assert read(kind, **elements) == plain._replace(**expected)


@pytest.mark.parametrize(
    "elements",
    [
        {"type": CLINIC},
        {"serviceType": [CLINIC]},
        {"serviceType": {"concept": CLINIC}},
        {"serviceType": [{"concept": CLINIC}]},
        {"reason": CLINIC},
        {"reason": [CLINIC]},
        {"reason": [{"concept": CLINIC}]},
        {"reasonCode": [CLINIC]},
        {"reasonReference": [{"reference": "Condition/1", "display": "Botulinum clinic"}]},
        {"appointmentType": CLINIC},
        {"specialty": CLINIC},
    ],
)
def test_appointment_of_every_release(elements: dict[str, Any]) -> None:
    found = read("Appointment", start="2026-06-20T22:30:00Z", **elements, description="injection", comment="injection")
    assert found == r.Appointment(
        "Appointment/x",
        start=r.PartialDate(date(2026, 6, 20), date(2026, 6, 20), "2026-06-20T22:30:00Z"),
        about=(words("Botulinum clinic"),),
        description="injection",
    )


def test_appointment_requested() -> None:
    found = read(
        "Appointment",
        status="proposed",
        requestedPeriod=[{"start": "2026-07-01", "end": "2026-07-09"}],
        created="2026-06-01",
    )
    assert found.requested == r.Period(day("2026-07-01"), day("2026-07-09"))
    assert found.created == day("2026-06-01")


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        (
            {"code": GADOLINIUM, "clinicalStatus": code("active"), "verificationStatus": code("refuted")},
            {"status": "active", "verification": "refuted"},
        ),
        (
            {"code": GADOLINIUM, "clinicalStatus": "active", "verificationStatus": "confirmed"},
            {"status": "active", "verification": "confirmed"},
        ),
        ({"substance": GADOLINIUM, "status": "confirmed"}, {"status": "active", "verification": "confirmed"}),
        ({"substance": GADOLINIUM, "status": "entered-in-error"}, {"verification": "entered-in-error"}),
        (
            {"code": GADOLINIUM, "reaction": [{"substance": {"text": "gadobutrol"}}]},
            {"substances": (words("gadobutrol"),)},
        ),
        (
            {"code": GADOLINIUM, "reaction": {"substance": [{"text": "gadobutrol"}]}},
            {"substances": (words("gadobutrol"),)},
        ),
    ],
)
def test_allergy_of_every_release(elements: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read("AllergyIntolerance", **elements) == r.Allergy("AllergyIntolerance/x", words("gadolinium"))._replace(
        **expected
    )
