"""The door when CLIENTS_CONFIG is set: only the EHRs that it lists are let in, each token once."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from cds_service.trust.caller import Caller
from cds_service.trust.clients import Client
from cds_service.trust.door import Replays
from cds_service.trust.endpoint import as_endpoint
from cds_service.trust.key_sources import KeySource
from cds_service.trust.refused import Refused
from cds_service.trust.tokens import verify

_BEARER: Final = re.compile(r"bearer +(\S+)", re.IGNORECASE)


class GuardedDoor:
    """`base_url` is PUBLIC_URL: the address that tokens must be for, whatever a request's Host says."""

    def __init__(
        self,
        clients: tuple[Client, ...],
        keys: Mapping[str, KeySource],
        base_url: str,
        replays: Replays,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clients, self._keys, self._base_url = clients, keys, base_url
        self._replays, self._clock = replays, clock

    def admit(self, authorization: str | None, path: str) -> Caller:
        presented = _BEARER.fullmatch(authorization or "")
        if not presented:
            raise Refused("no-token")
        now = self._clock()
        verified = verify(presented[1], as_endpoint(self._base_url + path), self._clients, self._keys, now)
        # Last: had it failed before, somebody else could use up a client's `jti` (and fill the store).
        if not self._replays.first_use(verified.client.issuer, verified.jti, verified.expires, int(now)):
            raise Refused("replayed", verified.client.name)
        return verified.client.caller

    def warm(self) -> None:
        for source in dict.fromkeys(self._keys.values()):
            source.renew()

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(
            f"Anybody may call as the client {client.name!r}: the private half of the sandbox's key is public. "
            "Only open data is read for it. For sandboxes and tests only."
            for client in self._clients
            if client.caller.profile == "sandbox"
        )

    @property
    def clients(self) -> Mapping[str, str]:
        return {client.name: self._keys[client.name].state for client in self._clients}
