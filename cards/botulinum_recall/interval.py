"""How long ago the last injection was, and what that means: the state table (clinical_rules.md 2.2, 2.3; section 11
items 11, 12).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import combinations
from typing import Final, Literal, NamedTuple, TypeAlias

from cards.botulinum_recall.products import interval_after
from cards.findings.botulinum_history import BotulinumHistory, Injection

State: TypeAlias = Literal[
    "never", "date-unknown", "covered", "window-opens", "due-possible", "due", "late", "overdue", "lapsed"
]


# Longest ago first: the state beyond each bound (clinical_rules.md 2.3).
_LONG_AGO: Final[tuple[tuple[State, str], ...]] = (
    ("lapsed", "overdue_until_days"),
    ("overdue", "late_until_days"),
    ("late", "due_until_days"),
)


class Pair(NamedTuple):
    """Two injections of different products, nearer to each other than the longer of their shortest intervals."""

    earlier: Injection
    later: Injection
    days: int


class Recall(NamedTuple):
    """`last` is the last injection for the face (L), `any_last` the last of all. `days` since L's latest possible day.

    `earliest` is the first day on which any botulinum toxin should be given again; None where nothing is dated well
    enough.
    """

    state: State
    last: Injection | None = None
    any_last: Injection | None = None
    days: int = 0
    earliest: date | None = None
    pair: Pair | None = None


def recall(history: BotulinumHistory, limits: Mapping[str, float], today: date) -> Recall:
    """The state of the last injection for the face. A vague date counts from its latest possible day."""
    last, any_last = history.last_for_the_face, history.last
    if any_last is None:
        return Recall("date-unknown" if history.undated else "never")
    pair = two_products(history, limits, today)
    earliest = _earliest(any_last, (last, pair.earlier if pair else None), limits)
    if last is None:
        state: State = "date-unknown" if history.undated else "never"
        return Recall(state, None, any_last, 0, earliest, pair)
    state = _state(last, limits, today)
    is_far_off = earliest is not None and (earliest - today).days > limits["planning_lead_days"]
    if state == "window-opens" and is_far_off:
        state = "covered"  # an injection for something else has moved the window
    return Recall(state, last, any_last, (today - last.on.latest).days, earliest, pair)


def is_too_vague(injection: Injection, limits: Mapping[str, float]) -> bool:
    """Dated to the year only, or to more than about two months."""
    return injection.span_days > limits["date_span_days"]


def _earliest(any_last: Injection, others: tuple[Injection | None, ...], limits: Mapping[str, float]) -> date | None:
    """The last possible day of the latest injection plus the longest interval of the products concerned."""
    if is_too_vague(any_last, limits):
        return None
    products = [any_last.product, *(other.product for other in others if other is not None)]
    return any_last.on.latest + timedelta(days=max(interval_after(product, limits).min_days for product in products))


def _state(last: Injection, limits: Mapping[str, float], today: date) -> State:
    if is_too_vague(last, limits):
        return "date-unknown"
    least, most = (today - last.on.latest).days, (today - last.on.earliest).days
    interval = interval_after(last.product, limits).min_days
    for state, bound in _LONG_AGO:
        if least > limits[bound]:
            return state
    if least >= interval:
        return "due"
    if last.span_days:
        return "due-possible" if most >= interval else "covered"
    return "window-opens" if least >= interval - limits["planning_lead_days"] else "covered"


def two_products(history: BotulinumHistory, limits: Mapping[str, float], today: date) -> Pair | None:
    """The latest pair of different known products given too near to each other (clinical_rules.md 2.4, R2b).

    Only if that still matters: the later one is the last injection, or less than its interval ago (section 11 item 13).
    Vague dates count only when every day that they allow is too near.
    """
    found = []
    for earlier, later in combinations(history.injections, 2):
        interval = max(interval_after(i.product, limits).min_days for i in (earlier, later))
        apart = (later.on.latest - earlier.on.earliest).days
        is_mixed = earlier.product.is_known and later.product.is_known and earlier.product != later.product
        matters = later in (history.last, history.last_for_the_face) or (today - later.on.latest).days < interval
        if is_mixed and apart < interval and matters:
            found.append(Pair(earlier, later, apart))
    return max(found, key=lambda pair: (pair.later.on.latest, pair.earlier.on.latest)) if found else None
