"""Calls to other servers: what comes back, what is tried again, who is left alone, and what the deadline cuts."""

import gzip
import logging
import threading
import time
import tracemalloc
import zlib
from typing import Final

import pytest

from cds_service.outbound.fetching import Ask, Outbound, Reply
from tests.loopback_servers import Server, Wire, answer, server

SECRET: Final = "MARKED-token"
LONG: Final = 30.0
SHORT: Final = 0.05


def ask(at: Server, path: str = "/Patient/MARKED-patient", token: str = SECRET) -> Ask:
    return Ask(at.root, at.root + path, {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})


def get(outbound: Outbound, *asks: Ask, seconds: float = LONG) -> list[Reply]:
    return outbound.get(asks, time.monotonic() + seconds)


def well(wire: Wire, request: bytes) -> None:
    wire.say(answer())


def test_a_connection_is_used_again() -> None:
    with server(well) as at:
        outbound = Outbound(4, 1_000)
        assert [get(outbound, ask(at)) for _ in range(5)] == [[Reply(200, b"{}")]] * 5
        assert len(at.heard) == 5
        assert len(at.connections) == 1


@pytest.mark.parametrize("status", [201, 204, 302, 404, 503])
def test_no_other_status_than_200_has_a_body(status: int) -> None:
    with server(lambda wire, _: wire.say(answer(b"secret", f"{status} So", "Location: /trap"))) as at:
        assert get(Outbound(1, 1_000), ask(at)) == [Reply(status)]
        assert len(at.heard) == 1


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "gzip, gzip", "deflate"])
def test_a_compressed_answer(encoding: str) -> None:
    body = b'{"a": 1}'
    packed = zlib.compress(body) if encoding == "deflate" else gzip.compress(body)
    packed = gzip.compress(packed) if "," in encoding else packed
    with server(lambda wire, _: wire.say(answer(packed, "200 OK", f"Content-Encoding: {encoding}"))) as at:
        assert get(Outbound(1, 1_000), ask(at)) == [Reply(200, body)]


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_bomb_is_given_up_before_it_unfolds(rounds: int) -> None:
    bomb, encoding = bytes(100_000_000), ", ".join(["gzip"] * rounds)
    for _ in range(rounds):
        bomb = gzip.compress(bomb)
    with server(lambda wire, _: wire.say(answer(bomb, "200 OK", f"Content-Encoding: {encoding}"))) as at:
        outbound = Outbound(1, 1_000_000)
        tracemalloc.start()
        try:
            assert get(outbound, ask(at)) == [Reply(200, failure="too-large")]
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()


