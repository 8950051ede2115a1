"""Medicines in the shape of every release: what it is, whether and when it was taken, how much, and why."""

from typing import Any

import pytest

from cds_service import record as r
from tests.fhir_values import CAFFEINE, CAFFEINE_READ, HFS, HFS_READ, WHY, bundle, code, read, record, words
from tests.patients import partial_date as day

# -- Medicines: status


@pytest.mark.parametrize(
    ("kind", "elements", "status"),
    [
        ("MedicationStatement", {"status": "active"}, "active"),
        ("MedicationStatement", {}, ""),
        ("MedicationStatement", {"status": "active", "wasNotTaken": True}, "not-taken"),
        ("MedicationStatement", {"status": "active", "wasNotTaken": False}, "active"),
        ("MedicationStatement", {"status": "entered-in-error", "wasNotTaken": True}, "entered-in-error"),
        ("MedicationStatement", {"status": "active", "taken": "n"}, "not-taken"),
        ("MedicationStatement", {"status": "active", "taken": "y"}, "active"),
        ("MedicationStatement", {"status": "not-taken"}, "not-taken"),
        ("MedicationStatement", {"status": "recorded"}, "active"),
        ("MedicationStatement", {"status": "recorded", "adherence": {"code": code("taking-as-directed")}}, "active"),
        ("MedicationStatement", {"status": "recorded", "adherence": {"code": code("not-taking")}}, "not-taken"),
        ("MedicationStatement", {"status": "recorded", "adherence": {"code": code("stopped-as-directed")}}, "stopped"),
        ("MedicationStatement", {"status": "recorded", "adherence": {"code": code("on-hold")}}, "on-hold"),
        ("MedicationStatement", {"status": "draft", "adherence": {"code": code("stopped")}}, "draft"),
        ("MedicationRequest", {"status": "active"}, "active"),
        ("MedicationRequest", {"status": "active", "doNotPerform": True}, "not-taken"),
        ("MedicationRequest", {"status": "ended"}, "stopped"),
        ("MedicationOrder", {"status": "completed"}, "completed"),
        ("MedicationAdministration", {"status": "completed"}, "completed"),
        ("MedicationAdministration", {"status": "completed", "wasNotGiven": True}, "not-done"),
        ("MedicationAdministration", {"status": "completed", "notGiven": True}, "not-done"),
        ("MedicationAdministration", {"status": "not-done"}, "not-done"),
        ("MedicationDispense", {"status": "completed", "notDone": True}, "declined"),
        ("MedicationDispense", {"status": "completed"}, "completed"),
        ("Procedure", {"status": "completed"}, "completed"),
        ("Procedure", {"status": "completed", "notPerformed": True}, "not-done"),
        ("Procedure", {"status": "suspended", "notDone": True}, "not-done"),
        ("Procedure", {"status": "suspended"}, "on-hold"),
        ("Procedure", {"status": "aborted"}, "stopped"),
        ("Procedure", {"status": "entered-in-error", "notPerformed": True}, "entered-in-error"),
        ("ServiceRequest", {"status": "active"}, "active"),
        ("ServiceRequest", {"status": "revoked"}, "revoked"),
        ("ProcedureRequest", {"status": "suspended"}, "on-hold"),
        ("ProcedureRequest", {"status": "requested"}, "active"),
        ("DiagnosticOrder", {"status": "rejected"}, "revoked"),
        ("DiagnosticRequest", {"status": "cancelled"}, "revoked"),
        ("ReferralRequest", {"status": "accepted"}, "active"),
        ("Task", {"status": "accepted"}, "accepted"),
        ("Task", {"status": "cancelled"}, "cancelled"),
        ("ImagingStudy", {"status": "available"}, "available"),
        ("ImagingStudy", {"availability": "ONLINE"}, "available"),
        ("ImagingStudy", {"availability": "UNAVAILABLE"}, "unknown"),
        ("Observation", {"status": "Final"}, "final"),
        ("Appointment", {"status": "booked"}, "booked"),
    ],
)
def test_status_is_r4s_whatever_the_release_says_it_with(kind: str, elements: dict[str, Any], status: str) -> None:
    assert read(kind, **elements).status == status


# -- Medicines: what it is

MEDICATION = {"resourceType": "Medication", "id": "m1", "code": CAFFEINE}


