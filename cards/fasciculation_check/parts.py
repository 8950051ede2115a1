"""What the two halves of the card have in common: caffeine and medicines each make a part, or none."""

from typing import NamedTuple

from cards.findings.dosage_frequency import Range
from cds_service.advice import Finding, Indicator, Phrase, Suggestion, Value, Values
from cds_service.record import PartialDate, Quantity

MISSING = "–"


class Part(NamedTuple):
    """One half. `weight` decides which half speaks in the summary: the smaller the weightier."""

    situation: str
    indicator: Indicator
    weight: int
    values: Values
    findings: tuple[Finding, ...]
    detail: tuple[Phrase, ...]
    suggestions: tuple[Suggestion, ...] = ()


def whole(number: float) -> int:
    """To the nearest integer, a half upwards: for display only."""
    return int(number + 0.5)


def span(numbers: Range | None, decimals: int = 0) -> Value:
    """`200`, `200–400`, `0.5`; a dash for none."""
    if numbers is None:
        return MISSING
    low, high = (round(n, decimals) if decimals else whole(n) for n in numbers)
    return Quantity(low, high)


def rounded(measured: Quantity) -> Quantity:
    """For display: `0.45 g/d`."""
    return measured._replace(low=round(measured.low, 2), high=round(measured.high, 2))


def day(when: PartialDate | None) -> str:
    """A date as precise as it was written, without its time; a dash for none."""
    return (when.written[:10] or when.earliest.isoformat()) if when else MISSING
