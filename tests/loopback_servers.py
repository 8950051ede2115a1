"""Servers of bytes: they say what a test tells them to, over TLS if need be, and keep what they heard. And a proxy."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Talk = Callable[["Wire", bytes], None]


class Wire:
    """One connection, as the one who answers sees it."""

    def __init__(self, connection: socket.socket, until: threading.Event) -> None:
        self._connection, self._until = connection, until

    def say(self, *parts: bytes) -> None:
        self._connection.sendall(b"".join(parts))

    def drip(self, piece: bytes) -> None:
        """The same for ever, or until the other side or the test ends it."""
        while not self._until.wait(0.005):
            self.say(piece)

    def hang_up(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


class Server(NamedTuple):
    root: str
    port: int
    heard: list[bytes]
    connections: list[int]


@contextmanager
def server(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Calls `talk` for every request on every connection; what ends a connection is that it was hung up."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=200)
    port = int(listening.getsockname()[1])
    serving = Server(f"{'https' if tls else 'http'}://127.0.0.1:{port}", port, [], [])
    until = threading.Event()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, (_, theirs) = listening.accept()
                serving.connections.append(theirs)
                threading.Thread(target=converse, args=(connection,), daemon=True).start()

    def converse(connection: socket.socket) -> None:
        with suppress(OSError), tls.wrap_socket(connection, server_side=True) if tls else connection as spoken:
            while request := hear(spoken):
                serving.heard.append(request)
                talk(Wire(spoken, until), request)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield serving
    finally:
        until.set()
        listening.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        listening.close()


def hear(connection: socket.socket) -> bytes:
    """One request without a body, or a greeting in TLS to who speaks none; empty where the other side hung up."""
    request = b""
    while not request.endswith(b"\r\n\r\n") and not request.startswith(b"\x16"):
        more = connection.recv(65_536)
        if not more:
            return b""
        request += more
    return request


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


@contextmanager
def proxy(to: int, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A proxy that leads wherever it is asked to go to one port on loopback."""

    def talk(wire: Wire, request: bytes) -> None:
        with socket.create_connection(("127.0.0.1", to)) as onward:
            if request.startswith(b"CONNECT"):
                wire.say(b"HTTP/1.1 200 Go ahead\r\n\r\n")
            else:
                onward.sendall(request)
            back = threading.Thread(target=_pass_on, args=(onward, wire._connection), daemon=True)
            back.start()
            _pass_on(wire._connection, onward)
            back.join()

    with server(talk, tls) as serving:
        yield serving


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


class Authority:
    """A certificate authority that nobody trusts by itself. `path` is its certificate."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = _name("An invented authority")
        everything = x509.BasicConstraints(ca=True, path_length=None)
        self.path = folder / "authority.pem"
        self.path.write_bytes(_pem(self._signed(self._name, self._key, everything)))

    def context(self, *names: str, days: int = 1) -> ssl.SSLContext:
        """For a server of these names, whose certificate is good for so many days more."""
        key = ec.generate_private_key(ec.SECP256R1())
        known = x509.SubjectAlternativeName([_general(name) for name in names])
        path = self._folder / f"{names[0]}{days}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + _pem(self._signed(_name(names[0]), key, known, days)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType, days: int = 1
    ) -> x509.Certificate:
        until = datetime.now(UTC) + timedelta(days)
        builder = x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(until - timedelta(9)).not_valid_after(until)
        return builder.add_extension(extension, critical=False).sign(self._key, SHA256())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
