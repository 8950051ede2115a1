"""What a card says of drafts: orders being signed, visits being booked.

A card speaks at such a moment when its folder has a file of the hook's name, `order_sign.py` or `appointment_book.py`,
with `advise(view)` as in `rule.py`, and `concerns(drafts)`, which is asked first.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple, TypeAlias, get_args

from cds_service.advice import Moment, Verdict, View
from cds_service.record import Drafts

Rule: TypeAlias = Callable[[View], Verdict]
# The moment at which nothing is drafted: every card's `rule.py` speaks then.
CHART: Final[Moment] = "patient-view"


class DraftRule(NamedTuple):
    """`concerns` sees the drafts alone, without the chart: nearly all are about something else, and end there."""

    concerns: Callable[[Drafts], bool]
    advise: Rule
    guideline: str


def load_draft_rules(folder: Traversable, package: str) -> dict[Moment, DraftRule]:
    """Those that the card's folder has."""
    found: dict[Moment, DraftRule] = {}
    for moment in get_args(Moment):
        module = moment.replace("-", "_")
        if (folder / f"{module}.py").is_file():
            rule = import_module(f"{package}.{folder.name}.{module}")
            found[moment] = DraftRule(rule.concerns, rule.advise, rule.__doc__ or "")
    return found
