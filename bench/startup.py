"""What a server needs before there is any load: time from process start to its first answer, and memory.

Each start is alone on the machine's server CPU. Bytecode is compiled by then: a first start, not counted, sees to that.
"""

import statistics
from pathlib import Path
from typing import NamedTuple

from accounting import pss_mb
from servers import Stack, running

_ORDINARY_CALLS = 200


class Start(NamedTuple):
    """Seconds from process start to the first 200 (median of the rounds), and MB of PSS of the whole process tree."""

    discovery: float
    hook: float
    three_cards: float
    pss_before_first_card: float
    pss_after_cards: float
    pss_after_5000: float


def _first_answer(stack: Stack, path: str, body: bytes | None = None) -> float:
    with running(stack) as server:
        return server.wait(path, body)


def start(stack: Stack, bodies: dict[str, Path], rounds: int) -> Start:
    """Raises RuntimeError for a server that does not come up."""
    ordinary, three_cards = bodies["ordinary-20"].read_bytes(), bodies["three-cards-20"].read_bytes()
    with running(stack) as server:
        server.wait(stack.discovery)
        for _ in range(_ORDINARY_CALLS):
            server.call(stack.hook, ordinary)
        before = pss_mb(server.pid)
        for _ in range(_ORDINARY_CALLS):
            server.call(stack.hook, three_cards)
        after = pss_mb(server.pid)
        for _ in range(3):
            server.call(stack.hook, bodies["three-cards-5000"].read_bytes())
        largest = pss_mb(server.pid)
    asked = ((stack.discovery, None), (stack.hook, ordinary), (stack.hook, three_cards))
    turns = [[_first_answer(stack, path, body) for path, body in asked] for _ in range(rounds)]
    discovery, hook, cards = (statistics.median(kind) for kind in zip(*turns, strict=True))
    return Start(discovery, hook, cards, before, after, largest)
