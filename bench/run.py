"""`make bench`: the service against the least that Flask and granian cost, HealthChain and nginx, interleaved.

    python bench/run.py [--quick] [--write-readme] [--service "COMMAND WITH ARGUMENTS"]

Takes about five minutes, `--quick` about one. Needs Linux with two CPUs to give steady figures. See README.md here.
"""

import argparse
import http.client
import json
import os
import platform
import random
import shlex
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import install
import payloads
import report
from load import Sample, flood, one_by_one
from readme import put
from servers import BIN, CLIENT_CPU, OURS, SERVER_CPU, Server, Stack, running, stacks
from startup import Start, start

THREE_CARDS: Final = {"mri-workup", "botulinum-recall", "fasciculation-check"}
FAILURES: Final = (RuntimeError, OSError, ValueError, http.client.HTTPException, subprocess.SubprocessError)


def wrong_answer(server: Server, body: str, content: bytes) -> str:
    """Empty if the server answers as it must; the service must moreover find the right cards."""
    status, answer = server.call(server.stack.hook, content)
    if status != 200:
        return f"{server.stack.title}: {body} was answered with {status}"
    if server.stack.name != OURS:
        return ""
    cards: list[Any] = json.loads(answer).get("cards", [])
    found = {card.get("source", {}).get("topic", {}).get("code") for card in cards}
    expected = THREE_CARDS if body.startswith("three-cards") else set()
    if found == expected:
        return ""
    return f"{server.stack.title}: {body} gave {sorted(map(str, found))} instead of {sorted(expected)}"


class Bench:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.quick: bool = arguments.quick
        self.rounds, self.seconds, self.starts_each = (2, 1, 2) if self.quick else (5, 2, 7)
        self.seconds_large = 0.2 if self.quick else 0.6
        self.end = time.monotonic() + (80 if self.quick else 345)
        self.about = about()
        self.done = 0
        self.files = payloads.write()
        self.stacks = stacks(arguments.service)
        self.missing = [stack.missing for stack in self.stacks if stack.missing]
        self.problems: list[str] = []
        self.starts: dict[str, Start] = {}
        self.samples: dict[str, dict[str, list[Sample]]] = {body: defaultdict(list) for body in self.files}

    def start_all(self) -> list[Stack]:
        """Start and memory of every server, each alone; those that came up."""
        for stack in self.stacks:
            if not stack.missing:
                try:
                    self.starts[stack.name] = start(stack, self.files, self.starts_each if stack.name == OURS else 1)
                except FAILURES as error:
                    self.problems.append(str(error))
        return [stack for stack in self.stacks if stack.name in self.starts]

    def measure(self) -> None:
        with ExitStack() as at_end:
            servers = [at_end.enter_context(running(stack)) for stack in self.start_all()]
            for server in servers:
                server.wait(server.stack.discovery)
                for body, file in self.files.items():  # which also warms it
                    self.problems += filter(None, [wrong_answer(server, body, file.read_bytes())])
            lasted = 0.0
            while self.done < self.rounds and (not self.done or time.monotonic() + lasted < self.end):
                print(f"round {self.done + 1} of {self.rounds} …", file=sys.stderr, flush=True)
                begun = time.monotonic()
                self.round(servers)
                lasted, self.done = time.monotonic() - begun, self.done + 1

    def round(self, servers: list[Server]) -> None:
        """Every body in a new order, and for each body every server right after the other, in a new order."""
        for body in random.sample(list(self.files), len(self.files)):
            for server in random.sample(servers, len(servers)):
                try:
                    sample = self.sample(server, body)
                except FAILURES as error:
                    self.problems.append(f"{server.stack.title}: {body} broke off: {error}")
                    servers.remove(server)
                    for taken in self.samples.values():
                        taken.pop(server.stack.name, None)
                    continue
                if sample.errors:
                    self.problems.append(f"{server.stack.title}: {sample.errors} errors with {body}")
                self.samples[body][server.stack.name].append(sample)

    def sample(self, server: Server, body: str) -> Sample:
        if body.endswith("5000"):
            return one_by_one(server, self.files[body].read_bytes(), self.seconds_large)
        return flood(server, self.files[body], self.seconds)

    def markdown(self) -> str:
        lines = [f"{self.about}; medians of {self.done} shuffled, interleaved rounds."]
        if self.quick:
            lines.append("A quick run, for a first look only.")
        if self.done < self.rounds:
            lines.append(f"The machine was too slow or too busy for {self.rounds} rounds in the time allowed.")
        for body, file in self.files.items():
            lines += report.body_table(self.samples, body, file.stat().st_size, self.stacks)
        lines += report.start_table(self.starts, self.stacks)
        lines += report.aims(self.samples, self.starts)
        if self.problems or self.missing:
            # First lines only: what a server said when it failed is for the terminal.
            said = (problem.partition("\n")[0] for problem in (*self.missing, *self.problems))
            lines += ["\n**Problems of this run**\n", *(f"- {line}" for line in dict.fromkeys(said))]
        return "\n".join(lines) + "\n"


def about() -> str:
    """Where and with what it was measured."""
    processor = Path("/proc/cpuinfo").read_text().partition("model name")[2].partition("\n")[0].lstrip("\t :")
    versions = ", ".join(f"{name} {version(name)}" for name in ("flask", "granian", "msgspec"))
    opponents = f"{install.HEALTHCHAIN_WANTED.read_text().split()[0].replace('==', ' ')}, {install.nginx_version()}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} CPUs ({processor or 'unknown'}), server on CPU {SERVER_CPU}, "
        f"client on CPU {CLIENT_CPU}; load average {os.getloadavg()[0]:.1f} at the start; "
        f"Python {platform.python_version()}, {versions}, {opponents}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two short rounds, for a first look")
    parser.add_argument(
        "--service", default=f"{shlex.quote(str(BIN / 'cds-service'))} serve", help="how the service is started"
    )
    parser.add_argument("--write-readme", action="store_true", help="put the figures into bench/README.md")
    arguments = parser.parse_args()
    missing = install.debian("wrk") or install.debian("taskset")
    if missing:
        print(f"Nothing can be measured: {missing}", file=sys.stderr)
        return 1
    # A server must not outlive this run, however it is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.sched_setaffinity(0, {CLIENT_CPU})
    bench = Bench(arguments)
    bench.measure()
    figures = bench.markdown()
    print(figures)
    for problem in bench.problems:
        print(problem, file=sys.stderr)
    (install.WORK / "samples.json").write_text(json.dumps(bench.samples, indent=1))
    if arguments.write_readme:
        put("figures", figures)
    return 1 if bench.problems else 0


if __name__ == "__main__":
    sys.exit(main())
