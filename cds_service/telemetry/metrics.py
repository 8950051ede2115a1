"""Counters for Prometheus. Import this only where something is counted or asked for: the library slows a start.

Workers of one service count in files of PROMETHEUS_MULTIPROC_DIR (`serving.py` makes it before they start), so that
whichever worker is asked answers for all.
"""

import os

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REGISTRY = CollectorRegistry()

callers_refused = Counter(
    "facial_twitching_callers_refused_total",
    "Calls that were not let in, by reason (cds_service/trust/refused.py lists them).",
    ("reason",),
    registry=_REGISTRY,
)

cards_silent = Counter(
    "facial_twitching_cards_silent_total",
    "Advice of cards that the site keeps silent (SITE_CONFIG), and so shown to nobody.",
    ("card", "situation"),
    registry=_REGISTRY,
)


def exposition() -> bytes:
    """Everything counted by all workers, as Prometheus reads it."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(_REGISTRY)
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
    return generate_latest(everybody)