@pytest.mark.parametrize(
    "elements",
    [
        {"medicationCodeableConcept": CAFFEINE},
        {"medication": {"concept": CAFFEINE}},
        {"medication": CAFFEINE},
        {"medicationCodeableConcept": CAFFEINE["coding"][0]},
        {"medicationCodeableConcept": [None, CAFFEINE]},
        {"medicationReference": {"reference": "Medication/m1"}},
        {"medicationReference": {"reference": "https://ehr.example/api/FHIR/R4/Medication/m1"}},
        {"medicationReference": {"reference": "https://ehr.example/api/FHIR/R4/Medication/m1/_history/3"}},
        {"medicationReference": {"reference": "urn:uuid:0b8d-m1"}},
        {"medicationReference": "Medication/m1"},
        {"medication": {"reference": {"reference": "Medication/m1", "display": "tablets"}}},
        {"medication": {"reference": "Medication/m1"}},
        {"medicationReference": {"reference": "#m"}, "contained": [{**MEDICATION, "id": "m"}]},
        {"medicationReference": {"reference": "#m"}, "contained": {**MEDICATION, "id": "#m"}},
    ],
)
def test_a_medicine_is_found_wherever_it_stands(elements: dict[str, Any]) -> None:
    statement = {"resourceType": "MedicationStatement", "id": "s", **elements}
    found = record(medicationStatements=bundle(statement, {"fullUrl": "urn:uuid:0b8d-m1", "resource": MEDICATION}))
    medicine = found.medications[0].medication
    assert medicine.codings == CAFFEINE_READ.codings
    assert not found.medications[0].unresolved
    assert not found.unread


def test_a_medicine_included_under_another_key_is_found() -> None:
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s",
        "medicationReference": {"reference": "Medication/m1"},
    }
    other = {"resourceType": "MedicationRequest", "id": "q", "medicationReference": {"reference": "Medication/m1"}}
    found = record(medicationStatements=bundle(statement), medicationRequests=bundle(other, MEDICATION))
    assert [m.medication for m in found.medications] == [CAFFEINE_READ, CAFFEINE_READ]


def test_a_medicine_that_is_not_here_is_called_by_its_display() -> None:
    shown = read("MedicationStatement", medicationReference={"reference": "Medication/m9", "display": "Botox 100 U"})
    assert (shown.medication, shown.unresolved) == (words("Botox 100 U"), False)
    silent = read("MedicationStatement", medicationReference={"reference": "Medication/m9"})
    assert (silent.medication, silent.unresolved) == (r.Concept(), True)


TABLET = {"value": 1, "unit": "tablet"}
RATIO = {
    "numerator": {"value": 200, "unit": "mg", "code": "mg", "system": "http://unitsofmeasure.org"},
    "denominator": TABLET,
}
SUBSTANCE = {"resourceType": "Substance", "id": "sub", "code": {"text": "Caffeine"}}


