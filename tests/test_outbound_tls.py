"""Calls over TLS and through a proxy: real certificates of an authority that nobody trusts unless told to."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from cds_service.outbound.fetching import Ask, Outbound, Reply
from tests.loopback_servers import Authority, Server, Wire, answer, proxy, server

TOKEN: Final = "MARKED-token"
HERE: Final = "127.0.0.1"
WELL: Final = Reply(200, b"{}")


def well(wire: Wire, _: bytes) -> None:
    wire.say(answer())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return authority


def call(outbound: Outbound, root: str, seconds: float = 30.0) -> Reply:
    return outbound.get([Ask(root, f"{root}/Patient/p1", {"Authorization": TOKEN})], time.monotonic() + seconds)[0]


def test_a_trusted_certificate(trusted: Authority) -> None:
    with server(well, trusted.context(HERE)) as at:
        outbound = Outbound(1, 1_000)
        assert [call(outbound, at.root) for _ in range(3)] == [WELL] * 3
        assert len(at.connections) == 1


def test_a_certificate_that_nobody_trusts(authority: Authority) -> None:
    with server(well, authority.context(HERE)) as at:
        assert call(Outbound(1, 1_000), at.root) == Reply(failure="untrusted")
        assert not at.heard


@pytest.mark.parametrize(("name", "days"), [("localhost", 1), ("127.0.0.2", 1), (HERE, -1)])
def test_a_certificate_for_another_name_or_out_of_date(trusted: Authority, name: str, days: int) -> None:
    with server(well, trusted.context(name, days=days)) as at:
        assert call(Outbound(1, 1_000), at.root) == Reply(failure="untrusted")
        assert not at.heard


def test_no_tls_at_all(trusted: Authority) -> None:
    """Nothing is said about a certificate where none was seen."""
    with server(well) as at:
        assert call(Outbound(1, 1_000), at.root.replace("http:", "https:")) == Reply(failure="unreachable")


def test_a_certificate_asked_of_us(trusted: Authority) -> None:
    context = trusted.context(HERE)
    context.verify_mode = ssl.CERT_REQUIRED
    with server(well, context) as at:
        assert call(Outbound(1, 1_000), at.root).failure in ("unreachable", "dropped")
        assert not at.heard


def test_the_authority_is_trusted_by_ssl_cert_file(authority: Authority) -> None:
    """As ops set it: in the environment of a process of its own."""
    script = (
        "import sys, time; from cds_service.outbound.fetching import Ask, Outbound\n"
        "ask = Ask('', sys.argv[1], {})\n"
        "print(Outbound(1, 1_000).get([ask], time.monotonic() + 30)[0].status)"
    )
    with server(well, authority.context(HERE)) as at:
        for extra, said in (({}, "0"), ({"SSL_CERT_FILE": str(authority.path)}, "200")):
            command = [sys.executable, "-c", script, at.root]
            done = subprocess.run(command, env={**os.environ, **extra}, capture_output=True, text=True, check=True)
            assert (done.stdout.strip(), done.stderr) == (said, "")


@pytest.mark.parametrize("drip", [b"", b"\x16\x03\x03\x40\x00\x02", b"HTTP/1.1 200 OK\r\nX: "])
def test_the_deadline_frees_the_thread_of_a_slow_handshake(trusted: Authority, drip: bytes) -> None:
    """Or of a server that shakes hands and then never comes to an end."""

    def talk(wire: Wire, _: bytes) -> None:
        wire.say(drip)
        wire.drip(drip[-1:])

    over_tls = drip.startswith(b"HTTP")
    with server(talk, trusted.context(HERE) if over_tls else None) as slow, server(well, trusted.context(HERE)) as at:
        outbound = Outbound(1, 1_000)
        for _ in range(5):
            assert call(outbound, slow.root.replace("http:", "https:"), 0.05) == Reply(failure="late")
        assert call(outbound, at.root) == WELL


@pytest.fixture
def traps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """What the environment says of proxies and passwords leads to a server that nobody may ask."""
    with server(well) as trap:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, trap.root)
            monkeypatch.setenv(name.lower(), trap.root)
        netrc = tmp_path / "netrc"
        netrc.write_text(f"machine {HERE} login somebody password hidden\ndefault login any password hidden\n")
        monkeypatch.setenv("NETRC", str(netrc))
        yield trap
        assert not trap.connections


def test_the_environment_names_no_proxy_and_no_password(traps: Server, trusted: Authority) -> None:
    with server(well) as plain, server(well, trusted.context(HERE)) as tls:
        outbound = Outbound(1, 1_000)
        assert [call(outbound, at.root) for at in (plain, tls)] == [WELL, WELL]
        for at in (plain, tls):
            assert f"Authorization: {TOKEN}\r\n".encode() in at.heard[0]
            assert b"Basic" not in at.heard[0]


NAME: Final = "ehr.example.org"


def test_http_through_the_proxy(traps: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with server(well) as at, proxy(at.port) as between:
        outbound = Outbound(1, 1_000, proxy=between.root)
        assert [call(outbound, f"http://{NAME}") for _ in range(2)] == [WELL] * 2
        asked = f"GET http://{NAME}/Patient/p1 HTTP/1.1".encode()
        assert [request.split(b"\r\n")[0] for request in at.heard] == [asked, asked]
        assert len(between.connections) == 1


def test_https_through_the_proxy(traps: Server, trusted: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told where to go, and nothing else: what is asked, and with which token, is between here and the EHR."""
    monkeypatch.setenv("NO_PROXY", "*")
    with server(well, trusted.context(NAME)) as at, proxy(at.port) as between:
        outbound = Outbound(1, 1_000, proxy=between.root)
        assert [call(outbound, f"https://{NAME}") for _ in range(2)] == [WELL] * 2
        assert len(between.heard) == 1
        assert between.heard[0].startswith(f"CONNECT {NAME}:443 HTTP/1.".encode())
        assert TOKEN.encode() not in between.heard[0]
        assert all(f"Authorization: {TOKEN}\r\n".encode() in request for request in at.heard)


