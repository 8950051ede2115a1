"""Dates as precise as they were written (clinical_rules.md 2.2): a date keeps the calendar day of the offset it was
written in.

Only instants with `Z` are moved into the site's zone: their sender gave up the local day. Nonsense is None, never a
guess.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from cds_service.record import PartialDate

# Wider than FHIR: one-digit months and days, a space for the T, no seconds, no zone, `+0000`, fractions, 24:00 and
# the leap second.
_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
    r"(?:[Tt ]+(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d*)?)?)?)?"
    r" ?(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)?)?)?",
    re.ASCII,
)
_LONGEST: Final = 64


def partial_date(written: Any, zone: ZoneInfo) -> PartialDate | None:
    """The days that a FHIR date, dateTime or instant may mean, or None for what is no date."""
    if not isinstance(written, str) or len(written) > _LONGEST:
        return None
    text = written.strip()
    parts = _WRITTEN.fullmatch(text)
    if parts is None:
        return None
    year, month, day = int(parts["year"]), int(parts["month"] or 0), int(parts["day"] or 0)
    try:
        if parts["month"] is None:
            return PartialDate(date(year, 1, 1), date(year, 12, 31), text)
        if parts["day"] is None:
            return PartialDate(date(year, month, 1), date(year, month, monthrange(year, month)[1]), text)
        exact = _day(date(year, month, day), parts, zone)
    except ValueError:
        return None
    return PartialDate(exact, exact, text)


def _day(day: date, parts: re.Match[str], zone: ZoneInfo) -> date:
    """The calendar day. Raises ValueError for an hour that no clock shows."""
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and minute + second > 0):
        raise ValueError(f"no time of day: {hour}:{minute}:{second}")
    if parts["hour"] is None or parts["zone"] not in ("Z", "z"):
        return day
    try:
        instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
            hours=hour, minutes=minute, seconds=second
        )
        return instant.astimezone(zone).date()
    except OverflowError:
        return day
