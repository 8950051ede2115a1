"""urllib3's connections, made to check the address they are about to use, and to be found by who must cut them."""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from cds_service.outbound.addresses import Network, Way, ways
from cds_service.outbound.proxies import through

# It names the addresses that it has trouble with, and those hold patients' ids.
logging.getLogger("urllib3").addHandler(logging.NullHandler())
logging.getLogger("urllib3").propagate = False

_here: Final = threading.local()
_A_MOMENT: Final = 0.001


class Flight:
    """One call in the air. Whoever waits for it may cut it: its thread then sees a broken connection at once, however
    slowly the other side drips.
    """

    def __init__(self) -> None:
        self.connection: Cuttable | None = None
        self.is_cut = threading.Event()

    def board(self) -> None:
        """The connections that this thread uses from now on belong to this call."""
        _here.flight = self

    def take(self, connection: "Cuttable") -> None:
        """This connection carries the call from now on, unless the call was cut before."""
        connection.flight, connection.wire = self, connection.sock
        self.connection = connection
        if self.is_cut.is_set():
            raise TimeoutError("the call was cut")

    def cut(self) -> None:
        self.is_cut.set()
        held = self.connection
        if held is None or held.flight is not self:
            return
        wire: Any = held.sock or held.wire
        # TLS within a proxy's TLS is no socket; it has one.
        wire = getattr(wire, "socket", wire)
        if wire is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which would pull the rug from under the thread that reads.
                socket.socket.shutdown(wire, socket.SHUT_RDWR)


class Cuttable(HTTPConnection):
    """A connection that knows whose call it carries. `wire` is its socket, also when http.client has handed that over
    to an answer that ends with the connection.
    """

    flight: Flight | None = None
    wire: socket.socket | None = None

    def request(self, *args: Any, **options: Any) -> None:
        _here.flight.take(self)
        super().request(*args, **options)

    def connect(self) -> None:
        _here.flight.take(self)
        super().connect()
        _here.flight.take(self)


class CuttableTls(Cuttable, HTTPSConnection):
    """The same over TLS."""


def connect(host: str, port: int, timeout: float, networks: Sequence[Network]) -> socket.socket:
    """A connection to the first way that answers, each of them checked beforehand and given its share of the time."""
    until = time.monotonic() + timeout
    failed: OSError = ConnectionError("the name resolves to nothing")
    found = ways(host, port, networks)
    for place, way in enumerate(found):
        try:
            opened = _open(way, max(until - time.monotonic(), _A_MOMENT) / (len(found) - place))
        except OSError as error:
            failed = error
            continue
        opened.settimeout(max(until - time.monotonic(), _A_MOMENT))
        return opened
    raise failed


def _open(way: Way, timeout: float) -> socket.socket:
    family, kind, protocol, _, address = way
    opened = socket.socket(family, kind, protocol)
    try:
        opened.settimeout(timeout)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.connect(address)
    except OSError:
        opened.close()
        raise
    return opened


def pools(networks: Sequence[Network], size: int) -> PoolManager:
    """Connections to any server, each checked when it is made, kept open for the next call."""

    class Checked(Cuttable):
        def _new_conn(self) -> socket.socket:
            return connect(self._dns_host, self.port, self.timeout or 0, networks)

    class CheckedTls(Checked, HTTPSConnection):
        pass

    return _with(PoolManager(**_options(size)), Checked, CheckedTls)


def proxied(address: str, size: int) -> PoolManager:
    """All calls through a proxy, which then is who resolves names and says where one may go."""
    return _with(through(address, **_options(size)), Cuttable, CuttableTls)


def _options(size: int) -> dict[str, Any]:
    return {"num_pools": 100, "maxsize": size, "retries": False, "ssl_context": ssl.create_default_context()}


def _with(manager: PoolManager, plain: type[HTTPConnection], tls: type[HTTPSConnection]) -> PoolManager:
    class Pool(HTTPConnectionPool):
        ConnectionCls = plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = tls

    manager.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}
    return manager