def test_the_proxys_user_and_password_are_for_the_proxy(trusted: Authority) -> None:
    with server(well, trusted.context(NAME)) as at, proxy(at.port) as between:
        outbound = Outbound(1, 1_000, proxy=between.root.replace("http://", "http://ann:p%40ss@"))
        assert call(outbound, f"https://{NAME}") == WELL
        assert b": Basic YW5uOnBAc3M=\r\n" in between.heard[0]
        assert not any(b"roxy-" in request for request in at.heard)


def test_a_proxy_over_tls(trusted: Authority) -> None:
    """TLS within TLS: it works, and can be cut."""
    slow = [True]

    def talk(wire: Wire, _: bytes) -> None:
        wire.drip(b"HTTP/1.1 100 Continue\r\n\r\n") if slow[0] else wire.say(answer())

    with server(talk, trusted.context(NAME)) as at, proxy(at.port, trusted.context(HERE)) as between:
        outbound = Outbound(1, 1_000, proxy=between.root)
        assert [call(outbound, f"https://{NAME}", 0.3) for _ in range(2)] == [Reply(failure="late")] * 2
        slow[0] = False
        assert call(outbound, f"https://{NAME}") == WELL


def test_the_ehrs_certificate_is_checked_behind_the_proxy_too(trusted: Authority) -> None:
    with server(well, trusted.context("other.example.org")) as at, proxy(at.port) as between:
        assert call(Outbound(1, 1_000, proxy=between.root), f"https://{NAME}") == Reply(failure="untrusted")
        assert not at.heard


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses(scheme: str) -> None:
    with server(lambda wire, _: wire.say(answer(b"", "407 Who are you"))) as between:
        reply = call(Outbound(1, 1_000, proxy=between.root), f"{scheme}://{NAME}")
        assert reply == (Reply(407) if scheme == "http" else Reply(failure="unreachable"))


def test_a_proxy_that_drips(trusted: Authority) -> None:
    def talk(wire: Wire, _: bytes) -> None:
        wire.say(b"HTTP/1.1 200 OK\r\n")
        wire.drip(b"X: y\r\n")

    with server(talk) as between:
        outbound = Outbound(1, 1_000, proxy=between.root)
        assert [call(outbound, f"https://{NAME}", 0.05) for _ in range(3)] == [Reply(failure="late")] * 3
        heard = len(between.connections)
        assert call(outbound, f"https://{NAME}", 0.5) == Reply(failure="late")
        assert len(between.connections) > heard, "the thread was free to try"
