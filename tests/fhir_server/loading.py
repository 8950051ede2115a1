"""The fixture patients go onto a real FHIR server, each in one transaction, as an EHR's migration would send them."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import urllib3

PATIENTS = Path(__file__).parents[2] / "fhir_fixtures" / "patients"
NAMES = sorted(path.stem for path in PATIENTS.glob("*.toml"))
Json = dict[str, Any]


class Server(NamedTuple):
    release: str
    base: str

    @property
    def media_type(self) -> str:
        return "application/json+fhir" if self.release == "dstu2" else "application/fhir+json"


class RefusedError(Exception):
    """The server would not store something; says why in the server's own words (the patients are invented)."""


def prefetch_of(name: str, release: str) -> Json:
    prefetch: Json = json.loads((PATIENTS / f"{name}.{release}.json").read_text(encoding="utf-8"))
    return prefetch


def entries_of(prefetch: Json) -> list[Json]:
    """Everything that a recorded prefetch holds, as Bundle entries, each resource once."""
    found: list[Json] = []
    for value in prefetch.values():
        found += value.get("entry", ()) if value["resourceType"] == "Bundle" else [{"resource": value}]
    return list({_place(entry["resource"]): entry for entry in found}.values())


def load(server: Server, entries: list[Json]) -> None:
    """All or nothing. A `urn:uuid:` address goes along: the server puts its own in place of what refers to it."""
    sent = [
        {
            **({"fullUrl": entry["fullUrl"]} if entry.get("fullUrl", "").startswith("urn:") else {}),
            "resource": entry["resource"],
            "request": {"method": "PUT", "url": _place(entry["resource"])},
        }
        for entry in entries
    ]
    answer = urllib3.request(
        "POST",
        server.base,
        body=json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": sent}).encode(),
        headers={"Content-Type": server.media_type, "Accept": server.media_type},
        timeout=60,
    )
    if answer.status != 200:
        raise RefusedError(f"{answer.status}: {answer.data.decode()}")


def _place(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
