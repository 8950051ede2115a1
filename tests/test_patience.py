"""Servers that say they are busy: for how long they are left alone, and that nobody asks before."""

import time
from email.utils import formatdate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cds_service.outbound.fetching import Ask, Outbound, Reply
from cds_service.outbound.patience import Patience, seconds_to_wait
from tests.loopback_servers import Server, Wire, answer, server


def get(outbound: Outbound, *asks: Ask) -> list[Reply]:
    return outbound.get(asks, time.monotonic() + 5)


def ask(at: Server, path: str = "/Patient/p1") -> Ask:
    return Ask(at.root, at.root + path, {})


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        *(("5", 5), (" 5 ", 5), ("0", 0), ("3600", 60), ("9" * 400, 60)),
        *(("", 1), ("soon", 1), ("-5", 1), ("1.5", 1), ("Thu, 32 Foo 2026 25:61:61", 1)),
        *(("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 60)),
    ],
)
def test_how_long_a_server_is_left_alone(said: str, seconds: float) -> None:
    assert seconds_to_wait(said) == seconds


def test_a_date_to_wait_for() -> None:
    assert 20 < seconds_to_wait(formatdate(time.time() + 40, usegmt=True)) <= 40


@given(st.text() | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ .{0,9}", fullmatch=True))
@example("Mon, 1 Jan 10000 0:0:0 +9999")
def test_no_wish_is_too_strange(said: str) -> None:
    assert 0 <= seconds_to_wait(said) <= 60


def busy(seconds: str) -> bytes:
    return answer(b"", "429 Too Many Requests", f"Retry-After: {seconds}")


def test_a_busy_server_is_asked_once_more_after_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.outbound.fetching.seconds_to_wait", float)
    with server(lambda wire, _: wire.say(busy("0.01") if len(at.heard) == 1 else answer())) as at:
        assert get(Outbound(1, 1_000), ask(at)) == [Reply(200, b"{}")]
        assert len(at.heard) == 2


def test_nobody_asks_a_busy_server_before_its_time() -> None:
    now = [1_000.0]
    with (
        server(lambda wire, _: wire.say(busy("30") if len(at.heard) < 2 else answer())) as at,
        server(lambda wire, _: wire.say(answer())) as other,
    ):
        outbound = Outbound(2, 1_000)
        outbound.patience = Patience(lambda: now[0])
        for now[0] in (1_000, 1_010, 1_029.9):
            assert [reply.failure for reply in get(outbound, ask(at), ask(other))] == ["busy", ""]
            assert len(at.heard) == 1
        now[0] = 1_030
        assert get(outbound, ask(at)) == [Reply(200, b"{}")]


def test_the_longest_wish_counts() -> None:
    """While one call may soon ask again, another is told to wait for longer."""

    def talk(wire: Wire, request: bytes) -> None:
        if b"/first" in request:
            get(outbound, ask(at, "/second"))
        wire.say(busy("0" if b"/first" in request else "30"))

    with server(talk) as at:
        outbound = Outbound(2, 1_000)
        assert get(outbound, ask(at, "/first")) == [Reply(429, failure="busy")]
        assert [request.split()[1] for request in at.heard] == [b"/first", b"/second"]
