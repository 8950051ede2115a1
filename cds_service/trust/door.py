"""The door: every call that is not open to all comes through `admit`, and what comes out is who calls."""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from cds_service.trust.caller import Caller
from cds_service.trust.servers import ServerBase

_OPEN: Final = "No clients are configured: anybody who reaches this service may call it. For sandboxes and tests only."


class ClientsError(Exception):
    """CLIENTS_CONFIG cannot be used; the message has a line for each fault."""


class Replays(Protocol):
    """What was used before, known to all workers and replicas, and after a restart."""

    def first_use(self, issuer: str, jti: str, expires: int, now: int) -> bool:
        """True once for each issuer and `jti` until it expires. Raises ReplaysUnavailable when it cannot be told."""
        ...


class Door(Protocol):
    def admit(self, authorization: str | None, path: str) -> Caller:
        """Who calls. Raises Refused, or ReplaysUnavailable."""
        ...

    def warm(self) -> None:
        """Reads beforehand what calls will need; a failure shows in `clients`."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What ops must be told at start."""
        ...

    @property
    def clients(self) -> Mapping[str, str]:
        """Who may call, and whether their keys are at hand."""
        ...


class OpenDoor:
    """No clients are configured: anybody is let in, and may have the listed servers read."""

    warnings: tuple[str, ...] = (_OPEN,)
    clients: Mapping[str, str] = {}

    def __init__(self, servers: Iterable[ServerBase] = ()) -> None:
        self._anybody = Caller(servers=tuple(servers))

    def admit(self, authorization: str | None, path: str) -> Caller:  # noqa: ARG002
        return self._anybody

    def warm(self) -> None:
        """Nothing to read."""
