"""Servers that answer 429 are left alone for as long as they ask."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Final

_LONGEST: Final = 60.0
_UNSAID: Final = 1.0


class Patience:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._until: dict[str, float] = {}
        self._lock = Lock()
        self._clock = clock

    def ask(self, server: str, seconds: float) -> None:
        with self._lock:
            self._until[server] = max(self._until.get(server, 0), self._clock() + seconds)

    def left(self, server: str) -> float:
        """For how many seconds the server still wants to be left alone."""
        until = self._until.get(server)
        return 0.0 if until is None else max(0.0, until - self._clock())


def seconds_to_wait(retry_after: str) -> float:
    """What a Retry-After header means, a minute at most: seconds, or a date; where it cannot be read, a second."""
    said = retry_after.strip()
    try:
        seconds = float(said) if said.isdecimal() else parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, OverflowError):
        seconds = _UNSAID
    return min(max(seconds, 0.0), _LONGEST)
