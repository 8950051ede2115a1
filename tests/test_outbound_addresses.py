"""Which addresses are connected to, whatever a name resolves to and whenever. Nothing here leaves the machine: what
would, is led to a server on loopback, and noted.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.outbound.addresses import may_connect
from cds_service.outbound.fetching import Ask, Outbound, Reply
from tests.loopback_servers import Wire, answer, server

NAME: Final = "ehr.example.org"
PUBLIC: Final = ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1")
PRIVATE: Final = {
    "private": "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 fc00::1 fd00:ec2::254",
    "loopback": "127.0.0.1 127.9.9.9 ::1",
    "link-local": "169.254.169.254 fe80::1 fe80::1%eth0",
    "carrier's": "100.64.0.1 100.100.100.200 100.127.255.255",
    "unspecified": "0.0.0.0 0.1.2.3 ::",
    "multicast": "224.0.0.1 239.255.255.255 ff02::1 ff0e::1",
    "broadcast and reserved": "255.255.255.255 240.0.0.1",
    "for protocols": "192.0.0.1 192.0.0.192 100::1",
    "for examples and tests": "192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 2001:db8::1",
    "IPv4-mapped": "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254",
    "IPv4 in old disguises": "::127.0.0.1 ::10.0.0.1 ::ffff:0:10.0.0.1",
    "NAT64": "64:ff9b::127.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::10.0.0.1 64:ff9b:1:fffe::1",
    "6to4": "2002:7f00:1:: 2002:a9fe:a9fe::1 2002:a00:1::",
    "Teredo": "2001:0:808:808:0:0:f5ff:fffe",
    "site-local": "fec0::1",
    "never given out": "4000::1 5f00::1 ::2",
}
EACH_PRIVATE: Final = [address for addresses in PRIVATE.values() for address in addresses.split()]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_connected_to(address: str) -> None:
    assert may_connect(ip_address(address), NAME, ())


@pytest.mark.parametrize("address", EACH_PRIVATE)
def test_others_may_not(address: str) -> None:
    assert not may_connect(ip_address(address), NAME, ())


@pytest.mark.parametrize("address", EACH_PRIVATE)
def test_but_if_ops_listed_the_very_address(address: str) -> None:
    """As the host of a server in FHIR_SERVERS, or within PRIVATE_NETWORKS."""
    here = ip_address(address)
    literal = f"[{address}]" if here.version == 6 else address
    assert may_connect(here, literal, ()) or "%" in address
    inner = ip_address("10.0.0.1")
    assert not may_connect(inner, literal, ()) or here == inner


@pytest.mark.parametrize(
    ("address", "network", "expected"),
    [
        ("10.20.1.1", "10.20.0.0/16", True),
        ("10.21.1.1", "10.20.0.0/16", False),
        ("::ffff:10.20.1.1", "10.20.0.0/16", True),
        ("64:ff9b::10.20.1.1", "10.20.0.0/16", True),
        ("fd00::1", "fd00::/8", True),
        ("fd00::1", "10.20.0.0/16", False),
        ("127.0.0.1", "127.0.0.0/8", True),
        ("169.254.169.254", "10.0.0.0/8", False),
    ],
)
def test_private_networks_that_ops_named(address: str, network: str, expected: bool) -> None:
    assert may_connect(ip_address(address), NAME, [ip_network(network)]) is expected


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "ehr.localhost"])
@pytest.mark.parametrize(("address", "expected"), [("127.0.0.1", True), ("::1", True), ("10.0.0.1", False)])
def test_localhost_is_loopback(host: str, address: str, expected: bool) -> None:
    assert may_connect(ip_address(address), host, ()) is expected


INSIDE: Final = [IPv4Network(n) for n in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12")]
WRAPPED: Final = ["::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:0:0"]


@given(st.sampled_from(INSIDE), st.integers(0, 2**24 - 1), st.sampled_from(WRAPPED))
def test_no_wrapping_makes_an_inner_address_public(network: IPv4Network, nth: int, around: str) -> None:
    inner = network[nth % network.num_addresses]
    assert not may_connect(inner, NAME, ())
    assert not may_connect(ip_address(int(ip_address(around)) + int(inner)), NAME, ())
    assert not may_connect(IPv6Network((0x2002 << 112 | int(inner) << 80, 48))[1], NAME, ())


@dataclass
class Names:
    """What names resolve to next, and where it was connected to."""

    led_to: int = 0
    answers: list[list[str]] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    heard: int = 0
    wait: threading.Event = field(default_factory=threading.Event)

    def resolve(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.wait.wait(20)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """Instead of the network's name servers."""
    known = Names()
    known.wait.set()
    connect = socket.socket.connect

    def lead(self: socket.socket, address: tuple[str, int]) -> None:
        known.connected.append(address[0])
        if address[0] == CLOSED:
            raise ConnectionRefusedError
        connect(self, ("127.0.0.1", known.led_to))

    def close(wire: Wire, _: bytes) -> None:
        """No connection is used again, so that each call resolves the name anew."""
        known.heard += 1
        wire.say(answer(b"{}", "200 OK", "Connection: close"))
        wire.hang_up()

    with server(close) as at:
        known.led_to = at.port
        monkeypatch.setattr(socket, "getaddrinfo", known.resolve)
        monkeypatch.setattr(socket.socket, "connect", lead)
        yield known


