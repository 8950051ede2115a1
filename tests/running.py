"""The service as ops start it: `cds-service serve` in processes of its own, and plain HTTP to it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

COMMAND = Path(sys.executable).with_name("cds-service")
SERVICE = "/cds-services/facial-twitching"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, body. A header's name is written with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **named})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Running]:
    """Two workers, the day of the example patients, a log to look into; stopped by SIGTERM, which must go well."""
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "CDS_TODAY": "2026-06-15",
        "WORKERS": "2",
        "LANGUAGE": "en",
        **settings,
    }
    log = folder / f"log-{port}"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [COMMAND, "serve"], env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=folder
        ) as process,
    ):
        service = Running(port, log, process)
        try:
            _wait_until_ready(service)
            yield service
        finally:
            process.send_signal(signal.SIGTERM)
            ended = process.wait(20)
    assert ended == 0
    assert "Traceback" not in log.read_text()


def _wait_until_ready(service: Running) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert service.process.poll() is None, f"the service ended at once: {service.log.read_text()}"
        try:
            if service.ask("GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the service did not start in 30 seconds")
