"""Whatever comes in, the answer is a clear 4xx or a right 200; never a 5xx, never an echo, never markup from the
record.
"""

import copy
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds_service.wording import escaped, plain
from tests.conftest import REQUESTS, Post

HEAD = b'{"hook":"patient-view","hookInstance":"i","context":{"patientId":"p"},"prefetch":'
RIGHT = (
    json.loads((REQUESTS / "sandbox-hfs-right.request.json").read_text(encoding="utf-8")) if REQUESTS.exists() else {}
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"MARKED"',
        b"{}",
        b'{"hook": "patient-view"',
        b"\xff\xfe{}",
        HEAD + b'{"patient": "\xff\xfe"}}',
        HEAD + b"NaN}",
        HEAD + b'{"patient": NaN}}',
        HEAD + b'{"patient": Infinity}}',
        HEAD + b"[]}",
        HEAD + b'"MARKED"}',
        HEAD + b"7}",
        HEAD + b"{}}}",
        HEAD + b"{}} trailing MARKED",
        b'{"a":' * 100_000,
        HEAD + b'{"patient":' + b"[" * 200_000 + b"]" * 200_000 + b"}}",
        b'{"hook":7,"hookInstance":"i","context":{"patientId":"p"}}',
        b'{"hook":"patient-view","hookInstance":"","context":{"patientId":"p"}}',
        b'{"hook":"patient-view","hookInstance":"' + b"x" * 129 + b'","context":{"patientId":"p"}}',
        b'{"hook":"patient-view","hookInstance":null,"context":{"patientId":"p"}}',
        b'{"hook":"patient-view","context":{"patientId":"p"}}',
        b'{"hook":"patient-view","hookInstance":"i"}',
        b'{"hook":"patient-view","hookInstance":"i","context":{}}',
        b'{"hook":"patient-view","hookInstance":"i","context":{"patientId":""}}',
        b'{"hook":"patient-view","hookInstance":"i","context":{"patientId":7}}',
        b'{"hook":"patient-view","hookInstance":"i","context":{"patientId":"a b"}}',
        b'{"hook":"patient-view","hookInstance":"i","context":{"patientId":"\\ud800"}}',
        b'{"hook":"patient-view","hookInstance":"i","context":[]}',
        b'{"hook":"order-sign","hookInstance":"i","context":{"patientId":"p"}}',
        b'{"hook":"MARKED","hookInstance":"MARKED","context":{"patientId":"MARKED"}}',
    ],
    ids=lambda body: repr(body[:60]),
)
def test_malformed_requests_are_400(post: Post, body: bytes) -> None:
    answer = post(body)
    assert answer.status_code == 400
    assert "MARKED" not in answer.text


def test_a_wrong_member_is_named(post: Post) -> None:
    answer = post({"hook": "patient-view", "hookInstance": 7, "context": {"patientId": "p"}})
    assert answer.json["issue"][0]["expression"] == ["Request.hookInstance"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data", ""]
)
def test_other_content_types_are_415(post: Post, no_twitching: dict[str, Any], kind: str) -> None:
    assert post(no_twitching, content_type=kind or None).status_code == 415


def test_a_body_of_thirty_megabytes_is_413(client: FlaskClient) -> None:
    answer = client.post("/cds-services/facial-twitching", data=b"x" * 30_000_000, content_type="application/json")
    assert answer.status_code == 413
    assert "25000000" in answer.json["issue"][0]["details"]["text"]


@pytest.mark.parametrize("prefetch", [None, {}, {"patient": None}, {"conditions": None, "medicationStatements": None}])
def test_missing_needs_are_412(post: Post, prefetch: Any) -> None:
    body = {"hook": "patient-view", "hookInstance": "i", "context": {"patientId": "p"}}
    answer = post(body if prefetch is None else {**body, "prefetch": prefetch})
    assert answer.status_code == 412
    for key in {"patient", "conditions", "medicationStatements"} - (prefetch or {}).keys():
        assert key in answer.json["issue"][0]["details"]["text"]


def test_all_null_is_no_data_and_no_card(post: Post) -> None:
    prefetch = {"patient": None, "conditions": None, "medicationStatements": None}
    assert post(
        {"hook": "patient-view", "hookInstance": "i", "context": {"patientId": "p"}, "prefetch": prefetch}
    ).json == {"cards": []}


def test_paged_conditions_without_twitching_are_412(post: Post, no_twitching: dict[str, Any]) -> None:
    """The absence was not shown."""
    no_twitching["prefetch"]["conditions"]["link"] = [{"relation": "next", "url": "http://ehr.example/MARKED"}]
    answer = post(no_twitching)
    assert answer.status_code == 412
    assert answer.json["issue"][0]["code"] == "incomplete"


