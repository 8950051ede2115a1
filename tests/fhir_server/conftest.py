"""A real FHIR server of each release, one after the other, with every fixture patient on it.

These tests take minutes and fetch 300 MB the first time, so plain `pytest` passes them by: `make test-fhir-server`.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from tests.fhir_server.loading import NAMES, Server, entries_of, load, prefetch_of

START = Path(__file__).parents[2] / ".ci" / "fhir_server"
RELEASES = ("dstu2", "stu3", "r4", "r4b", "r5")
# The first start downloads the server.
PATIENCE_SECONDS = 600


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked_for = any("fhir_server" in Path(argument).parts for argument in config.args)
    return None if asked_for else True


@pytest.fixture(scope="session", params=RELEASES)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    missing = [program for program in ("java", "mvn") if not shutil.which(program)]
    if missing:
        why = (
            f"NOT TESTED AGAINST A REAL FHIR SERVER: no {' and no '.join(missing)} here; install Java 17 and Maven 3.8"
        )
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    folder = tmp_path_factory.getbasetemp() / "hapi"
    with running(request.param, folder) as started:
        for name in NAMES:
            load(started, entries_of(prefetch_of(name, started.release)))
        yield started


@contextmanager
def running(release: str, folder: Path) -> Iterator[Server]:
    folder.mkdir(exist_ok=True)
    port = free_port()
    log = folder / f"{release}.log"
    with log.open("w") as lines:
        process = subprocess.Popen([START, release, str(port), folder], stdout=lines, stderr=subprocess.STDOUT)
    try:
        server = Server(release, f"http://127.0.0.1:{port}/fhir")
        wait_for(server, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if urllib3.request("GET", f"{server.base}/metadata", timeout=60, retries=False).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.5)
    pytest.fail(f"The {server.release} server did not start:\n{log.read_text(errors='replace')[-5000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
