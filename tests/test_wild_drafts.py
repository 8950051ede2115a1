"""Wild values at any place of what is being signed or booked: a clear 4xx or a right 200, and every card obeys the
protocol.
"""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.approve import address_of
from tests.conftest import REQUESTS, Post

NAMES = [
    "appointment-book-too-early",
    "order-sign-botulinum-too-early",
    "order-sign-carbamazepine-sandbox-draft",
    "order-sign-clonazepam-with-opioid",
    "order-sign-mri-ordered-twice.r5",
    "order-sign-mri-without-sequences.dstu2",
    "order-sign-mri-without-sequences.stu3",
]
FILES = {name: REQUESTS / f"{name}.request.json" for name in NAMES}
BODIES = {name: json.loads(file.read_bytes()) for name, file in FILES.items()}
WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in children for place in places(part, (*path, key)))]


PLACES = [
    (name, place)
    for name, body in BODIES.items()
    for member in ("draftOrders", "appointments")
    if member in body["context"]
    for place in places(body["context"][member], (member,))
]
DRAFT = ("draftOrders", "entry", 0, "resource")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), WILD)
@example(("order-sign-botulinum-too-early", (*DRAFT, "id")), "a/b")
@example(("order-sign-botulinum-too-early", (*DRAFT, "id")), "\x1b")
@example(("order-sign-botulinum-too-early", (*DRAFT, "dosageInstruction", 0, "timing", "event", 0)), "9999-12-31")
@example(("order-sign-mri-without-sequences.stu3", (*DRAFT, "note")), "a string")
@example(("appointment-book-too-early", ("appointments", "entry", 0, "resource", "start")), "9999-12-31T00:00:00Z")
def test_anything_in_a_draft_is_answered(post: Post, where: tuple[str, tuple[Any, ...]], value: Any) -> None:
    name, (*path, last) = where
    body = copy.deepcopy(BODIES[name])
    target = body["context"]
    for key in path:
        target = target[key]
    target[last] = value
    assert post(body, address_of(FILES[name])).status_code in (200, 400, 412)


@pytest.mark.parametrize("name", NAMES)
def test_each_of_them_is_answered_with_a_card_as_it_stands(post: Post, name: str) -> None:
    """Else the wild values would prove nothing."""
    assert post(BODIES[name], address_of(FILES[name])).json["cards"]