def test_paged_conditions_with_twitching_are_answered_and_said_to_be_incomplete(
    post: Post, hfs_right: dict[str, Any]
) -> None:
    hfs_right["prefetch"]["conditions"]["link"] = [{"relation": "next", "url": "http://ehr.example/page"}]
    cards = post(hfs_right).json["cards"]
    assert len(cards) == 3
    assert "only the first page" in json.dumps(cards)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/p.png)",
    "https://evil.example/phish www.evil.example a@evil.example",
    "**bold** _it_ `code` ~~gone~~ # head\n# head\n\n| a | b |\n|---|---|",
    "{{ 7*7 }} {today} {0.__class__} %s ${x}",
    "</details><!-- & &lt; \u202e\u0000",
    "HTTPS://evil.example //evil.example evil.com mailto:x@evil.com xmpp:a@b.example WWW.EVIL.EXAMPLE ftp://e.example",
    "soft\u00adhyphen \u061c\u2060\u2063 \U000e0041 end",
    "x" * 5000,
]


# As the sandbox renders: GitHub's Markdown with bare addresses made links and raw HTML let through.
RENDERER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
OURS = {
    "p",
    "/p",
    "strong",
    "/strong",
    "ul",
    "/ul",
    "li",
    "/li",
    "table",
    "/table",
    "thead",
    "/thead",
    "tbody",
    "/tbody",
}
OURS |= {"tr", "/tr", "th", "/th", "td", "/td"}


def _only_safe(markdown: str) -> None:
    tags = {tag.split()[0] for tag in re.findall(r"<([^>]*)>", RENDERER.render(markdown))}
    assert tags <= OURS, tags - OURS
    assert "<" not in markdown.replace("&lt;", "")
    assert not re.search(r"(?<!\\)\]\(", markdown)
    assert "https://evil" not in markdown
    assert "www.evil" not in markdown
    assert "49" not in markdown or "7*7" not in markdown
    assert "\u202e" not in markdown


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_the_record_is_shown_as_text(post: Post, hfs_right: dict[str, Any], hostile: str) -> None:
    prefetch = hfs_right["prefetch"]
    for entry in prefetch["conditions"]["entry"]:
        entry["resource"]["code"]["text"] = f"Right hemifacial spasm {hostile}"
        entry["resource"]["code"]["coding"][0]["display"] = hostile
        entry["resource"]["note"] = [{"text": hostile}]
    for entry in prefetch["medicationStatements"]["entry"]:
        concept = entry["resource"]["medicationCodeableConcept"]
        concept["text"] = f"{concept.get('text', '')} {hostile}"
        entry["resource"].setdefault("dosage", [{}])[0]["text"] = hostile
    for entry in prefetch["procedures"]["entry"]:
        entry["resource"]["code"]["text"] = f"Botulinum toxin {hostile}"
    cards = post(hfs_right).json["cards"]
    assert cards
    for card in cards:
        _only_safe(card["detail"])
        assert len(card["summary"]) < 140


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_a_value_renders_as_its_own_text(text: str) -> None:
    """In a paragraph and as a list item: no tag of its own, and the same characters to read."""
    for shape, around in (("said: {} .", "p"), ("- {}", "ul")):
        html = RENDERER.render(shape.format(escaped(text) or "x"))
        assert {tag.split()[0].strip("/") for tag in re.findall(r"<([^>]*)>", html)} <= {"p", "ul", "li"}, around
    assert plain(text) == plain(plain(text))


@pytest.mark.parametrize(
    "text", ["1. one", "2) two", "- a", "+ b", "---", "=", "# h", "> q", "* s", "evil.com", "a.b@c.de"]
)
def test_a_value_opens_no_block_and_no_link(text: str) -> None:
    html = RENDERER.render(f"- {escaped(text)}")
    assert set(re.findall(r"</?(\w+)", html)) <= {"ul", "li"}, html


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_escaping_leaves_nothing_that_markdown_would_read(text: str) -> None:
    said = escaped(text)
    assert "\n" not in said
    assert not re.search(r"(?<!\\)[`*_\[\]|~#]", said.replace("&#", "&"))
    assert "<" not in said
    assert ">" not in said


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in children for place in _places(part, (*path, key)))]


