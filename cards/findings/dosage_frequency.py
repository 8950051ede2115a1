"""How many doses a day a timing means (clinical_rules.md 3.1): frequency and period, when, times of day, days of the
week, code, bounds.
"""

from datetime import date
from math import isfinite
from typing import NamedTuple

from cards.findings.vocabulary import table
from cds_service.record import Period, Timing

_DAYS = {"s": 1 / 86400, "min": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 365.25 / 12, "a": 365.25}
_WEEK = 7


class Range(NamedTuple):
    """From–to; both the same when the record is exact."""

    low: float
    high: float

    @property
    def is_sound(self) -> bool:
        """A range of this world: finite, not negative, in order."""
        return isfinite(self.high) and 0 <= self.low <= self.high

    def times(self, other: "Range") -> "Range":
        return Range(self.low * other.low, self.high * other.high)


def doses_a_day(timing: Timing | None, today: date) -> Range | None:
    """Doses a day on `today`; 0 outside the timing's bounds; None where it does not say how often."""
    if timing is None:
        return None
    if not in_force(timing.bounds, today):
        return Range(0, 0)
    found = _repeated(timing) or _coded(timing.code) or _counted(timing)
    return found if found is not None and found.is_sound else None


def in_force(bounds: Period | None, today: date) -> bool:
    """Whether today may lie within these bounds; open ends and vague dates are given the benefit of the doubt."""
    if bounds is None:
        return True
    begun = bounds.start is None or bounds.start.earliest <= today
    over = bounds.end is not None and bounds.end.latest < today
    return begun and not over


def _repeated(timing: Timing) -> Range | None:
    """The repeat's own numbers. Days of the week thin out a daily dose; beside a week they say which days."""
    rate = _frequency(timing)
    every = _period(timing)
    if rate is None and (timing.when or timing.times_of_day):
        moments, span = max(len(timing.when), timing.times_of_day), every or Range(1, 1)
        rate = Range(moments / span.high, moments / span.low)
    days = min(max(timing.days_of_week, 0), _WEEK)
    if not days:
        return rate
    if rate is None:
        return Range(days / _WEEK, days / _WEEK)
    if every is not None and every.high >= _WEEK:
        return Range(max(rate.low, days / _WEEK), max(rate.high, days / _WEEK))
    return Range(rate.low * days / _WEEK, rate.high * days / _WEEK)


def _frequency(timing: Timing) -> Range | None:
    """frequency(-max) in each period(-max); once in a period where only the period is given."""
    given = [f for f in (timing.frequency, timing.frequency_max) if f is not None]
    every = _period(timing)
    if every is None or (not given and (timing.when or timing.times_of_day or timing.days_of_week)):
        return None
    given = given or [1]
    return Range(min(given) / every.high, max(given) / every.low)


def _period(timing: Timing) -> Range | None:
    """The period in days."""
    days = _DAYS.get(timing.period_unit)
    if days is None:
        return None
    given = [p for p in (timing.period, timing.period_max) if p is not None]
    if any(p <= 0 for p in given):
        return None
    return Range(min(given, default=1) * days, max(given, default=1) * days)


def _coded(code: str) -> Range | None:
    """BID, Q6H … (the codes of FHIR's GTSAbbreviation and what lists write for them)."""
    times = table("dosage_text")["timing_codes"].get(code.strip().upper().replace(" ", ""))
    return None if times is None else Range(times, times)


def _counted(timing: Timing) -> Range | None:
    """A number of doses within closed bounds, spread over their days: a one-off rather than a habit."""
    bounds = timing.bounds
    if timing.times is None or bounds is None or bounds.start is None or bounds.end is None:
        return None
    days = max((bounds.end.latest - bounds.start.earliest).days + 1, 1)
    return Range(timing.times / days, timing.times / days)
