"""Whether the data came in prefetch or had to be read from a real server, the answer is the same."""

import json
import re
from copy import deepcopy
from datetime import date

import pytest
import urllib3
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.fhir.needs import NEEDS
from cds_service.settings import Settings
from tests.fhir_server.loading import NAMES, Json, Server, entries_of, load, prefetch_of
from tests.invariants import check_answer

REQUIRED = tuple(key for key, need in NEEDS.items() if need.required)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MANY = 120


@pytest.fixture(scope="module")
def client(server: Server) -> FlaskClient:
    """How long a server may take is not what is tested here."""
    settings = Settings(
        cds_today=date(2026, 6, 15), log_level="error", fhir_servers=(server.base,), answer_budget_ms=60_000
    )
    return create_app(settings).test_client()


@pytest.mark.parametrize("given", [(), REQUIRED], ids=["nothing prefetched", "required prefetched"])
@pytest.mark.parametrize("name", NAMES)
def test_fixture_patient(name: str, given: tuple[str, ...], client: FlaskClient, server: Server) -> None:
    prefetch = prefetch_of(name, server.release)
    assert answer_from_server(client, server, name, {key: prefetch[key] for key in given}) == answer_from_prefetch(
        client, server, name, prefetch
    )


def test_somebody_with_several_pages_of_conditions(client: FlaskClient, server: Server) -> None:
    """The one condition that matters is on the last page."""
    name = "many-pages"
    prefetch = json.loads(json.dumps(prefetch_of("ana-pereira", server.release)).replace("ana-pereira", name))
    conditions = prefetch["conditions"]["entry"]
    conditions[:0] = [unrelated(conditions[0], number) for number in range(MANY)]
    load(server, entries_of(prefetch))
    search = f"{server.base}/Condition?patient={name}&_count=1000"
    page = urllib3.request("GET", search, headers={"Accept": server.media_type}).json()
    assert len(page["entry"]) < MANY
    assert any(link["relation"] == "next" for link in page["link"])
    answer = answer_from_server(client, server, name, {})
    assert answer["cards"]
    assert answer == answer_from_prefetch(client, server, name, prefetch)


def unrelated(entry: Json, number: int) -> Json:
    found = deepcopy(entry["resource"])
    found["id"] = f"{found['id']}-{number}"
    found["code"] = {"text": f"Ingrown toenail {number}"}
    return {**entry, "fullUrl": f"{entry['fullUrl']}-{number}", "resource": found}


def answer_from_prefetch(client: FlaskClient, server: Server, name: str, prefetch: Json) -> Json:
    """Only the server's release is told, as Epic does: a chart with little on file does not show it."""
    extension = {"com.epic.cdshooks.request.fhir-version": server.release.upper()}
    return answer(client, name, {"prefetch": prefetch, "extension": extension})


def answer_from_server(client: FlaskClient, server: Server, name: str, prefetch: Json) -> Json:
    return answer(client, name, {"prefetch": prefetch, "fhirServer": server.base})


def answer(client: FlaskClient, name: str, data: Json) -> Json:
    """Without the uuids, which are new with every answer."""
    context = {"patientId": name, "userId": "Practitioner/example"}
    hook = {"hook": "patient-view", "hookInstance": "70c5b6d5-0f9f-44a7-9a5b-3d3b6a3bd3c1", "context": context}
    got = client.post("/cds-services/facial-twitching", json={**hook, **data})
    assert got.status_code == 200, got.text
    check_answer(json.loads(got.data))
    said: Json = json.loads(UUID.sub("uuid", got.text))
    return said
