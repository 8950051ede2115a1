"""The patient's recorded race, as US Core writes it in each release and its forerunners wrote it in DSTU2."""

from typing import Any

import pytest

from cds_service import record as r
from cds_service.fhir.codings import RACE, canonical_system
from tests.fhir_values import record

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
OLDER = "http://hl7.org/fhir/StructureDefinition/us-core-race"
ARGONAUT = "http://fhir.org/guides/argonaut/StructureDefinition/argo-race"
OID = "urn:oid:2.16.840.1.113883.6.238"
ASIAN = r.Coding(RACE, "2028-9", "Asian")
CHINESE = r.Coding(RACE, "2034-7", "Chinese")


def coded(part: str, system: str, coding: r.Coding) -> dict[str, Any]:
    return {"url": part, "valueCoding": {"system": system, "code": coding.code, "display": coding.display}}


def nested(url: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"url": url, "extension": [*parts, {"url": "text", "valueString": "Asian"}]}


def whole(system: str) -> dict[str, Any]:
    return {"url": OLDER, "valueCodeableConcept": {"coding": [{"system": system, "code": "2028-9"}], "text": "Asian"}}


def race(*extensions: Any, **more: Any) -> r.Concept:
    return record(patient={"resourceType": "Patient", "id": "p1", "extension": list(extensions), **more}).patient.race


@pytest.mark.parametrize(
    ("extension", "codings"),
    [
        pytest.param(nested(US_CORE, coded("ombCategory", OID, ASIAN)), (ASIAN,), id="R4, R4B, R5"),
        pytest.param(
            nested(US_CORE, coded("ombCategory", OID, ASIAN), coded("detailed", OID, CHINESE)),
            (ASIAN, CHINESE),
            id="R4 in detail",
        ),
        pytest.param(nested(US_CORE, coded("ombCategory", "http://hl7.org/fhir/v3/Race", ASIAN)), (ASIAN,), id="STU3"),
        pytest.param(
            nested(ARGONAUT, coded("ombCategory", "http://hl7.org/fhir/v3/Race", ASIAN)), (ASIAN,), id="DSTU2 Argonaut"
        ),
        pytest.param(whole("http://hl7.org/fhir/v3/Race"), (r.Coding(RACE, "2028-9"),), id="DSTU2 sandbox"),
        pytest.param(whole("urn:oid:2.16.840.1.113883.5.104"), (r.Coding(RACE, "2028-9"),), id="DSTU2 Epic"),
        pytest.param({"url": OLDER, "valueString": "Asian"}, (), id="a mere string"),
    ],
)
def test_race_of_every_release(extension: dict[str, Any], codings: tuple[r.Coding, ...]) -> None:
    assert race(extension) == r.Concept(codings, "Asian")


def test_two_races_are_both_read() -> None:
    white = r.Coding(RACE, "2106-3", "White")
    assert race(nested(US_CORE, coded("ombCategory", OID, white), coded("ombCategory", OID, ASIAN))).codings == (
        white,
        ASIAN,
    )


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        ({"url": "urn:other", "valueCoding": {"system": OID, "code": "2028-9"}},),
        ({"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity", "valueString": "Asian"},),
        ({"url": US_CORE},),
        ({"url": US_CORE, "extension": [{"url": "ombCategory"}, None, "x", {"url": "text", "valueString": " "}]},),
        ("x", None, 5),
    ],
)
def test_race_is_read_from_nothing_else(extensions: tuple[Any, ...]) -> None:
    """Neither from another extension nor from a name or a language."""
    more = {"name": [{"family": "Wong"}], "communication": [{"language": {"text": "Cantonese"}}]}
    assert race(*extensions, **more) == r.Concept()


def test_the_systems_older_names_are_known() -> None:
    assert canonical_system("2.16.840.1.113883.5.104") == canonical_system("http://hl7.org/fhir/v3/Race") == RACE
