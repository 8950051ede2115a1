"""What every answer must obey: the machine invariants of CDS Hooks (conformance, sections 7 and 12). Used on all
answers of all tests.
"""

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tests.contract import EMITTED, FINDING_CODES

EXPLANATION = "org.facial-twitching-cds.explanation"
NEEDS = {
    "patient",
    "conditions",
    "medicationStatements",
    "medicationRequests",
    "medicationAdministrations",
    "procedures",
    "observations",
    "serviceRequests",
    "diagnosticReports",
    "allergies",
    "appointments",
}


def check_answer(answer: dict[str, Any]) -> None:
    """Raises AssertionError for the first thing that is wrong."""
    assert set(answer) == {"cards"}
    nothing_empty(answer["cards"])
    uuids = [card["uuid"] for card in answer["cards"]]
    uuids += [s["uuid"] for card in answer["cards"] for s in card.get("suggestions", ())]
    assert len(uuids) == len(set(uuids))
    for uuid in uuids:
        UUID(uuid)
    for card in answer["cards"]:
        check_card(card)


def nothing_empty(value: Any, path: str = "cards") -> None:
    if isinstance(value, dict):
        if value.get("type") == "update" and "resource" in value:
            value = {**value, "resource": "the client's own draft"}
        for key, part in value.items():
            assert part not in (None, "", [], {}), f"{path}.{key} is empty"
            nothing_empty(part, f"{path}.{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            nothing_empty(part, f"{path}[{number}]")


def check_card(card: dict[str, Any]) -> None:
    assert isinstance(card["summary"], str)
    assert 0 < len(card["summary"]) < 140
    assert "\n" not in card["summary"]
    assert card["indicator"] in ("info", "warning", "critical")
    source = card["source"]
    assert source["label"]
    assert urlsplit(source["url"]).scheme in ("http", "https")
    assert isinstance(source["topic"]["code"], str)
    assert isinstance(source["topic"]["system"], str)
    assert ("suggestions" in card) == ("selectionBehavior" in card)
    assert card.get("selectionBehavior", "any") in ("any", "at-most-one")
    if card.get("selectionBehavior") == "at-most-one":
        assert sum(s.get("isRecommended", False) for s in card["suggestions"]) <= 1
    for suggestion in card.get("suggestions", ()):
        check_suggestion(suggestion)
    for reason in card.get("overrideReasons", ()):
        assert reason["code"]
        assert reason["system"]
        assert reason["display"]
    for link in card.get("links", ()):
        assert link["label"]
        assert link["type"] == "absolute"
        assert "appContext" not in link
        assert urlsplit(link["url"]).scheme == "https"
    check_explanation(card)


def check_suggestion(suggestion: dict[str, Any]) -> None:
    assert suggestion["label"]
    for action in suggestion["actions"]:
        assert action["description"]
        if action["type"] == "delete":
            assert set(action) == {"type", "description", "resourceId"}
            assert re.fullmatch(r"[A-Za-z]+/[^/\s]+", action["resourceId"]), action
            continue
        assert set(action) == {"type", "description", "resource"}
        if action["type"] == "update":  # the client's own draft, with its id
            assert action["resource"]["resourceType"]
            assert action["resource"]["id"]
            continue
        assert action["type"] == "create"
        resource = action["resource"]
        assert resource["resourceType"]
        assert "id" not in resource
        for coding in codings(resource):
            if coding.get("system") in EMITTED:
                assert coding["code"] in EMITTED[coding["system"]].split(), coding
            if "ama-assn" in coding.get("system", ""):
                assert "display" not in coding


def codings(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        found = value.get("coding", []) if isinstance(value.get("coding"), list) else []
        return found + [c for part in value.values() for c in codings(part)]
    return [c for part in value for c in codings(part)] if isinstance(value, list) else []


def check_explanation(card: dict[str, Any]) -> None:
    explanation = card["extension"][EXPLANATION]
    assert explanation["card"] == card["source"]["topic"]["code"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", explanation["cardVersion"])
    assert explanation["findings"]
    for finding in explanation["findings"]:
        assert finding["code"] in FINDING_CODES, finding
        assert finding["text"]
        for evidence in finding.get("evidence", ()):
            assert evidence
            assert re.fullmatch(r"[A-Za-z]+/\S+|urn:\S+", evidence.get("reference", "Nameless/x")), evidence
    for missing in explanation.get("notAssessed", ()):
        assert missing["need"] in NEEDS
        assert missing["reason"]
