"""Whole calendar months and years, and what a vague date allows (clinical_rules.md: dates are whole calendar days)."""

from calendar import monthrange
from datetime import date

from cds_service.record import PartialDate


def months_before(day: date, months: float) -> date:
    """The same day so many calendar months earlier, or that month's last day. Never before the year 1."""
    index = max(day.year * 12 + day.month - 1 - round(months), 12)
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def years_between(start: date, end: date) -> int:
    """Completed years, as an age is told."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def may_be_since(when: PartialDate | None, first: date) -> bool:
    """Whether a date as vague as it was written can be this day or later; unknown is not."""
    return when is not None and when.latest >= first


def is_since(when: PartialDate | None, first: date) -> bool:
    """Whether it surely is this day or later."""
    return when is not None and when.earliest >= first
