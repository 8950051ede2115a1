"""What reading from the EHR's server costs a call: its latency divided by that of the slowest single fetch.

    python bench/fetching.py [--write-readme]

The server takes 20 ms for every answer. In each round every address is fetched once directly, one after the other,
then the service is called; each round is compared with itself, and the median of the rounds is taken.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, NamedTuple

import payloads
from readme import put
from servers import BIN, CLIENT_CPU, HOOK, HOST, OURS, Server, free_port, running, stacks

from cds_service.fhir.needs import NEEDS

ROUNDS: Final = 60
WARM: Final = 5
MARK: Final = "fetching"
AIM: Final = 1.2
_FURTHER: Final = [key for key, need in NEEDS.items() if not need.required]
_REQUIRED: Final = [key for key, need in NEEDS.items() if need.required]


class Case(NamedTuple):
    """`missing` are the keys that prefetch lacks; `turns` how often the service must wait for answers by rule: the
    further needs are only asked for once the required ones show twitching.
    """

    title: str
    body: str
    missing: list[str]
    turns: int = 1


CASES: Final = (
    Case("nothing prefetched, no twitching: 3 needs", "ordinary-20", _REQUIRED + _FURTHER),
    Case("5 further needs", "three-cards-20", _FURTHER[:5]),
    Case("all 8 further needs", "three-cards-20", _FURTHER),
    Case("nothing prefetched, three cards: 3, then 8 needs", "three-cards-20", _REQUIRED + _FURTHER, 2),
)


class Latency(NamedTuple):
    """Milliseconds, and ratios of each round, medians. `answering` is the same call with everything prefetched: taken
    off, it leaves the reading.
    """

    call: float
    answering: float
    slowest: float
    ratio: float
    reading: float


def _timed(what: Callable[[], Any]) -> float:
    before = time.perf_counter()
    what()
    return (time.perf_counter() - before) * 1000


def _fetch(connection: HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    assert connection.getresponse().read()


def _call(server: Server, connection: HTTPConnection, body: bytes, cards: int) -> None:
    connection.request("POST", HOOK, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200 or len(json.loads(content)["cards"]) != cards:
        raise RuntimeError(f"{server.stack.title} answered {answer.status}: {content[:300]!r}")


@contextmanager
def _ehr(body: Path) -> Iterator[int]:
    port = free_port()
    command = ["taskset", "-c", str(CLIENT_CPU), sys.executable, str(Path(__file__).with_name("ehr_stub.py"))]
    with subprocess.Popen([*command, str(port), str(body)]) as process:
        try:
            for _ in range(200):
                try:
                    _fetch(HTTPConnection(HOST, port), "/fhir/metadata")
                    break
                except OSError:
                    time.sleep(0.02)
            yield port
        finally:
            process.terminate()


def measure(case: Case, body: Path) -> Latency:
    request = json.loads(body.read_bytes())
    patient = request["context"]["patientId"]
    kept = {key: value for key, value in request["prefetch"].items() if key not in case.missing}
    with _ehr(body) as ehr:
        base = f"http://{HOST}:{ehr}/fhir"
        sent = json.dumps(request | {"prefetch": kept, "fhirServer": base}, separators=(",", ":")).encode()
        full = body.read_bytes()
        cards = 3 if "three" in case.body else 0
        paths = [f"/fhir/{NEEDS[key].template.replace('{{context.patientId}}', patient)}" for key in case.missing]
        ours = next(stack for stack in stacks(f"{BIN / 'cds-service'} serve") if stack.name == OURS)
        with running(replace(ours, environment={**ours.environment, "FHIR_SERVERS": base})) as server:
            server.wait("/healthz")
            direct, service = HTTPConnection(HOST, ehr), server.connect()
            rounds = []
            for _ in range(WARM + ROUNDS):
                slowest = max(_timed(lambda path=path: _fetch(direct, path)) for path in paths)  # type: ignore[misc]
                call = _timed(lambda: _call(server, service, sent, cards))
                answering = _timed(lambda: _call(server, service, full, cards))
                rounds.append(Latency(call, answering, slowest, call / slowest, (call - answering) / slowest))
    return Latency(*map(statistics.median, zip(*rounds[WARM:], strict=True)))


def table(found: list[tuple[Case, Latency]]) -> Iterator[str]:
    yield (
        "| what prefetch lacks | call, ms | same call, all prefetched, ms | slowest fetch, ms | call ÷ fetch "
        f"| reading ÷ fetch (aim: {AIM} a turn) |"
    )
    yield "| --- | --- | --- | --- | --- | --- |"
    for case, it in found:
        figures = f"{it.call:.1f} | {it.answering:.1f} | {it.slowest:.1f} | {it.ratio:.2f} | {it.reading:.2f}"
        yield f"| {case.title} | {figures} |"


def main() -> None:
    os.sched_setaffinity(0, {CLIENT_CPU})
    bodies = payloads.write()
    figures = "\n".join(table([(case, measure(case, bodies[case.body])) for case in CASES])) + "\n"
    print(figures)
    if "--write-readme" in sys.argv:
        put(MARK, figures)


if __name__ == "__main__":
    main()
