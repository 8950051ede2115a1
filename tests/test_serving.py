"""The service as ops start it: a real process, real HTTP."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.conftest import REQUESTS
from tests.invariants import check_answer

COMMAND = Path(sys.executable).with_name("cds-service")
SERVICE = "/cds-services/facial-twitching"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = _free_port()
    environment = {**os.environ, "PORT": str(port), "CDS_TODAY": "2026-06-15", "WORKERS": "2", "LOG_LEVEL": "warning"}
    with subprocess.Popen(
        [COMMAND, "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if ask(port, "GET", "/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        yield port
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stdout is not None
        log = process.stdout.read().decode()
        assert "Traceback" not in log
        assert "anybody who reaches this service may call it" in log


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            method, path, body, {"Content-Type": "application/json", "Origin": "https://sandbox.cds-hooks.org"}
        )
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_it_serves_the_recorded_requests(port: int) -> None:
    for name, status, cards in (
        ("hfs-right", 200, 3),
        ("without-medication-statements", 412, None),
        ("no-twitching", 200, 0),
    ):
        got, headers, body = ask(port, "POST", SERVICE, (REQUESTS / f"sandbox-{name}.request.json").read_bytes())
        assert got == status
        assert headers["access-control-allow-origin"] == "*"
        assert headers["content-type"].startswith("application/json")
        if cards is not None:
            answer = json.loads(body)
            check_answer(answer)
            assert len(answer["cards"]) == cards


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/", "//cds-services"])
def test_discovery_is_served(port: int, path: str) -> None:
    assert ask(port, "GET", path)[0] == 200


@pytest.mark.parametrize("path", ["/cds-services//facial-twitching", "//cds-services/facial-twitching"])
def test_a_doubled_slash_is_read_as_one(port: int, path: str) -> None:
    assert ask(port, "POST", path, (REQUESTS / "sandbox-no-twitching.request.json").read_bytes())[0] == 200


def test_a_body_that_is_too_large_is_refused(port: int) -> None:
    """The connection may be closed before all is sent; what matters is that it is refused and the service lives on."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        assert ask(port, "POST", SERVICE, b"x" * 30_000_000)[0] == 413
    assert ask(port, "GET", "/healthz")[0] == 200


def test_a_wrong_setting_stops_the_start_with_a_reason() -> None:
    done = subprocess.run(
        [COMMAND, "serve"], env={**os.environ, "PORT": "none"}, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "PORT: " in done.stderr
    assert "Traceback" not in done.stderr


def test_an_occupied_port_stops_the_start(port: int) -> None:
    """Workers share their port, so without a look a second service would start and answer every other call."""
    environment = {**os.environ, "PORT": str(port)}
    done = subprocess.run([COMMAND, "serve"], env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "cannot be listened on" in done.stderr


def test_a_chunked_body_that_is_too_large_is_413(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    pieces = (b" " * 1_000_000 for _ in range(27))
    connection.request("POST", SERVICE, pieces, {"Content-Type": "application/json"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
