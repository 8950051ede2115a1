"""Calls that really are simultaneous: from several processes, each with several threads."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from threading import Barrier as ThreadBarrier
from typing import Any

_SECONDS = 60


def together(processes: int, threads: int, prepare: Callable[..., Callable[[], Any]], *arguments: Any) -> list[Any]:
    """In each process `prepare(*arguments)`, once; then what it returned from all threads of all processes at once.
    What each call returned, in any order.
    """
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(processes), context.Queue()
    runs = [
        context.Process(target=_run, args=(start, answers, threads, prepare, arguments), daemon=True)
        for _ in range(processes)
    ]
    for run in runs:
        run.start()
    try:
        return [answers.get(timeout=_SECONDS) for _ in range(processes * threads)]
    finally:
        for run in runs:
            run.join(_SECONDS)


def _run(start: Barrier, answers: "Queue[Any]", threads: int, prepare: Callable[..., Any], arguments: Any) -> None:
    call = prepare(*arguments)

    def wait_for_processes() -> None:
        start.wait(_SECONDS)

    ready = ThreadBarrier(threads, action=wait_for_processes)

    def one() -> None:
        ready.wait(_SECONDS)
        try:
            answers.put(call())
        except Exception as error:
            answers.put(f"{type(error).__name__}: {error}")

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(threads):
            pool.submit(one)
