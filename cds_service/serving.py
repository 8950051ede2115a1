"""Serves the application with granian: one process a worker, a few threads in each."""

import gc
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

from cds_service.app import create_app
from cds_service.deck import DeckError
from cds_service.settings import Settings
from cds_service.site.tuning import SiteError
from cds_service.telemetry.logs import log
from cds_service.trust.door import ClientsError
from cds_service.wording import WordsError

_SECONDS_TO_DRAIN = 15
_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 – a directory of our own is made there
_COUNTS: Final = "PROMETHEUS_MULTIPROC_DIR"


def _demand_address(host: str, port: int) -> None:
    """Workers share their port, so a second service on it would start and answer every other call: refuse that."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        print(f"Cannot start, HOST {host} and PORT {port} cannot be listened on: {error.strerror}.", file=sys.stderr)
        sys.exit(1)


@contextmanager
def _counting_together(workers: int) -> Iterator[None]:
    """Where workers keep their metrics, so that each can answer for all: in memory if possible, as the disk may be
    read-only.
    """
    if workers == 1 or _COUNTS in os.environ:
        yield
        return
    place = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None
    try:
        directory = TemporaryDirectory(prefix="cds-service-", dir=place)
    except OSError:
        log().warning("metrics", text="No directory can be written: each worker's /metrics shows its own counts only.")
        yield
        return
    with directory as os.environ[_COUNTS]:
        yield


def serve(settings: Settings) -> None:
    """Blocks until SIGTERM or SIGINT. Refuses to start, with the reason, when deck or clients cannot be used."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    try:
        create_app(settings)
    except (DeckError, WordsError) as error:
        print(f"Cannot start, the deck cannot be used: {error}", file=sys.stderr)
        sys.exit(1)
    except ClientsError as error:
        print(f"Cannot start, CLIENTS_CONFIG cannot be used:\n{error}", file=sys.stderr)
        sys.exit(1)
    except SiteError as error:
        print(f"Cannot start, SITE_CONFIG cannot be used:\n{error}", file=sys.stderr)
        sys.exit(1)
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    _demand_address(host, settings.port)
    # What is loaded now lives as long as the process: the collector need not look at it again, and workers share its
    # pages.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    server = Granian(
        "cds_service.app:wsgi_from_environment",
        factory=True,
        address=host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=settings.threads,
        log_level=LogLevels.warning,
        workers_kill_timeout=_SECONDS_TO_DRAIN,
        respawn_failed_workers=True,
    )
    with _counting_together(settings.workers):
        server.serve()
