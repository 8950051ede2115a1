"""Limits and relations as card.toml writes them: none without a range, none that breaks what must hold."""

from datetime import date
from typing import Any

import pytest

from cds_service.limits import read_limits, read_relations

LIMIT = {"value": 3, "unit": "days", "evidence": "[K]", "since": date(2026, 1, 1)}


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (LIMIT, "limit x needs min and max"),
        ({**LIMIT, "min": 1}, "needs min and max"),
        ({**LIMIT, "min": 1, "max": 4, "fixed": "no"}, "needs min and max"),
        ({**LIMIT, "fixed": ""}, "needs min and max"),
        ({**LIMIT, "min": 1, "max": 4, "mni": 2}, "needs min and max"),
        ({**LIMIT, "min": 4, "max": 5}, "limit x itself is 3, allowed is 4 to 5 days"),
        ({**LIMIT, "min": 1, "max": 5, "step": 2}, "itself is 3, allowed is 1 to 5 days, in multiples of 2"),
        ({**LIMIT, "value": "3", "min": 1, "max": 5}, "itself must be a number"),
        ({"value": 3, "min": 1, "max": 5}, "lacks evidence, since, unit"),
    ],
)
def test_a_limit_without_a_range_is_refused(entry: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_limits({"x": entry})


def test_a_fixed_limit_allows_itself_only() -> None:
    limit = read_limits({"x": {**LIMIT, "fixed": "a label says so"}})["x"]
    assert limit.fault(3) == ""
    assert limit.fault(4) == "is 4, allowed is 3 days only: a label says so"


@pytest.mark.parametrize("chain", ["a", "a <", "a > b", "2 * a", "a < b + c", "a * 2 < b", ""])
def test_a_relation_that_is_none_is_refused(chain: str) -> None:
    with pytest.raises(ValueError, match="is no relation"):
        read_relations([chain])


@pytest.mark.parametrize(
    ("chain", "values", "fault"),
    [
        ("a < b", {"a": 1, "b": 2}, ""),
        ("a < b", {"a": 2, "b": 2}, "`a < b` must hold, and 2 < 2 does not"),
        ("a <= b", {"a": 2, "b": 2}, ""),
        ("a <= 2.5 * b", {"a": 6, "b": 2}, "`a <= 2.5 * b` must hold, and 6 <= 2.5 * 2 does not"),
        ("a ~ 10 * b", {"a": 35, "b": 3.5}, ""),
        ("a ~ 10 * b", {"a": 36, "b": 3.5}, "`a ~ 10 * b` must hold, and 36 ~ 10 * 3.5 does not"),
        ("a < b", {"a": 2}, "`a < b` names b, which is no limit"),
    ],
)
def test_what_must_hold_between_limits(chain: str, values: dict[str, float], fault: str) -> None:
    (relation,) = read_relations([chain])
    assert relation.fault(values) == fault


def test_a_chain_is_a_relation_for_each_sign() -> None:
    assert [relation.said() for relation in read_relations(["a < b <= 7 * c"])] == ["a < b", "b <= 7 * c"]
