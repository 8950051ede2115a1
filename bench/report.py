"""The figures as Markdown: a table for each body, start and memory, and which of the aims were reached."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from load import Sample
from servers import OURS, Stack
from startup import Start

Samples = Mapping[str, Mapping[str, Sequence[Sample]]]  # body → server → one sample a round
_MOST_CPU_MS_FOR_5000: Final = 30
_MOST_MS_TO_START: Final = 200
_MOST_MB: Final = 65


class Ratio(NamedTuple):
    """The service compared with an opponent, medians over the rounds: above 1 it is the faster, or the cheaper."""

    by_cpu: float
    by_rate: float


class Aim(NamedTuple):
    body: str
    opponent: str
    times: float


AIMS: Final = (
    Aim("ordinary-20", "a", 0.65),
    Aim("ordinary-20", "c", 7),
    Aim("ordinary-200", "a", 0.35),
    Aim("ordinary-200", "c", 20),
    Aim("three-cards-20", "a", 0.25),
)


def median(samples: Sequence[Sample], what: str) -> float:
    get: Callable[[Sample], float] = attrgetter(what)
    return statistics.median(map(get, samples))


def ratio(samples: Samples, body: str, opponent: str) -> Ratio | None:
    """None where one of the two was not measured. Each round is compared with itself: noise hits neighbours alike."""
    ours, theirs = samples[body].get(OURS, ()), samples[body].get(opponent, ())
    pairs = list(zip(ours, theirs, strict=bool(ours and theirs)))
    if not pairs:
        return None
    by_cpu = statistics.median(them.cpu / us.cpu if us.cpu else 0 for us, them in pairs)
    return Ratio(by_cpu, statistics.median(us.per_second / them.per_second for us, them in pairs))


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _header(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield _row("---", *("---:" for _ in cells[1:]))


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def body_table(samples: Samples, body: str, size: int, stacks: Sequence[Stack]) -> Iterator[str]:
    large = body.endswith("5000")
    unit, scale = ("ms", 1000) if large else ("µs", 1)
    yield f"\n**{body}** ({size:,} bytes; {'one request at a time' if large else '8 connections'})\n"
    columns = ("req/s", "p50 ms", "p99 ms", f"CPU {unit}/request", "service ÷ this, by CPU", "by req/s")
    yield from _header("server", *columns)
    for stack in stacks:
        taken = samples[body].get(stack.name)
        if not taken:
            yield _row(stack.title, f"not measured: {stack.missing or 'did not start'}", *("" for _ in columns[1:]))
            continue
        compared = ratio(samples, body, stack.name) if stack.name != OURS else None
        figures = (
            median(taken, "per_second"),
            median(taken, "p50"),
            median(taken, "p99"),
            median(taken, "cpu") / scale,
        )
        ratios = (f"{compared.by_cpu:.2f}", f"{compared.by_rate:.2f}") if compared else ("", "")
        yield _row(stack.title, *map(_number, figures), *ratios)


def start_table(starts: Mapping[str, Start], stacks: Sequence[Stack]) -> Iterator[str]:
    yield "\n**Start and memory** (start to first answer, ms; PSS of the process tree with one worker, MB)\n"
    yield from _header(
        "server",
        "discovery",
        "ordinary-20",
        "three-cards-20",
        "MB before first card",
        "after cards",
        "after 5,000 resources",
    )
    for stack in stacks:
        if stack.name in starts:
            at = starts[stack.name]
            yield _row(stack.title, *(f"{s * 1e3:.0f}" for s in at[:3]), *(f"{mb:.0f}" for mb in at[3:]))


def _verdict(*reached: bool) -> str:
    return "yes" if all(reached) else "**no**" if not any(reached) else "by CPU only" if reached[0] else "by req/s only"


def aims(samples: Samples, starts: Mapping[str, Start]) -> Iterator[str]:
    yield "\n**Aims** (nothing depends on them; no test asserts a time)\n"
    yield from _header("aim", "by CPU", "by req/s", "reached")
    for aim in AIMS:
        found = ratio(samples, aim.body, aim.opponent)
        label = f"{aim.body}: at least {aim.times:g} × ({aim.opponent})"
        if found is None:
            yield _row(label, "", "", "not measured")
            continue
        yield _row(
            label,
            f"{found.by_cpu:.2f}",
            f"{found.by_rate:.2f}",
            _verdict(found.by_cpu >= aim.times, found.by_rate >= aim.times),
        )
    single: list[tuple[str, float | None, float]] = []
    largest = samples["ordinary-5000"].get(OURS)
    cpu_ms = median(largest, "cpu") / 1000 if largest else None
    single.append((f"ordinary-5000: under {_MOST_CPU_MS_FOR_5000} ms of CPU", cpu_ms, _MOST_CPU_MS_FOR_5000))
    ours = starts.get(OURS)
    ms = f"within {_MOST_MS_TO_START} ms"
    single.append((f"start to discovery {ms}", ours and ours.discovery * 1e3, _MOST_MS_TO_START))
    single.append((f"start to first patient-view {ms}", ours and ours.hook * 1e3, _MOST_MS_TO_START))
    single.append((f"{_MOST_MB} MB PSS before the first card", ours and ours.pss_before_first_card, _MOST_MB))
    for label, value, most in single:
        yield _row(
            label,
            "" if value is None else _number(value),
            "",
            "not measured" if value is None else _verdict(value <= most),
        )
