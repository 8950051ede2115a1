"""The numbers that rules compare with: what each rests on, how far a site may move it, and what must hold between them.
Law of this room: it imports nothing of the house.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isclose
from typing import Any, Final, NamedTuple

_NEEDED: Final = frozenset({"value", "unit", "evidence", "since"})
_RANGE: Final = frozenset({"min", "max"})
_SIGN: Final = re.compile(r" (<=|<|~) ")
_TERM: Final = re.compile(r"(?:(\d+(?:\.\d+)?) \* )?([a-z]\w*)")
# Two units' limits are rounded each for itself.
_ALIKE: Final = 0.02


class Decision(NamedTuple):
    """Who says so, since when, and why, where that was written down."""

    by: str
    on: date
    why: str = ""

    def __str__(self) -> str:
        return f"{self.by}, {self.on.isoformat()}{f': {self.why}' if self.why else ''}"


class Site(NamedTuple):
    """Who tunes the deck (SITE_CONFIG), and who answers for it."""

    name: str
    decision: Decision


class Change(NamedTuple):
    """A site's own value stands in place of `default`."""

    default: float
    decision: Decision


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that a rule compares with, and why it is that number.

    A site may set it from `least` to `most`, both included, in multiples of `step` where there is one; `fixed` says why
    it may not. A whole number stays one: words and calendars count in whole numbers.
    """

    value: float
    unit: str
    evidence: str
    since: date
    least: float
    most: float
    step: int = 0
    fixed: str = ""
    change: Change | None = None

    @property
    def allowed(self) -> str:
        """`84 to 112 days, in multiples of 7`."""
        if self.fixed:
            return f"{shown(self.value)} {self.unit} only: {self.fixed}"
        steps = f", in multiples of {self.step}" if self.step else ""
        return f"{shown(self.least)} to {shown(self.most)} {self.unit}{steps}"

    def fault(self, value: object) -> str:
        """Why this value may not be set, and what may; empty where it may."""
        if isinstance(value, bool) or not isinstance(value, int if isinstance(self.value, int) else int | float):
            return f"must be a {'whole ' if isinstance(self.value, int) else ''}number: {self.allowed}"
        fits = self.least <= value <= self.most and not (self.step and value % self.step)
        return "" if fits else f"is {shown(value)}, allowed is {self.allowed}"


def shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.10g}"


def read_limits(table: Mapping[str, Any]) -> dict[str, Limit]:
    """Limits as `card.toml` writes them. Raises ValueError saying what is wrong with the first wrong one."""
    limits = {}
    for name, entry in table.items():
        try:
            limits[name] = _limit(entry)
        except ValueError as error:
            raise ValueError(f"limit {name} {error}") from None
    return limits


def _limit(entry: Mapping[str, Any]) -> Limit:
    missing = _NEEDED - entry.keys()
    if missing:
        raise ValueError(f"lacks {', '.join(sorted(missing))}; every limit names its source and date")
    own, value = entry.keys() - _NEEDED, entry["value"]
    if own == {"fixed"} and entry["fixed"]:
        least = most = value
    elif _RANGE <= own <= _RANGE | {"step"}:
        least, most = entry["min"], entry["max"]
    else:
        raise ValueError('needs min and max (and step), between which a site may set it, or fixed = "why it may not"')
    step, fixed = entry.get("step", 0), entry.get("fixed", "")
    limit = Limit(value, entry["unit"], entry["evidence"], entry["since"], least, most, step, fixed)
    fault = limit.fault(value)
    if fault:
        raise ValueError(f"itself {fault}")
    return limit


class Term(NamedTuple):
    name: str
    factor: float

    def of(self, values: Mapping[str, float]) -> float:
        return self.factor * values[self.name]

    def said(self, what: str) -> str:
        return what if self.factor == 1 else f"{shown(self.factor)} * {what}"


class Relation(NamedTuple):
    """What must hold between two limits, whatever a site sets; `~` is the same limit in two units."""

    left: Term
    sign: str
    right: Term

    @property
    def names(self) -> tuple[str, str]:
        return self.left.name, self.right.name

    def fault(self, values: Mapping[str, float]) -> str:
        """What is wrong with these values; empty where nothing is."""
        unknown = set(self.names) - values.keys()
        if unknown:
            return f"`{self.said()}` names {', '.join(sorted(unknown))}, which is no limit"
        return "" if self._holds(values) else f"`{self.said()}` must hold, and {self.said(values)} does not"

    def _holds(self, values: Mapping[str, float]) -> bool:
        left, right = self.left.of(values), self.right.of(values)
        if self.sign == "~":
            return isclose(left, right, rel_tol=_ALIKE)
        return left < right or (self.sign == "<=" and left == right)

    def said(self, values: Mapping[str, float] | None = None) -> str:
        """With the limits' names, or with their values."""
        left, right = (t.said(shown(values[t.name]) if values else t.name) for t in (self.left, self.right))
        return f"{left} {self.sign} {right}"


def read_relations(chains: Iterable[str]) -> tuple[Relation, ...]:
    """`a < b <= 7 * c`: one relation for each sign. Raises ValueError where it is none."""
    return tuple(relation for chain in chains for relation in _relations(chain))


def _relations(chain: str) -> tuple[Relation, ...]:
    parts = _SIGN.split(chain)
    terms = [_TERM.fullmatch(part) for part in parts[::2]]
    found = [Term(term[2], float(term[1] or 1)) for term in terms if term]
    if len(found) < max(len(terms), 2):
        raise ValueError(f'"{chain}" is no relation such as "a < b <= 7 * c"')
    return tuple(map(Relation, found, parts[1::2], found[1:]))
