"""Where a client's keys come from: the cache, its renewal, and what a key server may do to us (JWT-12, SEC-4)."""

import datetime
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_httpserver import HTTPServer

from cds_service.telemetry.logs import set_up_logs
from cds_service.trust import key_sources
from cds_service.trust.caller import Caller
from cds_service.trust.clients import Client
from cds_service.trust.key_fetching import KeyFetch
from cds_service.trust.key_sources import KeyServer
from cds_service.trust.keys import KeysError
from cds_service.trust.refused import Refused
from tests.own_log import log_of_its_own  # noqa: F401
from tests.signing import Signer, elliptic, key_set

OLD, NEW = elliptic("old"), elliptic("new")
MINUTE, TEN_MINUTES = 60.0, 600.0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class EhrKeys:
    """A key server as an EHR runs it, over real HTTP, and our view of it."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.clock = Clock()
        self.keys = KeyServer(server.url_for("/jwks.json"), KeyFetch(seconds=1), self.clock)

    def publish(self, *signers: Signer) -> None:
        self.answer(key_set(*(signer.jwk() for signer in signers)))

    def answer(self, body: str = "", status: int = 200, **options: object) -> None:
        self.server.clear_all_handlers()
        self.server.expect_request("/jwks.json").respond_with_data(body, status, **options)  # type: ignore[arg-type]

    @property
    def asked(self) -> int:
        return len(self.server.log)

    def knows(self, signer: Signer) -> bool:
        return [key.kid for key in self.keys.find(signer.kid)] == [signer.kid]


@pytest.fixture
def ehr(httpserver: HTTPServer) -> EhrKeys:
    ehr = EhrKeys(httpserver)
    ehr.publish(OLD)
    return ehr


def test_keys_are_read_once_and_kept(ehr: EhrKeys) -> None:
    assert ehr.keys.state == "none"
    assert all(ehr.knows(OLD) for _ in range(5))
    assert (ehr.asked, ehr.keys.state) == (1, "fresh")
    ehr.clock.now += TEN_MINUTES
    assert ehr.keys.state == "old"
    assert ehr.knows(OLD)
    assert (ehr.asked, ehr.keys.state) == (2, "fresh")


def test_a_new_key_is_found_when_it_is_first_used(ehr: EhrKeys) -> None:
    assert ehr.knows(OLD)
    ehr.clock.now += MINUTE
    ehr.publish(OLD, NEW)
    assert ehr.knows(NEW)
    assert ehr.knows(OLD)
    assert ehr.asked == 2


def test_a_key_that_was_taken_back_goes_with_the_next_renewal(ehr: EhrKeys) -> None:
    ehr.publish(OLD, NEW)
    assert ehr.knows(OLD)
    ehr.publish(NEW)
    ehr.clock.now += TEN_MINUTES
    assert not ehr.knows(OLD)
    assert ehr.knows(NEW)


def test_all_keys_can_be_taken_back(ehr: EhrKeys) -> None:
    assert ehr.knows(OLD)
    ehr.answer(key_set())
    ehr.clock.now += TEN_MINUTES
    assert not ehr.knows(OLD)
    assert ehr.keys.state == "fresh"


def test_unknown_ids_make_us_ask_once_a_minute_at_most(ehr: EhrKeys) -> None:
    for minute in range(4):
        for second in range(20):
            assert not ehr.keys.find(f"made up {minute} {second}")
            ehr.clock.now += 1
        assert ehr.asked == minute + 1
        ehr.clock.now += MINUTE - 20


def test_old_keys_go_on_while_the_server_is_down(ehr: EhrKeys, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info")
    assert ehr.knows(OLD)
    ehr.answer("", 503)
    for minute in range(3):
        ehr.clock.now += TEN_MINUTES if minute == 0 else MINUTE
        assert all(ehr.knows(OLD) for _ in range(5))
        assert ehr.asked == 2 + minute, "each minute it is tried once"
    assert ehr.keys.state == "old"
    assert "the server answered 503" in capsys.readouterr().out
    ehr.publish(NEW)
    ehr.clock.now += MINUTE
    assert ehr.knows(NEW)
    assert not ehr.knows(OLD)
    assert ehr.keys.state == "fresh"


def test_without_any_keys_nobody_is_let_in_and_soon_it_is_tried_again(ehr: EhrKeys) -> None:
    ehr.answer("", 500)
    for _ in range(3):
        with pytest.raises(Refused, match="keys-unavailable"):
            ehr.keys.find("old")
    assert (ehr.asked, ehr.keys.state) == (1, "none")
    ehr.publish(OLD)
    ehr.clock.now += 10
    assert ehr.knows(OLD)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("", 404, "answered 404"),
        ("", 204, "answered 204"),
        ("<html>Sign in</html>", 200, "are not JSON"),
        ('{"error": "x"}', 200, "are no JWK Set"),
        ('{"keys": {}}', 200, "are no JWK Set"),
        ("[" * 100_000, 200, "are not JSON"),
        (" " * 512_001, 200, "more than 512000 bytes"),
    ],
    ids=["missing", "empty", "a page", "an error", "no list", "deep", "large"],
)
def test_what_is_no_key_set_changes_nothing(
    ehr: EhrKeys, capsys: pytest.CaptureFixture[str], body: str, status: int, says: str
) -> None:
    set_up_logs("info")
    assert ehr.knows(OLD)
    ehr.answer(body, status)
    ehr.clock.now += TEN_MINUTES
    assert ehr.knows(OLD)
    assert says in capsys.readouterr().out


def test_clients_of_one_address_share_its_keys(ehr: EhrKeys) -> None:
    url = ehr.server.url_for("/jwks.json")
    clients = [Client(Caller(name), f"https://{name}.example", url) for name in ("north", "south")]
    sources = key_sources.key_sources(clients, KeyFetch())
    assert all(sources[name].find("old") for name in ("north", "south"))
    assert ehr.asked == 1


def test_redirects_lead_nowhere(ehr: EhrKeys) -> None:
    with HTTPServer() as elsewhere:
        elsewhere.expect_request("/jwks.json").respond_with_data(key_set(NEW.jwk()))
        for status in (301, 302, 303, 307, 308):
            ehr.answer("", status, headers={"Location": elsewhere.url_for("/jwks.json")})
            with pytest.raises(KeysError, match=f"answered {status}"):
                KeyFetch()(ehr.server.url_for("/jwks.json"))
        assert not elsewhere.log


def test_a_compressed_answer_is_not_unpacked(ehr: EhrKeys) -> None:
    """It could be a thousand times as large as it came."""
    ehr.answer("squeezed", headers={"Content-Encoding": "gzip"})
    assert KeyFetch()(ehr.server.url_for("/jwks.json")) == b"squeezed"
    assert ehr.server.log[-1][0].headers["Accept-Encoding"] == "identity"


# Servers that no well-behaved library can play.


@contextmanager
def talker(say: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listens on a port and talks to whoever connects; afterwards it hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                    with connection:
                        say(connection)
                except OSError:
                    return

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_server_that_sends_drop_by_drop_is_left(chunked: bool) -> None:
    enough = Event()

    def drip(connection: socket.socket) -> None:
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 100000"
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        for _ in range(1000):
            if enough.wait(0.02):
                return
            connection.sendall(b"1\r\n \r\n" if chunked else b" ")

    with talker(drip) as port:
        with pytest.raises(KeysError, match="too slowly"):
            KeyFetch(seconds=0.4)(f"http://127.0.0.1:{port}/")
        enough.set()


def test_a_server_that_says_nothing_is_left() -> None:
    enough = Event()
    with talker(lambda connection: enough.wait(10) and None) as port:
        with pytest.raises(KeysError, match="could not be read: ReadTimeoutError"):
            KeyFetch(seconds=0.2)(f"http://127.0.0.1:{port}/")
        enough.set()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200,
    ],
    ids=["hangs up", "not HTTP", "cut short", "too many headers"],
)
def test_a_server_that_talks_nonsense_is_left(answer: bytes) -> None:
    def say(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)

    with talker(say) as port, pytest.raises(KeysError, match="could not be read"):
        KeyFetch(seconds=1)(f"http://127.0.0.1:{port}/")


def test_keys_from_outside_go_through_the_proxy_and_loopback_does_not(ehr: EhrKeys) -> None:
    asked: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        asked.append(connection.recv(65_536).split(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    with talker(proxy) as port:
        fetch = KeyFetch(f"http://127.0.0.1:{port}", seconds=2)
        with pytest.raises(KeysError, match="ProxyError"):
            fetch("https://keys.pinned.example/jwks.json")
        assert [line.rpartition(b" ")[0] for line in asked] == [b"CONNECT keys.pinned.example:443"]
        assert b"keys" in fetch(ehr.server.url_for("/jwks.json"))
        assert len(asked) == 1


# HTTPS.


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A private authority's own certificate for 127.0.0.1, and a server's context with it."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Invented EHR")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    public, secret = folder / "ca.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, secret)
    return public, context


def test_https_is_checked_and_a_private_authority_can_be_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, context = certificate(tmp_path)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        server.expect_request("/jwks.json").respond_with_data(key_set(OLD.jwk()))
        url = f"https://127.0.0.1:{server.port}/jwks.json"
        with pytest.raises(KeysError, match="could not be read: SSLError"):
            KeyFetch()(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert b'"old"' in KeyFetch()(url)


# Threads.


class Gate:
    """A fetch that waits at a gate, and counts."""

    def __init__(self) -> None:
        self.open, self.waiting, self.asked = Event(), Event(), 0
        self.body = key_set(OLD.jwk()).encode()

    def __call__(self, url: str) -> bytes:
        self.asked += 1
        self.waiting.set()
        assert self.open.wait(10)
        return self.body


def test_calls_that_come_at_once_at_the_start_read_once(ehr: EhrKeys) -> None:
    gate = Gate()
    keys = KeyServer("x", gate, Clock())
    together = Barrier(21)

    def find() -> int:
        together.wait(10)
        return len(keys.find("old"))

    with ThreadPoolExecutor(20) as pool:
        found = [pool.submit(find) for _ in range(20)]
        together.wait(10)
        gate.open.set()
        assert [future.result(10) for future in found] == [1] * 20
    assert gate.asked == 1


def test_a_slow_renewal_holds_up_only_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sources, "_PATIENCE", 600.0)  # whoever waits here waits until the gate gives up
    gate, clock = Gate(), Clock()
    gate.open.set()
    keys = KeyServer("x", gate, clock)
    assert keys.find("old")
    gate.open.clear()
    gate.waiting.clear()
    gate.body = key_set(OLD.jwk(), NEW.jwk()).encode()
    clock.now += TEN_MINUTES
    with ThreadPoolExecutor(2) as pool:
        renewing = pool.submit(keys.find, "old")
        assert gate.waiting.wait(10)
        assert keys.find("old"), "the others go on with what there is"
        rotated = pool.submit(keys.find, "new")
        gate.open.set()
        assert rotated.result(10), "who came with the new key waited for it"
        assert renewing.result(10)
    assert gate.asked == 2
