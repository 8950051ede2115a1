"""What a prefetch value is taken for: one table of needs × values, every cell spelled out (PFH-1…11, EPIC-6)."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cards.value_sets import value_set
from cds_service.fhir.needs import NEEDS, templates
from cds_service.fhir.prefetch import ABSENT, Looked, look
from cds_service.fhir.record_reading import FOREIGN, read_record
from cds_service.fhir.scan import scan
from cds_service.record import LOINC, NotAssessed, Unread

UTC = ZoneInfo("UTC")
P, C, M, F = "patient", "conditions", "medicationStatements", "procedures"
ROWS = (P, C, M, F)
TYPES = {P: "Patient", C: "Condition", M: "MedicationStatement", F: "Procedure"}
CONCEPT = {
    "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G51.31"}],
    "text": "Right hemifacial spasm",
}


def resource(key: str, patient: str = "p1", number: int = 1) -> dict[str, Any]:
    if key == P:
        return {"resourceType": "Patient", "id": patient, "birthDate": "1970-04-02"}
    element = "medicationCodeableConcept" if key == M else "code"
    whose = {"reference": f"Patient/{patient}"}
    return {"resourceType": TYPES[key], "id": f"x{number}", "subject": whose, "status": "completed", element: CONCEPT}


def wrong(key: str) -> dict[str, Any]:
    return {"resourceType": "Observation" if key != "observations" else "Procedure", "id": "o1", "status": "final"}


def outcome(severity: str | None) -> dict[str, Any]:
    issue = {"code": "processing", "details": {"coding": [{"code": "4101"}], "text": "no results"}}
    return {
        "resourceType": "OperationOutcome",
        "issue": [issue if severity is None else {"severity": severity, **issue}],
    }


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources], **more}


def aside(severity: str) -> dict[str, Any]:
    return {"resource": outcome(severity), "search": {"mode": "outcome"}}


NEXT = [{"relation": "self", "url": "https://ehr/Condition"}, {"relation": "next", "url": "https://ehr/next?page=2"}]
ABSENT_KEY = object()

# Value → what each of the four needs takes it for, in the order patient, conditions, medicationStatements, procedures.
TABLE: dict[str, tuple[Any, tuple[str, str, str, str]]] = {
    "absent": (lambda key: ABSENT_KEY, ("absent", "absent", "absent", "absent")),
    "null": (lambda key: None, ("empty", "empty", "empty", "empty")),
    "empty bundle": (lambda key: {"resourceType": "Bundle", "type": "searchset", "total": 0}, ("empty",) * 4),
    "empty entry list": (lambda key: bundle(), ("empty", "empty", "empty", "empty")),
    "null entries": (lambda key: {"resourceType": "Bundle", "entry": [None, {}, {"resource": None}]}, ("empty",) * 4),
    "entry null": (lambda key: {"resourceType": "Bundle", "entry": None}, ("empty", "empty", "empty", "empty")),
    "Epic's empty": (
        lambda key: {"resourceType": "Bundle", "total": 0, "link": NEXT[:1], "entry": [aside("warning")]},
        ("empty", "empty", "empty", "empty"),
    ),
    "warning outcome": (lambda key: outcome("warning"), ("empty", "empty", "empty", "empty")),
    "information outcome": (lambda key: outcome("information"), ("empty", "empty", "empty", "empty")),
    "error outcome": (lambda key: outcome("error"), ("failed", "failed", "failed", "failed")),
    "fatal outcome": (lambda key: outcome("fatal"), ("failed", "failed", "failed", "failed")),
    "outcome without severity": (lambda key: outcome(None), ("failed", "failed", "failed", "failed")),
    "outcome without issue": (
        lambda key: {"resourceType": "OperationOutcome"},
        ("failed", "failed", "failed", "failed"),
    ),
    "error outcome entry": (lambda key: bundle(outcome("error")), ("failed", "failed", "failed", "failed")),
    "error outcome entry set aside": (
        lambda key: {"resourceType": "Bundle", "total": 0, "entry": [aside("error")]},
        ("failed", "failed", "failed", "failed"),
    ),
    "error outcome entry among data": (lambda key: bundle(resource(key), outcome("fatal")), ("failed",) * 4),
    "warning outcome entry among data": (lambda key: bundle(resource(key), outcome("warning")), ("present",) * 4),
    "right resource": (resource, ("present", "present", "present", "present")),
    "right resource in a searchset": (lambda key: bundle(resource(key)), ("present", "present", "present", "present")),
    "right resource in a collection": (lambda key: bundle(resource(key), type="collection"), ("present",) * 4),
    "right resource in a bundle without type": (
        lambda key: {"resourceType": "Bundle", "entry": [{"resource": resource(key)}]},
        ("present", "present", "present", "present"),
    ),
    "right resource among null entries": (
        lambda key: {"resourceType": "Bundle", "entry": [None, {"resource": resource(key)}, {"fullUrl": "urn:uuid:1"}]},
        ("present", "present", "present", "present"),
    ),
    "right resource in an entry that is no list": (
        lambda key: {"resourceType": "Bundle", "entry": {"resource": resource(key)}},
        ("present", "present", "present", "present"),
    ),
    "right resource and an included other": (lambda key: bundle(resource(key), wrong(key)), ("present",) * 4),
    "right resource and garbage": (
        lambda key: bundle(resource(key), "?", 5),
        ("present", "present", "present", "present"),
    ),
    "right resource and one of a numeric type": (
        lambda key: bundle(resource(key), {"resourceType": 7}),
        ("present", "present", "present", "present"),
    ),
    "wrong resource": (wrong, ("failed", "failed", "failed", "failed")),
    "only wrong resources": (lambda key: bundle(wrong(key)), ("failed", "failed", "failed", "failed")),
    "only garbage entries": (lambda key: bundle("?", [], {}), ("failed", "failed", "failed", "failed")),
    "entry is a string": (
        lambda key: {"resourceType": "Bundle", "entry": "?"},
        ("failed", "failed", "failed", "failed"),
    ),
    "paged": (lambda key: bundle(resource(key), total=250, link=NEXT), ("incomplete",) * 4),
    "paged, nothing on this page": (
        lambda key: bundle(link=NEXT),
        ("incomplete", "incomplete", "incomplete", "incomplete"),
    ),
    "paged, link no list": (lambda key: bundle(resource(key), link=NEXT[1]), ("incomplete",) * 4),
    "more in total than here": (lambda key: bundle(resource(key), total=2), ("incomplete",) * 4),
    "total of another type": (
        lambda key: bundle(resource(key), total="2"),
        ("present", "present", "present", "present"),
    ),
    "string": (lambda key: "Condition/1", ("failed", "failed", "failed", "failed")),
    "number": (lambda key: 7, ("failed", "failed", "failed", "failed")),
    "boolean": (lambda key: True, ("failed", "failed", "failed", "failed")),
    "list": (lambda key: [resource(key)], ("failed", "failed", "failed", "failed")),
    "object without type": (lambda key: {"entry": []}, ("failed", "failed", "failed", "failed")),
    "empty object": (lambda key: {}, ("failed", "failed", "failed", "failed")),
    "foreign patient": (lambda key: bundle(resource(key, "p2")), ("present", "present", "present", "present")),
}
CELLS = [
    pytest.param(value, key, state, id=f"{key}: {name}")
    for name, (value, states) in TABLE.items()
    for key, state in zip(ROWS, states, strict=True)
]


def looked_at(key: str, value: Any) -> Looked:
    return look(None if value is ABSENT_KEY else msgspec.json.encode(value), NEEDS[key])


@pytest.mark.parametrize(("value", "key", "state"), CELLS)
def test_every_value_is_taken_for_what_it_is(value: Any, key: str, state: str) -> None:
    found = looked_at(key, value(key))
    assert found.state == state
    assert bool(found.problem) == (state in ("absent", "failed", "incomplete"))
    assert len(found.resources) == len(found.glimpses)
    read_record({key: found}, "p1", UTC)


@pytest.mark.parametrize(("value", "key", "state"), CELLS)
def test_a_value_inside_a_request_is_taken_for_the_same(value: Any, key: str, state: str) -> None:
    made = value(key)
    prefetch = {} if made is ABSENT_KEY else {"a": 1, key: made}
    raw = msgspec.json.decode(msgspec.json.encode(prefetch), type=dict[str, msgspec.Raw]).get(key)
    assert look(raw, NEEDS[key]).state == state


@pytest.mark.parametrize("key", ROWS)
@pytest.mark.parametrize("name", [name for name, (_, states) in TABLE.items() if states[0] == "present"])
def test_what_is_present_is_in_the_record_unless_it_is_another_patients(key: str, name: str) -> None:
    record = read_record({key: looked_at(key, TABLE[name][0](key))}, "p1", UTC)
    part = record.patient if key == P else {C: record.conditions, M: record.medications, F: record.procedures}[key]
    if name == "foreign patient":
        assert part == (type(record.patient)() if key == P else ())
        assert record.unread == (Unread(key, "Patient/p2" if key == P else f"{TYPES[key]}/x1", FOREIGN),)
    elif key == P:
        assert record.patient.id == "p1"
    else:
        assert [entry.reference for entry in part] == [f"{TYPES[key]}/x1"]  # type: ignore[union-attr]


def test_data_that_came_with_an_error_are_kept_but_the_need_counts_as_not_assessed() -> None:
    found = looked_at(F, bundle(resource(F), outcome("error")))
    record = read_record({F: found}, "p1", UTC)
    assert [p.reference for p in record.procedures] == ["Procedure/x1"]
    assert record.missing(F) == (NotAssessed(F, "the server reported an error"),)


def test_not_assessed_names_every_further_need_with_its_reason_and_required_ones_only_if_paged() -> None:
    looked = {
        C: looked_at(C, bundle(resource(C), link=NEXT)),
        F: looked_at(F, outcome("error")),
        "appointments": looked_at("appointments", bundle(total=9)),
        "allergies": looked_at("allergies", None),
        "serviceRequests": ABSENT,
    }
    assert read_record(looked, "p1", UTC).not_assessed == (
        NotAssessed("conditions", "only the first page was provided"),
        NotAssessed("medicationRequests", "not provided"),
        NotAssessed("medicationAdministrations", "not provided"),
        NotAssessed("procedures", "the server reported an error"),
        NotAssessed("observations", "not provided"),
        NotAssessed("serviceRequests", "not provided"),
        NotAssessed("diagnosticReports", "not provided"),
        NotAssessed("appointments", "only the first page was provided"),
    )


def test_next_page_is_given_as_the_server_wrote_it() -> None:
    first = looked_at(C, bundle(resource(C, number=1), total=3, link=NEXT))
    assert first.next_page == "https://ehr/next?page=2"
    assert first.state == "incomplete"


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b" null ", b"\n" * 70 + b"null", b"{", b"\xff", b"nul", b'{"resourceType":"Bundle","entry":[NaN]}'],
)
def test_bytes_that_are_no_json(raw: bytes) -> None:
    expected = {b"": "absent", b"null": "empty"}
    assert look(raw, NEEDS[C]).state == expected.get(raw.strip(), "failed")


def test_one_resource_of_an_unexpected_shape_hides_no_other_and_makes_the_scan_unsure() -> None:
    odd = {**resource(C, number=2), "code": {"coding": [{"code": True}]}}
    found = looked_at(C, bundle(resource(C), odd))
    assert found.state == "present"
    seen = scan({C: found})
    assert seen.unsure
    assert "G51.31" in seen.codes
    assert not scan({C: looked_at(C, bundle(resource(C)))}).unsure


def test_what_is_nested_too_deep_is_listed_as_unread() -> None:
    deep = b'{"resourceType":"Condition","id":"d","note":' + b"[" * 900 + b"]" * 900 + b"}"
    good = msgspec.json.encode(resource(C))
    raw = b'{"resourceType":"Bundle","entry":[{"resource":' + good + b'},{"resource":' + deep + b"}]}"
    record = read_record({C: look(raw, NEEDS[C])}, "p1", UTC)
    assert [c.reference for c in record.conditions][:1] == ["Condition/x1"]
    hopeless = raw.replace(b"[" * 900, b"[" * 200_000).replace(b"]" * 900, b"]" * 200_000)
    assert look(hopeless, NEEDS[C]).state == "failed"


def test_the_eleven_needs_in_the_contracts_order() -> None:
    required = ["patient", "conditions", "medicationStatements"]
    medicines = ["medicationRequests", "medicationAdministrations"]
    others = ["procedures", "observations", "serviceRequests", "diagnosticReports", "allergies", "appointments"]
    assert list(templates(full=True)) == required + medicines + others
    assert list(templates(full=False)) == required


def test_templates_stay_in_the_recommended_subset() -> None:
    for need in NEEDS.values():
        kind, _, query = need.template.partition("?")
        assert kind.partition("/")[0] in need.types
        names = [part.partition("=")[0] for part in query.split("&") if part]
        assert len(set(names)) == len(names), "the sandbox merges repeated parameters"
        assert set(names) <= {"patient", "code", "_count", "_sort"}
        assert need.template.count("{{") == need.template.count("{{context.patientId}}") == 1


@pytest.mark.parametrize(
    "name",
    [
        "caffeine_intake",
        "renal_labs",
        "calcium",
        "magnesium",
        "sodium",
        "thyroid",
        "vitamin_d",
        "pth",
        "hla_b1502",
        "pregnancy",
    ],
)
def test_every_laboratory_code_of_the_value_sets_is_asked_for(name: str) -> None:
    asked = NEEDS["observations"].template.partition("code=")[2].partition("&")[0].split(",")
    assert {row["code"] for row in value_set(name) if row["system"] == LOINC} <= set(asked)
    assert {"2823-3", "29463-7"} <= set(asked)
