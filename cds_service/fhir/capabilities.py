"""What a FHIR server says of itself: its release and the resource types it has. Asked once a day a server."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, NamedTuple

import msgspec

from cds_service.fhir.glimpse import UNREADABLE
from cds_service.fhir.release import Release, release_named

_GOOD_FOR: Final = 24 * 3600.0
_FAILED_FOR: Final = 60.0
_MOST: Final = 256


class Capability(NamedTuple):
    """`types` is empty where the server doesn't say; `release` None where it doesn't, or speaks one that we don't."""

    release: Release | None = None
    types: frozenset[str] = frozenset()


UNKNOWN: Final = Capability()


class _Resource(msgspec.Struct):
    type: Any = None


class _Rest(msgspec.Struct):
    resource: list[_Resource] | None = None


class _Statement(msgspec.Struct):
    fhirVersion: Any = None  # noqa: N815 – FHIR's own name
    rest: list[_Rest] | None = None


_decode: Final = msgspec.json.Decoder(_Statement).decode


def read_capability(body: bytes) -> Capability:
    """From a CapabilityStatement (DSTU2: Conformance); UNKNOWN for anything else."""
    try:
        said = _decode(body)
    except UNREADABLE:
        return UNKNOWN
    types = {each.type for rest in said.rest or () for each in rest.resource or () if isinstance(each.type, str)}
    version = said.fhirVersion if isinstance(said.fhirVersion, str) else ""
    return Capability(release_named(version), frozenset(types))


class Capabilities:
    """Remembers what servers said, for all calls of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._known: dict[str, tuple[float, Capability]] = {}
        self._lock = Lock()
        self._clock = clock

    def recall(self, server: str) -> Capability | None:
        """None where it must be asked (again)."""
        until, said = self._known.get(server, (0.0, UNKNOWN))
        return said if self._clock() < until else None

    def note(self, server: str, said: Capability) -> None:
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[server] = (self._clock() + (_FAILED_FOR if said == UNKNOWN else _GOOD_FOR), said)