@pytest.mark.parametrize(
    "medication",
    [
        {"ingredient": [{"itemCodeableConcept": {"text": "Caffeine"}, "strength": RATIO}]},
        {"ingredient": {"itemCodeableConcept": {"text": "Caffeine"}, "strength": RATIO}},
        {"ingredient": [{"itemCodeableConcept": {"text": "Caffeine"}, "amount": RATIO}]},
        {"ingredient": [{"item": {"concept": {"text": "Caffeine"}}, "strengthRatio": RATIO}]},
        {"ingredient": [{"item": {"reference": {"reference": "Substance/sub"}}, "strengthRatio": RATIO}]},
        {"ingredient": [{"itemReference": {"reference": "Substance/sub"}, "strength": RATIO}]},
        {"ingredient": [{"itemReference": {"reference": "#sub"}, "strength": RATIO}], "contained": [SUBSTANCE]},
        {"ingredient": [{"itemReference": {"reference": "Substance/9", "display": "Caffeine"}, "strength": RATIO}]},
        {"product": {"ingredient": [{"item": {"reference": "Substance/sub", "display": "x"}, "amount": RATIO}]}},
    ],
)
def test_ingredients_of_every_release(medication: dict[str, Any]) -> None:
    resource = {"resourceType": "Medication", "id": "m1", **medication}
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s",
        "medicationReference": {"reference": "Medication/m1"},
    }
    use = record(medicationStatements=bundle(statement, resource, SUBSTANCE)).medications[0]
    assert use.ingredients == (r.Ingredient(words("Caffeine"), r.Quantity(200, 200, "mg"), 1.0, "tablet"),)
    assert not use.unresolved


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        ({"numerator": {"value": 10, "unit": "mg"}, "denominator": {"value": 0}}, (None, 1.0, "")),
        ({"numerator": {"value": 10, "unit": "mg"}, "denominator": {"unit": "mL"}}, (None, 1.0, "")),
        ({"numerator": {"value": 10, "unit": "mg"}}, (r.Quantity(10, 10, "mg"), 1.0, "")),
        (
            {"numerator": {"value": 10, "unit": "mg"}, "denominator": {"value": 5, "unit": "mL"}},
            (r.Quantity(10, 10, "mg"), 5.0, "mL"),
        ),
        ({"value": 65, "unit": "mg"}, (r.Quantity(65, 65, "mg"), 1.0, "")),
        ("strong", (None, 1.0, "")),
    ],
)
def test_strength(strength: Any, expected: tuple[Any, float, str]) -> None:
    inside = {
        "resourceType": "Medication",
        "id": "m",
        "ingredient": [{"itemCodeableConcept": {"text": "C"}, "strength": strength}],
    }
    use = read("MedicationStatement", medicationReference={"reference": "#m"}, contained=[inside])
    assert use.ingredients[0][1:] == expected


# -- Medicines: when, why, how much


@pytest.mark.parametrize(
    ("kind", "elements", "expected"),
    [
        ("MedicationStatement", {"effectiveDateTime": "2026-02-20"}, {"given": day("2026-02-20")}),
        ("MedicationStatement", {"effectivePeriod": {"start": "2025-06"}}, {"course": r.Period(day("2025-06"))}),
        ("MedicationStatement", {"effectiveTiming": {"event": ["2026-02-20"]}}, {"given": day("2026-02-20")}),
        (
            "MedicationStatement",
            {"effectiveTiming": {"repeat": {"boundsPeriod": {"start": "2025-06", "end": "2025-07"}}}},
            {"course": r.Period(day("2025-06"), day("2025-07"))},
        ),
        ("MedicationStatement", {"effectiveDateTime": "spring 2026"}, {"undated_words": "spring 2026"}),
        ("MedicationStatement", {"effectiveString": "in spring"}, {"undated_words": "in spring"}),
        ("MedicationStatement", {"dateAsserted": "2026-03-01"}, {"asserted": day("2026-03-01")}),
        ("MedicationAdministration", {"effectiveTimeDateTime": "2026-02-20"}, {"given": day("2026-02-20")}),
        ("MedicationAdministration", {"effectiveDateTime": "2026-02-20"}, {"given": day("2026-02-20")}),
        ("MedicationAdministration", {"occurenceDateTime": "2026-02-20"}, {"given": day("2026-02-20")}),
        ("MedicationAdministration", {"occurrenceDateTime": "2026-02-20"}, {"given": day("2026-02-20")}),
        (
            "MedicationAdministration",
            {"occurencePeriod": {"start": "2026-02-20"}},
            {"course": r.Period(day("2026-02-20"))},
        ),
        (
            "MedicationAdministration",
            {"effectiveTimePeriod": {"end": "2026-02-20"}},
            {"course": r.Period(None, day("2026-02-20"))},
        ),
        ("MedicationDispense", {"whenHandedOver": "2026-02-20"}, {"given": day("2026-02-20")}),
        ("MedicationDispense", {"whenPrepared": "2026-02-19"}, {"authored": day("2026-02-19")}),
        (
            "MedicationRequest",
            {"authoredOn": "2026-02-20", "intent": "plan"},
            {"authored": day("2026-02-20"), "intent": "plan"},
        ),
        ("MedicationOrder", {"dateWritten": "2026-02-20"}, {"authored": day("2026-02-20"), "intent": "order"}),
        (
            "MedicationRequest",
            {"dispenseRequest": {"validityPeriod": {"start": "2026-02-20"}}},
            {"validity": r.Period(day("2026-02-20"))},
        ),
        ("MedicationRequest", {"dispenseRequest": [], "dosageInstruction": "x"}, {}),
        ("MedicationStatement", {"reasonCode": [HFS]}, {"reasons": (HFS_READ,)}),
        ("MedicationStatement", {"reasonCode": HFS}, {"reasons": (HFS_READ,)}),
        ("MedicationStatement", {"reasonForUseCodeableConcept": HFS}, {"reasons": (HFS_READ,)}),
        ("MedicationStatement", {"reasonForUseReference": {"reference": "Condition/c1"}}, WHY),
        ("MedicationStatement", {"reasonReference": [{"reference": "https://ehr/fhir/Condition/c1"}]}, WHY),
        ("MedicationStatement", {"reasonReference": {"reference": "Condition/c1/_history/2"}}, WHY),
        (
            "MedicationStatement",
            {"reason": [{"reference": {"reference": "Condition/c1"}}, {"concept": HFS}]},
            {**WHY, "reasons": (HFS_READ,)},
        ),
        (
            "MedicationStatement",
            {"reasonReference": [{"display": "facial spasm"}]},
            {"reasons": (words("facial spasm"),)},
        ),
        (
            "MedicationStatement",
            {
                "reasonReference": [{"reference": "#c"}],
                "contained": [{"resourceType": "Condition", "id": "c", "code": HFS}],
            },
            {"reasons": (HFS_READ,)},
        ),
        ("MedicationOrder", {"reasonCodeableConcept": HFS}, {"reasons": (HFS_READ,), "intent": "order"}),
        ("MedicationAdministration", {"reasonGiven": [HFS]}, {"reasons": (HFS_READ,)}),
        ("MedicationStatement", {"statusReason": [{"text": "nausea"}]}, {"status_reasons": (words("nausea"),)}),
        ("MedicationStatement", {"reasonNotTaken": [{"text": "nausea"}]}, {"status_reasons": (words("nausea"),)}),
        ("MedicationStatement", {"adherence": {"reason": {"text": "nausea"}}}, {"status_reasons": (words("nausea"),)}),
        ("MedicationAdministration", {"reasonNotGiven": [{"text": "nausea"}]}, {"status_reasons": (words("nausea"),)}),
        ("MedicationRequest", {"note": [{"text": "a"}, {"text": "b"}]}, {"notes": ("a", "b")}),
    ],
)
def test_medicines_when_and_why(kind: str, elements: dict[str, Any], expected: dict[str, Any]) -> None:
    kinds = {
        "MedicationStatement": "statement",
        "MedicationAdministration": "administration",
        "MedicationDispense": "dispense",
    }
    plain = r.MedicationUse(f"{kind}/x", kinds.get(kind, "request"), unresolved=True)  # type: ignore[arg-type]
    found = read(kind, **elements)
    assert found._replace(dosages=()) == plain._replace(**expected)


