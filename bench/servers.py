"""The service and its opponents: how each is started, on a free loopback port and one CPU."""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import install

HERE: Final = Path(__file__).parent
OPPONENTS: Final = HERE / "opponents"
BIN: Final = Path(sys.executable).parent
HOST: Final = "127.0.0.1"
DISCOVERY: Final = "/cds-services"
HOOK: Final = "/cds-services/facial-twitching"
OURS: Final = "service"
SECONDS_TO_START: Final = 20
_CPUS: Final = sorted(os.sched_getaffinity(0))
SERVER_CPU: Final = _CPUS[0]
CLIENT_CPU: Final = _CPUS[-1]
# The options of cds_service/serving.py: one worker, four threads, HTTP/1, no websockets.
_GRANIAN: Final = ("--http", "1", "--no-ws", "--workers", "1", "--log-level", "warning", "--host", HOST)
_THREADS: Final = ("--blocking-threads", "4")


@dataclass(frozen=True)
class Stack:
    """One server to measure. `command` gets the port; `missing` says why it cannot run, if so."""

    name: str
    title: str
    command: Callable[[int], list[str]]
    hook: str = HOOK
    discovery: str = DISCOVERY
    folder: Path = OPPONENTS
    missing: str = ""
    environment: dict[str, str] = field(default_factory=dict)


def _granian(target: str, interface: str, *more: str) -> Callable[[int], list[str]]:
    return lambda port: [str(BIN / "granian"), target, "--interface", interface, "--port", str(port), *_GRANIAN, *more]


def _healthchain(port: int) -> list[str]:
    fast = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
    return [str(install.HEALTHCHAIN / "bin" / "uvicorn"), "healthchain_constant:app", "--port", str(port), *fast]


def _nginx(port: int) -> list[str]:
    text = (OPPONENTS / "nginx.conf").read_text().replace("__PORT__", str(port))
    configuration = install.WORK / "nginx.conf"
    configuration.write_text(text.replace("__FOLDER__", str(install.WORK)))
    return ["nginx", "-c", str(configuration), "-p", str(install.WORK), "-e", "stderr"]


def stacks(service: str) -> list[Stack]:
    """The service (its command as a line of shell words) and the opponents a to d."""
    return [
        Stack(
            OURS,
            "this service",
            lambda _: shlex.split(service),
            folder=HERE.parent,
            environment={"CDS_TODAY": "2026-06-15", "WORKERS": "1", "HOST": HOST},
        ),
        Stack("a", "(a) Flask, constant", _granian("flask_constant:app", "wsgi", *_THREADS)),
        Stack("b", "(b) granian RSGI, no-op", _granian("rsgi_noop:app", "rsgi")),
        Stack(
            "c",
            "(c) HealthChain, constant",
            _healthchain,
            hook=f"/cds{HOOK}",
            discovery="/cds/cds-discovery",
            missing=install.healthchain(),
        ),
        Stack("d", "(d) nginx, constant", _nginx, missing=install.debian("nginx")),
    ]


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind((HOST, 0))
        port: int = chosen.getsockname()[1]
        return port


class Server:
    """A running stack."""

    def __init__(self, stack: Stack, log: IO[bytes]) -> None:
        self.stack = stack
        self.port = free_port()
        # A clean environment: the settings of whoever runs this must not change what is measured.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = {**kept, "PORT": str(self.port), **stack.environment}
        command = ["taskset", "-c", str(SERVER_CPU), *stack.command(self.port)]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command, cwd=stack.folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.port, timeout=60)

    def call(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body of one request on its own connection."""
        connection = self.connect()
        try:
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request("POST" if body else "GET", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def wait(self, path: str, body: bytes | None = None) -> float:
        """Seconds from the start of the process to the first 200. Raises RuntimeError when there is none."""
        answered: object = "nothing"
        while time.monotonic() - self.started < SECONDS_TO_START and self.process.poll() is None:
            try:
                answered, _ = self.call(path, body)
            except OSError:
                time.sleep(0.001)
                continue
            if answered == 200:
                return time.monotonic() - self.started
            time.sleep(0.01)
        raise RuntimeError(f"{self.stack.title} did not come up: {path} answered {answered}")

    def stop(self) -> None:
        """Ends the process group that was started here, and nothing else."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(stack: Stack) -> Iterator[Server]:
    """The stack, started but not waited for; stopped at the end. What it says goes to .work/logs, shown if it fails."""
    file = install.WORK / "logs" / f"{stack.name}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as log:
        server = Server(stack, log)
        try:
            yield server
        except RuntimeError as error:
            said = file.read_text(errors="replace").strip()[-600:]
            raise RuntimeError(f"{error}\n{said}") from error
        finally:
            server.stop()
