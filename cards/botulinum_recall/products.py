"""How long each product is left to act: the shortest interval and the usual window (clinical_rules.md 2.4).

The names of the limits are spelled out, so that a search for a limit of `card.toml` finds where it is used.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from cards.findings.botulinum_products import Product

_LIMITS: Final[Mapping[str, tuple[str, str, str]]] = {
    "onabotulinumtoxina": (
        "min_days_onabotulinumtoxina",
        "usual_from_weeks_onabotulinumtoxina",
        "usual_to_weeks_onabotulinumtoxina",
    ),
    "incobotulinumtoxina": (
        "min_days_incobotulinumtoxina",
        "usual_from_weeks_incobotulinumtoxina",
        "usual_to_weeks_incobotulinumtoxina",
    ),
    "abobotulinumtoxina": (
        "min_days_abobotulinumtoxina",
        "usual_from_weeks_abobotulinumtoxina",
        "usual_to_weeks_abobotulinumtoxina",
    ),
    "rimabotulinumtoxinb": (
        "min_days_rimabotulinumtoxinb",
        "usual_from_weeks_rimabotulinumtoxinb",
        "usual_to_weeks_rimabotulinumtoxinb",
    ),
    "daxibotulinumtoxina": (
        "min_days_daxibotulinumtoxina",
        "usual_from_weeks_daxibotulinumtoxina",
        "usual_to_weeks_daxibotulinumtoxina",
    ),
    "prabotulinumtoxina": (
        "min_days_prabotulinumtoxina",
        "usual_from_weeks_prabotulinumtoxina",
        "usual_to_weeks_prabotulinumtoxina",
    ),
    "unspecified": ("min_days_unspecified", "usual_from_weeks_unspecified", "usual_to_weeks_unspecified"),
}


class Interval(NamedTuple):
    """Days before which it should not be given again, and the weeks between which it usually is."""

    min_days: int
    usual_from_weeks: int
    usual_to_weeks: int


def interval_after(product: Product, limits: Mapping[str, float]) -> Interval:
    """The interval after an injection of this product."""
    return Interval(*(round(limits[name]) for name in _LIMITS[product.key]))
