"""The service as an EHR meets it: `post` calls it in process, and every 200 must obey the protocol's invariants."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.invariants import check_answer

REQUESTS = Path(__file__).parents[1] / "fhir_fixtures" / "requests"
Post = Callable[..., TestResponse]


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    return create_app(Settings(cds_today=date(2026, 6, 15), log_level="error")).test_client()


@pytest.fixture(scope="session")
def post(client: FlaskClient) -> Post:
    def call(body: Any, path: str = "/cds-services/facial-twitching", **options: Any) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = client.post(path, data=data, **{"content_type": "application/json", **options})
        if answer.status_code == 200 and not path.endswith("/feedback"):
            check_answer(answer.json)
        elif answer.status_code != 200:
            check_outcome(answer, data)
        return answer

    return call


def check_outcome(answer: TestResponse, sent: bytes) -> None:
    """An error answer: an OperationOutcome, and nothing of the caller's data."""
    assert answer.status_code < 500, answer.text
    assert answer.mimetype == "application/json"
    outcome = answer.json
    assert outcome["resourceType"] == "OperationOutcome"
    for issue in outcome["issue"]:
        assert issue["severity"] == "error"
        assert issue["code"]
        assert issue["details"]["text"]
    assert b"MARKED" not in answer.data or b"MARKED" not in sent
    assert "Traceback" not in answer.text


@pytest.fixture
def hfs_right() -> dict[str, Any]:
    """The sandbox's recorded request: right hemifacial spasm, three cards."""
    return json.loads((REQUESTS / "sandbox-hfs-right.request.json").read_text(encoding="utf-8"))


@pytest.fixture
def no_twitching() -> dict[str, Any]:
    return json.loads((REQUESTS / "sandbox-no-twitching.request.json").read_text(encoding="utf-8"))