TABLETS = r.Quantity(2, 2, "{tbl}")
TWO = {"value": 2, "unit": "tablets", "system": "http://unitsofmeasure.org", "code": "{tbl}"}
THRICE = r.Timing(frequency=3, period=1, period_unit="d")
REPEAT = {"frequency": 3, "period": 1, "periodUnit": "d"}


@pytest.mark.parametrize(
    ("dosage", "expected"),
    [
        ({"doseAndRate": [{"doseQuantity": TWO}], "timing": {"repeat": REPEAT}}, r.Dosage(dose=TABLETS, timing=THRICE)),
        ({"doseAndRate": {"doseQuantity": TWO}, "timing": [{"repeat": REPEAT}]}, r.Dosage(dose=TABLETS, timing=THRICE)),
        ({"doseQuantity": TWO, "timing": {"repeat": REPEAT}}, r.Dosage(dose=TABLETS, timing=THRICE)),
        (
            {"quantityQuantity": TWO, "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnits": "d"}}},
            r.Dosage(dose=TABLETS, timing=THRICE),
        ),
        ({"quantity": TWO}, r.Dosage(dose=TABLETS)),
        ({"dose": TWO}, r.Dosage(dose=TABLETS)),
        (
            {"doseAndRate": [{"doseRange": {"low": {"value": 1, "unit": "t"}, "high": {"value": 2, "unit": "t"}}}]},
            r.Dosage(dose=r.Quantity(1, 2, "t")),
        ),
        (
            {"quantityRange": {"low": {"value": 1}, "high": {"value": 2, "unit": "t"}}},
            r.Dosage(dose=r.Quantity(1, 2, "t")),
        ),
        ({"doseRange": {"high": {"value": 2, "unit": "t"}}}, r.Dosage(dose=r.Quantity(2, 2, "t", "<="))),
        (
            {
                "doseAndRate": [
                    {"type": code("calculated"), "doseQuantity": {"value": 9}},
                    {"type": code("ordered"), "doseQuantity": TWO},
                ]
            },
            r.Dosage(dose=TABLETS),
        ),
        ({"asNeededBoolean": True}, r.Dosage(as_needed=True)),
        ({"asNeededBoolean": False}, r.Dosage()),
        ({"asNeededCodeableConcept": {"text": "headache"}}, r.Dosage(as_needed=True)),
        ({"asNeeded": True}, r.Dosage(as_needed=True)),
        ({"asNeededFor": [{"text": "headache"}]}, r.Dosage(as_needed=True)),
        (
            {"maxDosePerPeriod": {"numerator": TWO, "denominator": {"value": 24, "unit": "hours"}}},
            r.Dosage(max_dose=TABLETS, max_dose_days=1.0),
        ),
        (
            {"maxDosePerPeriod": [{"numerator": TWO, "denominator": {"value": 1, "code": "wk"}}]},
            r.Dosage(max_dose=TABLETS, max_dose_days=7.0),
        ),
        (
            {"maxDosePerPeriod": {"numerator": TWO, "denominator": {"value": 1, "unit": "visit"}}},
            r.Dosage(max_dose=TABLETS),
        ),
        ({"text": "1 tablet", "sequence": 2}, r.Dosage("1 tablet", 2)),
        ({"patientInstruction": "with food"}, r.Dosage("with food")),
        ({"route": {"text": "oral"}, "site": {"text": "cheek"}}, r.Dosage(route=words("oral"), site=words("cheek"))),
        ({"siteCodeableConcept": {"text": "cheek"}}, r.Dosage(site=words("cheek"))),
        ({"siteReference": {"reference": "BodySite/1", "display": "cheek"}}, r.Dosage(site=words("cheek"))),
        ({"timing": {"code": code("bid")}}, r.Dosage(timing=r.Timing(code="BID"))),
        ({"timing": {"code": {"text": "twice a day"}}}, r.Dosage(timing=r.Timing(code="twice a day"))),
        (
            {"timing": {"repeat": {"when": "ACM", "timeOfDay": ["08:00", "20:00"], "dayOfWeek": ["mon"], "count": 4}}},
            r.Dosage(timing=r.Timing(when=("ACM",), times_of_day=2, days_of_week=1, times=4)),
        ),
        (
            {
                "timing": {
                    "repeat": {"frequency": "1", "frequencyMax": 2, "period": 4, "periodMax": 6, "periodUnit": "hours"}
                }
            },
            r.Dosage(timing=r.Timing("", 1, 2, 4, 6, "h")),
        ),
        (
            {"timing": {"repeat": {"boundsPeriod": {"start": "2026-01-01"}}}},
            r.Dosage(timing=r.Timing(bounds=r.Period(day("2026-01-01")))),
        ),
        (
            {"timing": {"event": ["2026-01-03", "2026-01-01"]}},
            r.Dosage(timing=r.Timing(times=2, bounds=r.Period(day("2026-01-01"), day("2026-01-03")))),
        ),
        ({"timing": {"repeat": {}}}, r.Dosage()),
        ({"timing": "daily", "doseQuantity": "two", "route": 5, "sequence": "first"}, r.Dosage()),
    ],
)
def test_dosage_of_every_release(dosage: dict[str, Any], expected: r.Dosage) -> None:
    for kind, name in (("MedicationStatement", "dosage"), ("MedicationRequest", "dosageInstruction")):
        for value in (dosage, [None, dosage]):
            assert read(kind, **{name: value}).dosages == (expected,)
    given = read("MedicationAdministration", dosage=dosage)
    assert given.dosages == (expected,)
    assert given.body_sites == ((expected.site,) if expected.site else ())


def test_r5_rendered_dosage_stands_in_for_a_missing_one() -> None:
    assert read("MedicationRequest", renderedDosageInstruction="one a day").dosages == (r.Dosage("one a day"),)
