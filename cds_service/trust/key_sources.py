"""Where a client's keys come from: the file that was read at start, or the one address that is pinned for it.

Keys from an address are kept for ten minutes and renewed by the call that finds them older; while the address doesn't
answer, the old ones go on. A `kid` that is not among them is a reason to ask anew, at most once a minute in each
worker: it may be a new key, or somebody making us ask.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Final, Literal, Protocol, TypeAlias

from cds_service.telemetry.logs import log
from cds_service.trust.clients import Client
from cds_service.trust.keys import Key, KeysError, entries_of, usable
from cds_service.trust.refused import Refused

State: TypeAlias = Literal["fresh", "old", "none"]
Fetch: TypeAlias = Callable[[str], bytes]
Clock: TypeAlias = Callable[[], float]

_FRESH_FOR: Final = 600.0
_BETWEEN_TRIES: Final = 60.0
_BETWEEN_FIRST_TRIES: Final = 10.0
# As long as one reading may take: who needs what it brings waits for it, not longer.
_PATIENCE: Final = 3.0


class KeySource(Protocol):
    def find(self, kid: str) -> tuple[Key, ...]:
        """The keys of this id (more than one where a set uses it twice). Raises Refused when no keys could be had."""
        ...

    def renew(self) -> None: ...

    @property
    def state(self) -> State: ...


class KeyFile:
    """Keys that were read at start and don't change."""

    state: State = "fresh"

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)

    def find(self, kid: str) -> tuple[Key, ...]:
        return tuple(key for key in self._keys if key.kid == kid)

    def renew(self) -> None:
        """A file is read again by a restart."""


class KeyServer:
    """The keys behind one address, shared by the threads of a worker."""

    def __init__(self, url: str, fetch: Fetch, clock: Clock = time.monotonic) -> None:
        self._url, self._fetch, self._clock = url, fetch, clock
        self._keys: tuple[Key, ...] | None = None
        self._read_at = self._next_try = -float("inf")
        self._reading = Lock()

    @property
    def state(self) -> State:
        if self._keys is None:
            return "none"
        return "fresh" if self._clock() - self._read_at < _FRESH_FOR else "old"

    def find(self, kid: str) -> tuple[Key, ...]:
        if self.state != "fresh":
            self.renew()
        if self._keys is None:
            raise Refused("keys-unavailable")
        found = self._named(kid)
        if not found:
            self._renew(_PATIENCE)
            found = self._named(kid)
        return found

    def renew(self) -> None:
        """Whoever comes while another reads goes on with the old keys, if there are any."""
        self._renew(_PATIENCE if self._keys is None else 0)

    def _named(self, kid: str) -> tuple[Key, ...]:
        return tuple(key for key in self._keys or () if key.kid == kid)

    def _renew(self, patience: float) -> None:
        if not self._reading.acquire(timeout=patience):
            return
        try:
            if self._clock() >= self._next_try:
                self._read()
        finally:
            self._reading.release()

    def _read(self) -> None:
        try:
            self._keys = usable(entries_of(self._fetch(self._url)))
            self._read_at = self._clock()
        except KeysError as error:
            log().warning("keys", url=self._url, problem=f"The keys {error}.", state=self.state)
        self._next_try = self._clock() + (_BETWEEN_FIRST_TRIES if self._keys is None else _BETWEEN_TRIES)


def key_sources(clients: Iterable[Client], fetch: Fetch) -> Mapping[str, KeySource]:
    """By the client's name. Clients of one address share its keys."""
    servers: dict[str, KeyServer] = {}
    return {
        client.name: servers.setdefault(client.jwks_url, KeyServer(client.jwks_url, fetch))
        if client.jwks_url
        else KeyFile(client.keys)
        for client in clients
    }