PLACES = _places(RIGHT)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PLACES), _JSON), min_size=1, max_size=4))
@example([(("prefetch", "procedures", "entry", 0, "resource", "id"), "\x1b")])
@example([(("prefetch", "procedures", "entry", 0, "resource", "id"), "a b")])
def test_anything_anywhere_is_answered(post: Post, changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """Wild values at any place of a real request: 200 or 4xx, and every card obeys the protocol."""
    body = copy.deepcopy(RIGHT)
    for path, value in changes:
        target = body
        try:
            for key in path[:-1]:
                target = target[key]
            if path:
                target[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    assert post(body).status_code in (200, 400, 412)


def test_another_patients_patient_resource_is_412(post: Post, hfs_right: dict[str, Any]) -> None:
    """Cards about one person beside the age and vital status of another would be worse than none."""
    hfs_right["prefetch"]["patient"]["id"] = "somebody-else"
    assert post(hfs_right).status_code == 412


def test_conditions_of_nobody_but_another_patient_are_412(post: Post, hfs_right: dict[str, Any]) -> None:
    """They say nothing about this one: that nothing is wrong was not shown."""
    for entry in hfs_right["prefetch"]["conditions"]["entry"]:
        entry["resource"]["subject"]["reference"] = "Patient/somebody-else"
    assert post(hfs_right).status_code == 412


def test_another_patients_condition_is_left_out(post: Post, hfs_right: dict[str, Any]) -> None:
    conditions = [entry["resource"] for entry in hfs_right["prefetch"]["conditions"]["entry"]]
    for condition in conditions:
        if "38341003" not in json.dumps(condition):
            condition["subject"]["reference"] = "Patient/somebody-else"
    assert len({condition["subject"]["reference"] for condition in conditions}) == 2
    for entry in hfs_right["prefetch"]["medicationStatements"]["entry"]:
        entry["resource"].pop("reasonReference", None)
    assert post(hfs_right).json == {"cards": []}


def test_an_unreadable_entry_is_named_on_the_cards(post: Post, hfs_right: dict[str, Any]) -> None:
    hfs_right["prefetch"]["procedures"]["entry"].append({"resource": ["MARKED"]})
    cards = post(hfs_right).json["cards"]
    assert all("Left out, because unreadable: 1 of the entries under procedures" in card["detail"] for card in cards)
    assert "MARKED" not in json.dumps(cards)


LONG = {
    "phrase": "hemifacial spasm ",
    "denied": "no botox, denied by mother; ",
    "sig": "2 tablets every 6 hours as needed max 8 ",
    "letters": "a",
    "digits": "1",
    "brackets": "(",
}


@pytest.mark.parametrize("repeated", LONG.values(), ids=LONG)
def test_an_endless_text_is_read_so_far_and_answered(post: Post, hfs_right: dict[str, Any], repeated: str) -> None:
    """One text of the record must not hold a worker: it is read to a bound (quadratic reading would never end here)."""
    text = (repeated * 400_000)[:800_000]
    prefetch = hfs_right["prefetch"]
    prefetch["conditions"]["entry"][1]["resource"] |= {"code": {"text": text}, "note": [{"text": text}]}
    prefetch["medicationStatements"]["entry"][1]["resource"]["dosage"][0]["text"] = text
    prefetch["procedures"]["entry"][0]["resource"]["note"] = [{"text": text}]
    answer = post(hfs_right)
    assert answer.json["cards"]
    assert len(answer.data) < 100_000


def test_compressed_bodies_are_415(post: Post, no_twitching: dict[str, Any]) -> None:
    assert post(no_twitching, headers={"Content-Encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize("patient_id", [".", "..", "a/b", "x" * 257, "<b>", "a%b", "{{x}}", "\u200b", "pätient"])
def test_a_patient_id_that_is_none_is_400(post: Post, no_twitching: dict[str, Any], patient_id: str) -> None:
    no_twitching["context"]["patientId"] = patient_id
    assert post(no_twitching).status_code == 400


@pytest.mark.parametrize("encounter", ["a/b", " ", "", 7, None, "x" * 300])
def test_an_odd_encounter_is_left_out(post: Post, hfs_right: dict[str, Any], encounter: object) -> None:
    hfs_right["context"]["encounterId"] = encounter
    assert "Encounter/" not in post(hfs_right).text


def test_no_patient_data_is_said_on_every_card(post: Post, hfs_right: dict[str, Any]) -> None:
    hfs_right["prefetch"]["patient"] = None
    for card in post(hfs_right).json["cards"]:
        assert "Not assessed: age, sex and vital status" in card["detail"]


def test_a_byte_order_mark_is_passed_over(post: Post, no_twitching: dict[str, Any]) -> None:
    assert post(b"\xef\xbb\xbf" + json.dumps(no_twitching).encode()).status_code == 200
