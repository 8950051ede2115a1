"""What each of the four questions of this card gives to say: a concern, or none."""

from typing import NamedTuple

from cds_service.advice import Evidence, Finding, Indicator, Phrase, Suggestion, Value
from cds_service.record import MedicationUse, PartialDate, Quantity

MISSING = "–"


class Concern(NamedTuple):
    """`weight` decides which one speaks in the summary: the smaller the weightier."""

    situation: str
    indicator: Indicator
    weight: int
    values: dict[str, Value]
    finding: Finding
    lines: tuple[Phrase, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


def day(when: PartialDate | str | None) -> str:
    """A date as precise as it was written, without its time; a dash for none."""
    written = when if isinstance(when, str) else (when.written or when.earliest.isoformat()) if when else ""
    return written[:10] or MISSING


def amount(value: Quantity) -> Quantity:
    """The number alone: the words name the unit."""
    return value._replace(unit="")


def medicines(uses: tuple[MedicationUse, ...]) -> tuple[Evidence, ...]:
    """The entries about a medicine, each with its start where one is recorded."""
    return tuple(Evidence(use.reference, _start(use), use.medication.label) for use in uses)


def _start(use: MedicationUse) -> str:
    start = (use.course.start if use.course else None) or use.given or use.authored
    return start.written if start else ""
