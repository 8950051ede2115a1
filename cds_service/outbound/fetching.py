"""GET several things at once, until a deadline. What is not there by then is cut off and said to be late."""

import ssl
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from http.client import BadStatusLine, LineTooLong
from ipaddress import ip_network
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from cds_service.outbound.patience import Patience, seconds_to_wait

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

    from cds_service.outbound.connections import Flight

Failure: TypeAlias = Literal[
    "", "late", "dropped", "unreachable", "address-refused", "untrusted", "garbled", "too-large", "busy"
]

_CHUNK: Final = 65_536
_BUSY: Final = 429


class Ask(NamedTuple):
    """What to get. `server` (scheme, host, port) is who is left alone when it asks for that. Headers may hold a token,
    the address a patient's id: neither is ever shown.
    """

    server: str
    url: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Ask({self.server!r}, …)"


class Reply(NamedTuple):
    """`status` is 0 where there was no answer; `failure` says why there is no usable body."""

    status: int = 0
    body: bytes = b""
    failure: Failure = ""


class Outbound:
    """One a process, shared by all its threads; its own threads and connections begin with the first call."""

    def __init__(self, threads: int, most_bytes: int, networks: Sequence[str] = (), proxy: str = "") -> None:
        self._threads, self.most_bytes, self._proxy = threads, most_bytes, proxy
        self._networks = tuple(ip_network(network) for network in networks)
        self.patience = Patience()
        self._beginning = Lock()

    def get(self, asks: Sequence[Ask], deadline: float) -> list[Reply]:
        """One reply for each, in order. `deadline` is on the clock of `time.monotonic`."""
        from cds_service.outbound.connections import Flight

        with self._beginning:
            workers, manager = self._workers, self._manager
        flights = [Flight() for _ in asks]
        todo = zip(asks, flights, strict=True)
        running = [workers.submit(self._fly, manager, ask, flight, deadline) for ask, flight in todo]
        wait(running, max(0.0, deadline - time.monotonic()))
        return [_landed(future, flight) for future, flight in zip(running, flights, strict=True)]

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="outbound")

    @cached_property
    def _manager(self) -> "PoolManager":
        from cds_service.outbound.connections import pools, proxied

        return proxied(self._proxy, self._threads) if self._proxy else pools(self._networks, self._threads)

    def _fly(self, manager: "PoolManager", ask: Ask, flight: "Flight", deadline: float) -> Reply:
        """At most two tries: a second one after a dropped connection, or once a busy server may be asked again."""
        if self.patience.left(ask.server):
            return Reply(failure="busy")
        flight.board()
        reply = self._try(manager, ask, flight, deadline)
        if reply.failure not in ("dropped", "busy"):
            return reply
        pause = self.patience.left(ask.server)
        if time.monotonic() + pause >= deadline or flight.is_cut.wait(pause):
            return reply
        # Another call may have been told to wait for longer in the meantime.
        return reply if self.patience.left(ask.server) else self._try(manager, ask, flight, deadline)

    def _try(self, manager: "PoolManager", ask: Ask, flight: "Flight", deadline: float) -> Reply:
        left = deadline - time.monotonic()
        if left <= 0 or flight.is_cut.is_set():
            return Reply(failure="late")
        try:
            response = manager.urlopen(
                "GET", ask.url, headers=ask.headers, timeout=left, redirect=False, retries=False, preload_content=False
            )
            try:
                if response.status == _BUSY:
                    self.patience.ask(ask.server, seconds_to_wait(response.headers.get("Retry-After", "")))
                    return Reply(_BUSY, failure="busy")
                return self._read(response, deadline)
            finally:
                # A body that was read to its end leaves a connection to be used again; any other is closed.
                response.release_conn() if response.closed else response.close()
        except Exception as error:
            return Reply(failure="late" if flight.is_cut.is_set() else _why(error))

    def _read(self, response: "BaseHTTPResponse", deadline: float) -> Reply:
        if response.status != 200:
            return Reply(response.status)
        body = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > self.most_bytes:
                return Reply(200, failure="too-large")
            if time.monotonic() > deadline:
                return Reply(200, failure="late")
        return Reply(200, bytes(body))


def _landed(future: Future[Reply], flight: "Flight") -> Reply:
    if future.done():
        return future.result()
    future.cancel()
    flight.cut()
    return Reply(failure="late")


def _why(error: Exception) -> Failure:
    """urllib3 wraps what happened, sometimes twice: the first cause that we know decides."""
    cause: BaseException | None = error
    while cause is not None:
        found = _meaning(cause)
        if found:
            return found
        cause = cause.__cause__ or cause.__context__
    return "dropped"


def _meaning(cause: BaseException) -> Failure:
    from urllib3 import exceptions as said

    from cds_service.outbound.addresses import AddressRefused

    if isinstance(cause, AddressRefused):
        return "address-refused"
    if isinstance(cause, TimeoutError | said.TimeoutError):
        return "late"
    if isinstance(cause, ConnectionResetError | BrokenPipeError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "dropped"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "untrusted"
    if isinstance(cause, BadStatusLine | LineTooLong | said.DecodeError | said.InvalidChunkLength):
        return "garbled"
    return "unreachable" if isinstance(cause, OSError) else ""
