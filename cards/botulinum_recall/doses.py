"""How much onabotulinumtoxinA was given of late, in its own units (clinical_rules.md 2.4; both windows include their
last day).

Only doses recorded in units and of that product: units of other products are never converted or added.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from cards.botulinum_recall.products import interval_after
from cards.findings.botulinum_history import BotulinumHistory, Injection

_PRODUCT: Final = "onabotulinumtoxina"


class Doses(NamedTuple):
    """Units in the label's 90 days for all purposes, and in 84 days for the face; None where no dose is recorded."""

    units: float | None
    facial_units: float | None
    is_too_much: bool
    is_much_for_the_face: bool
    injections: tuple[Injection, ...]


def doses(history: BotulinumHistory, limits: Mapping[str, float], today: date) -> Doses:
    """The sums over the windows that end today. A vague date counts from its latest possible day."""
    measured = [
        i
        for i in history.injections
        if i.product.key == _PRODUCT and i.units is not None and not _was_used(i, history, limits)
    ]
    recent = [i for i in measured if (today - i.on.latest).days <= limits["dose_days"]]
    facial = [i for i in measured if i.is_for_the_face and (today - i.on.latest).days <= limits["facial_dose_days"]]
    units, facial_units = _sum(recent), _sum(facial)
    return Doses(
        units=units,
        facial_units=facial_units,
        is_too_much=(units or 0) > limits["dose_units"],
        is_much_for_the_face=(facial_units or 0) > limits["facial_dose_units"],
        injections=tuple(recent),
    )


def _was_used(supply: Injection, history: BotulinumHistory, limits: Mapping[str, float]) -> bool:
    """Whether it is a supply or an order whose dose an injection then given tells again."""
    if supply.source not in ("supplied", "ordered"):
        return False
    min_days = interval_after(supply.product, limits).min_days
    return any(
        given.source in ("given", "reported")
        and given.product == supply.product
        and 0 <= (given.on.latest - supply.on.latest).days < min_days
        for given in history.injections
    )


def _sum(injections: Iterable[Injection]) -> float | None:
    known = [injection.units for injection in injections if injection.units is not None]
    return sum(known) if known else None