NO_ANSWERS: Final = {
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a line without end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
    "no gzip": answer(b"\x1f\x8b nonsense", "200 OK", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("said", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_what_is_no_answer_is_not_asked_for_again(said: bytes) -> None:
    with server(lambda wire, _: wire.say(said)) as at:
        assert [reply.failure for reply in get(Outbound(1, 1_000), ask(at))] == ["garbled"]
        assert len(at.heard) == 1


@pytest.mark.parametrize(("hung_up", "expected"), [(1, Reply(200, b"{}")), (9, Reply(failure="dropped"))])
def test_a_dropped_connection_is_tried_once_more(hung_up: int, expected: Reply) -> None:
    def talk(wire: Wire, _: bytes) -> None:
        wire.hang_up() if len(at.heard) <= hung_up else wire.say(answer())

    with server(talk) as at:
        assert get(Outbound(1, 1_000), ask(at)) == [expected]
        assert len(at.heard) == 2


def test_a_server_that_hangs_up_after_every_answer() -> None:
    """It promises to keep the connection, and closes it: at any moment of the next call."""

    def talk(wire: Wire, _: bytes) -> None:
        wire.say(answer())
        wire.hang_up()

    with server(talk) as at:
        outbound = Outbound(4, 1_000)
        for _ in range(25):
            assert get(outbound, *[ask(at)] * 4) == [Reply(200, b"{}")] * 4


def test_everybody_gets_their_own_answer() -> None:
    """Several calls at once, each with its own token: what comes back was asked for with it."""

    def echo(wire: Wire, request: bytes) -> None:
        path = request.split()[1]
        token = request.partition(b"Bearer ")[2].partition(b"\r")[0]
        wire.say(answer(path + b" " + token))

    wrong: list[Reply] = []

    def call(name: str) -> None:
        for _ in range(10):
            replies = get(outbound, *(ask(at, f"/{name}/{n}", name) for n in range(5)))
            said = [f"/{name}/{n} {name}".encode() for n in range(5)]
            wrong.extend(reply for reply, body in zip(replies, said, strict=True) if reply != Reply(200, body))

    with server(echo) as at:
        outbound = Outbound(8, 1_000)
        callers = [threading.Thread(target=call, args=(f"caller-{n}",)) for n in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert not wrong
        assert len(at.heard) == 400


GZIP_WITH_ENDLESS_NAME: Final = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03"
OK: Final = b"HTTP/1.1 200 OK\r\n"
CLOSE: Final = b"Connection: close\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n\r\n"
# What is said at once, and what is said on and on.
DRIPS: Final[dict[str, tuple[bytes, bytes]]] = {
    "nothing": (b"", b""),
    "status": (b"HTTP/1.1 200 ", b"O"),
    "headers": (OK, b"X: y\r\n"),
    "a header": (OK + b"X: ", b"y"),
    "to be continued": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": (OK + b"Content-Length: 9999999\r\n\r\n", b" "),
    "a body until the end": (OK + CLOSE + b"\r\n", b" "),
    "a code that yields nothing": (OK + b"Content-Encoding: gzip\r\n" + CLOSE + b"\r\n" + GZIP_WITH_ENDLESS_NAME, b"a"),
    "chunks": (OK + CHUNKED, b"1\r\na\r\n"),
    "a chunk's extension": (OK + CLOSE + CHUNKED + b"2;", b"a"),
    "trailers": (OK + CLOSE + CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("drip", DRIPS)
def test_the_deadline_frees_every_thread(drip: str) -> None:
    """However slowly a server drips: after a hundred such calls there are as many threads as before."""
    first, then = DRIPS[drip]

    def talk(wire: Wire, _: bytes) -> None:
        wire.say(first)
        wire.drip(then)

    threads = 10
    all_here = threading.Barrier(threads)

    def together(wire: Wire, _: bytes) -> None:
        all_here.wait(LONG)
        wire.say(answer())

    with server(talk) as slow, server(together) as at:
        outbound = Outbound(threads, 1_000_000)
        for _ in range(10):
            replies = get(outbound, *[ask(slow)] * threads, seconds=SHORT)
            assert [reply.failure for reply in replies] == ["late"] * threads
        assert get(outbound, *[ask(at)] * threads) == [Reply(200, b"{}")] * threads


def test_nobody_is_asked_once_the_time_is_over() -> None:
    with server(well) as at:
        assert get(Outbound(1, 1_000), ask(at), seconds=0) == [Reply(failure="late")]
        assert not at.heard


def test_nothing_of_a_call_is_logged(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """urllib3 would: of headers that it cannot read it says from which address they came."""

    class Ear(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.heard: list[str] = []

        def emit(self, record: logging.LogRecord) -> None:
            self.heard.append(record.getMessage())

    def talk(wire: Wire, _: bytes) -> None:
        wire.say(b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 2\r\n\r\n{}")
        wire.hang_up()

    outside, inside, root, urllib3 = Ear(), Ear(), logging.getLogger(), logging.getLogger("urllib3")
    outbound = Outbound(1, 1_000)
    with server(talk) as at:
        get(outbound, ask(at))
        monkeypatch.setattr(root, "handlers", [outside])
        monkeypatch.setattr(urllib3, "handlers", [inside])
        get(outbound, ask(at))
    assert "MARKED-patient" in "".join(inside.heard), "there was something to be heard"
    assert not outside.heard
    assert "MARKED" not in "".join(capfd.readouterr())
    assert "MARKED" not in repr([ask(at)])
