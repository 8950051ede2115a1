"""Whatever stands anywhere in a chart: reading never raises, and the fast look never misses what the full one shows."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.fhir.codings import canonical_system, coding, icd_written_out
from cds_service.fhir.dates import partial_date
from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.record_reading import ODD_SHAPE, read_record
from cds_service.fhir.release import release_of
from cds_service.fhir.scan import Scan, scan
from cds_service.record import Concept, PatientRecord
from fhir_fixtures.people import FOLDER

BERLIN = ZoneInfo("Europe/Berlin")
RELEASES = ("dstu2", "stu3", "r4", "r5")
# Few people who have everything: medicines contained, included and missing; orders, labs, visits, allergies.
PEOPLE = ("amara-okafor", "daniel-kim", "george-baptiste", "ingrid-halvorsen", "oscar-lund", "tamar-levi")
CHARTS = [
    (name, json.loads((FOLDER / f"{name}.{release}.json").read_text(encoding="utf-8")))
    for name in PEOPLE
    for release in RELEASES
]
REQUIRED = [need.key for need in NEEDS.values() if need.required]

NAMES = """resourceType id code coding text display system concept reference contained value low high start event repeat
extension url numerator denominator status entry resource reasonCode reason reasonReference note bodySite subject
medication item ingredient issue"""
names = st.sampled_from(NAMES.split())
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        [
            "Condition",
            "Bundle",
            "OperationOutcome",
            "#m1",
            "urn:uuid:1",
            "Patient/x",
            "g5131",
            "2026-02-30",
            "true",
            "/",
        ]
    ),
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    found: list[tuple[Any, Any]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        found.append((value, key))
        found += places(inner)
    return found


@st.composite
def spoiled_charts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A patient's prefetch with something else in one to four places, at any depth."""
    name, chart = draw(st.sampled_from(CHARTS))
    spoiled: dict[str, Any] = json.loads(json.dumps(chart))
    for _ in range(draw(st.integers(1, 4))):
        where = places(spoiled)
        container, key = where[draw(st.integers(0, len(where) - 1))]
        change = draw(st.sampled_from(["replace", "wrap", "unwrap", "add"]))
        if change == "wrap":
            container[key] = [None, container[key]]
        elif change == "unwrap" and isinstance(container[key], list):
            container[key] = container[key][0] if container[key] else None
        elif change == "add" and isinstance(container, dict):
            container[draw(names)] = draw(anything)
        else:
            container[key] = draw(anything)
    return name, spoiled


def looked(chart: dict[str, Any]) -> dict[str, Looked]:
    return {key: look(msgspec.json.encode(value), NEEDS[key]) for key, value in chart.items() if key in NEEDS}


def heard(concept: Concept, seen: Scan) -> bool:
    texts = {text.strip() for text in seen.texts}
    return all(c.code.upper() in seen.codes for c in concept.codings if c.code) and texts.issuperset(concept.words)


def assert_nothing_missed(record: PatientRecord, seen: Scan) -> None:
    for condition in record.conditions:
        for said in (condition.code, *condition.body_sites):
            assert heard(said, seen), said
        assert {text.strip() for text in seen.texts}.issuperset(condition.notes)
    for use in record.medications:
        for said in use.reasons:
            assert heard(said, seen), said


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(spoiled_charts())
def test_nothing_in_a_chart_makes_reading_raise_or_the_scan_miss(spoiled: tuple[str, dict[str, Any]]) -> None:
    name, chart = spoiled
    found = looked(chart)
    assert not [u for u in read_record(found, name, BERLIN).unread if u.reason == ODD_SHAPE]
    assert release_of(found) in (None, "DSTU2", "STU3", "R5")
    seen = scan(found)
    if not seen.unsure:
        assert_nothing_missed(read_record({key: found[key] for key in REQUIRED if key in found}, name, BERLIN), seen)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(NEEDS.values())), anything)
def test_any_json_may_be_a_prefetch_value(need: Any, value: Any) -> None:
    found = look(msgspec.json.encode(value), need)
    assert found.state != "absent"
    read_record({need.key: found}, "p1", BERLIN)
    scan({need.key: found})


words = st.sampled_from(["G51.31", "g5131", "3518", "right facial twitching", "Spasmus hemifacialis", " ", ""])
codings = st.fixed_dictionaries(
    {},
    optional={
        "code": words | st.integers(0, 99999),
        "display": words,
        "system": st.sampled_from(["ICD-10-CM", "ICD-9-CM"]),
    },
)
concepts = st.fixed_dictionaries(
    {}, optional={"coding": st.lists(codings | st.none(), max_size=2) | codings, "text": words}
)
references = st.fixed_dictionaries(
    {}, optional={"reference": st.sampled_from(["#c", "Condition/c", "urn:uuid:c"]), "display": words}
)
codeable_references = st.fixed_dictionaries({}, optional={"concept": concepts | codings, "reference": references})
saying = st.one_of(words, codings, concepts, references, codeable_references)
sayings = saying | st.lists(saying | st.none(), max_size=2)
TELLING = """code bodySite note notes reason reasonCode reasonReference reasonCodeableConcept reasonGiven
reasonForUseCodeableConcept reasonForUseReference medicationReference"""
resources = st.fixed_dictionaries({}, optional=dict.fromkeys(TELLING.split(), sayings))
inner_resources = st.fixed_dictionaries(
    {"id": st.just("c"), "code": sayings}, optional={"resourceType": st.just("Condition")}
)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(["Condition", "MedicationStatement"]),
    resources,
    st.none() | st.lists(inner_resources, max_size=2),
    inner_resources,
)
def test_no_resource_is_missed_by_the_scan(
    kind: str, elements: dict[str, Any], contained: Any, beside: dict[str, Any]
) -> None:
    key = "conditions" if kind == "Condition" else "medicationStatements"
    main = {**elements, "resourceType": kind, "contained": contained}
    found = looked(
        {key: {"resourceType": "Bundle", "entry": [{"resource": main}, {"fullUrl": "urn:uuid:c", "resource": beside}]}}
    )
    seen = scan(found)
    record = read_record(found, "p1", BERLIN)
    assert not [u for u in record.unread if u.reason == ODD_SHAPE]
    if not seen.unsure:
        assert_nothing_missed(record, seen)


@given(st.binary(max_size=60))
def test_any_bytes_may_be_a_prefetch_value(raw: bytes) -> None:
    for key in ("patient", "conditions", "procedures"):
        found = look(raw, NEEDS[key])
        read_record({key: found}, "p1", BERLIN)


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d{1,2}-\d{1,2}T\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", fullmatch=True))
def test_a_date_is_an_interval_or_none(written: str) -> None:
    found = partial_date(written, BERLIN)
    assert found is None or found.earliest <= found.latest


@given(st.text(max_size=30), st.text(max_size=12))
def test_canonical_names_are_stable(system: str, code: str) -> None:
    assert canonical_system(canonical_system(system)) == canonical_system(system)
    for nine in (True, False):
        assert icd_written_out(icd_written_out(code, nine), nine) == icd_written_out(code, nine)
    once = coding(system, code, "")
    assert coding(*once) == once
