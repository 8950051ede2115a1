"""Puts load on a running server and says what it did and what that cost."""

import json
import os
import statistics
import subprocess
import time
from pathlib import Path
from typing import Final, NamedTuple

from accounting import cpu_seconds
from servers import CLIENT_CPU, HOST, Server

CONNECTIONS: Final = 8
_SCRIPT: Final = Path(__file__).parent / "post.lua"


class Sample(NamedTuple):
    """`cpu` is the server's, in microseconds a request; latencies in milliseconds."""

    per_second: float
    cpu: float
    p50: float
    p99: float
    errors: int = 0


def flood(server: Server, body: Path, seconds: float) -> Sample:
    """wrk with 8 connections, each sending its next request when the last is answered."""
    url = f"http://{HOST}:{server.port}{server.stack.hook}"
    wrk = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{max(1, round(seconds))}s",
        "--timeout",
        "10s",
        "-s",
        str(_SCRIPT),
        url,
    ]
    before = cpu_seconds(server.pid)
    said = subprocess.run(
        ["taskset", "-c", str(CLIENT_CPU), *wrk],
        env={**os.environ, "BODY": str(body)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    spent = cpu_seconds(server.pid) - before
    _settle(server)
    told = json.loads(said.strip().splitlines()[-1])
    number = max(1, told["requests"])
    return Sample(
        number / told["microseconds"] * 1e6, spent / number * 1e6, told["p50"] / 1e3, told["p99"] / 1e3, told["errors"]
    )


def _settle(server: Server) -> None:
    """Waits for the server to end what wrk left unanswered: the next server on that CPU must not pay for it."""
    end, before = time.monotonic() + 3, -1.0
    while time.monotonic() < end and (now := cpu_seconds(server.pid)) != before:
        before = now
        time.sleep(0.05)


def one_by_one(server: Server, body: bytes, seconds: float, at_least: int = 3) -> Sample:
    """One request after the other on one connection: for bodies so large that eight at once would measure the queue."""
    took: list[float] = []
    errors = 0
    connection = server.connect()
    before, start = cpu_seconds(server.pid), time.perf_counter()
    while len(took) < at_least or time.perf_counter() - start < seconds:
        sent = time.perf_counter()
        connection.request("POST", server.stack.hook, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        errors += answer.status != 200
        took.append((time.perf_counter() - sent) * 1e3)
    spent, lasted = cpu_seconds(server.pid) - before, time.perf_counter() - start
    connection.close()
    worst = max(took) if len(took) < 100 else statistics.quantiles(took, n=100)[-1]
    return Sample(len(took) / lasted, spent / len(took) * 1e6, statistics.median(took), worst, errors)