def call(outbound: Outbound, host: str = NAME, seconds: float = 30.0) -> Reply:
    ask = Ask(host, f"http://{host}/Patient/p1", {})
    return outbound.get([ask], time.monotonic() + seconds)[0]


CLOSED: Final = "1.1.1.1"
REFUSED: Final = Reply(failure="address-refused")


@pytest.mark.parametrize("inside", ["10.0.0.5", "127.0.0.1", "169.254.169.254"])
def test_a_name_that_turns_inside_is_not_followed(names: Names, inside: str) -> None:
    """DNS rebinding: public when it is looked at, private at the next connection."""
    names.answers = [["8.8.8.8"], [inside]]
    outbound = Outbound(1, 1_000)
    assert call(outbound) == Reply(200, b"{}")
    assert call(outbound) == REFUSED
    assert names.connected == ["8.8.8.8"]


@pytest.mark.parametrize("found", [["8.8.8.8", "10.0.0.5"], ["10.0.0.5", "8.8.8.8"], ["127.0.0.1"]])
def test_a_name_that_leads_inside_is_not_connected_to_at_all(names: Names, found: list[str]) -> None:
    names.answers = [found]
    assert call(Outbound(1, 1_000)) == REFUSED
    assert not names.connected


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "169.254.43518"])
def test_an_odd_way_to_write_an_address_is_no_other_address(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    resolve = partial(socket.getaddrinfo, flags=socket.AI_NUMERICHOST)  # no name server is asked
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert call(Outbound(1, 1_000), host).failure in ("address-refused", "unreachable")


def test_the_checked_address_is_the_one_that_is_used(names: Names) -> None:
    """A second look at the name might see another one."""
    names.answers = [["8.8.8.8"], ["10.0.0.5"]]
    assert call(Outbound(1, 1_000)) == Reply(200, b"{}")
    assert names.connected == ["8.8.8.8"]
    assert names.answers == [["10.0.0.5"]]


def test_the_next_way_is_taken_where_one_is_closed(names: Names) -> None:
    names.answers = [[CLOSED, "8.8.8.8"]]
    assert call(Outbound(1, 1_000)) == Reply(200, b"{}")
    assert names.connected == [CLOSED, "8.8.8.8"]


def test_a_private_network_that_ops_named_is_connected_to(names: Names) -> None:
    names.answers = [["10.20.0.5"]]
    assert call(Outbound(1, 1_000, ["10.20.0.0/16"])) == Reply(200, b"{}")
    assert names.connected == ["10.20.0.5"]


def test_who_was_cut_while_a_name_was_looked_up_asks_nothing(names: Names) -> None:
    names.answers = [["8.8.8.8"]]
    names.wait.clear()
    outbound = Outbound(1, 1_000)
    assert call(outbound, seconds=0.05) == Reply(failure="late")
    names.wait.set()
    assert call(outbound) == Reply(200, b"{}")
    assert names.heard == 1


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert call(Outbound(1, 1_000)) == Reply(failure="unreachable")


@contextmanager
def nowhere() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def test_nobody_listens() -> None:
    with nowhere() as port:
        assert call(Outbound(1, 1_000), f"127.0.0.1:{port}") == Reply(failure="unreachable")
