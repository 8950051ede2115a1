"""The calendar days that a free text names: `2026-07-24`, `24.07.2026`, `24/07/2026`."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

_WRITTEN: Final = re.compile(r"\b(?:(\d{4})-(\d\d)-(\d\d)|(\d{1,2})[./](\d{1,2})[./](\d{4}))\b")


def days_in(text: str) -> Iterator[date]:
    """Day before month, as most of the world writes; the other way round only where it must be (`07/24/2026`)."""
    for found in _WRITTEN.finditer(text):
        iso, other = found.groups()[:3], found.groups()[3:]
        year, month, day = (int(part) for part in (iso if iso[0] else reversed(other)))
        for read in ((year, month, day), (year, day, month)):
            try:
                yield date(*read)
            except ValueError:
                continue
            break
