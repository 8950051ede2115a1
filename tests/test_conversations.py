"""Approved conversations: each recorded request gives its approved answer, to the letter. `make approve` writes them
anew.
"""

import json
from pathlib import Path

import pytest

from tests.approve import REQUESTS, address_of, answer_to
from tests.conftest import Post

CONVERSATIONS = sorted(REQUESTS.glob("*.request.json"))


@pytest.mark.parametrize("request_file", CONVERSATIONS, ids=lambda path: path.name.removesuffix(".request.json"))
def test_conversation(request_file: Path, post: Post) -> None:
    approved = json.loads(
        request_file.with_name(request_file.name.replace(".request.", ".response.")).read_text(encoding="utf-8")
    )
    assert answer_to(request_file) == approved
    post(request_file.read_bytes(), address_of(request_file))


def test_the_sandbox_gets_what_its_recordings_promise(post: Post) -> None:
    """The outcomes that were written down when the requests were recorded, apart from any approval."""
    right = post((REQUESTS / "sandbox-hfs-right.request.json").read_bytes()).json
    assert {card["source"]["topic"]["code"] for card in right["cards"]} == {
        "mri-workup",
        "botulinum-recall",
        "fasciculation-check",
    }
    said = json.dumps(right, ensure_ascii=False)
    assert "2026-02-20" in said
    assert "600 mg/day" in said
    assert "49 days before" in said
    lacking = post((REQUESTS / "sandbox-without-medication-statements.request.json").read_bytes())
    assert lacking.status_code == 412
    assert "medicationStatements" in lacking.json["issue"][0]["details"]["text"]
    assert post((REQUESTS / "sandbox-no-twitching.request.json").read_bytes()).data == b'{"cards":[]}'


def test_no_request_lies_around_without_its_answer() -> None:
    assert len(CONVERSATIONS) >= 10
    for path in CONVERSATIONS:
        assert path.with_name(path.name.replace(".request.", ".response.")).is_file()
