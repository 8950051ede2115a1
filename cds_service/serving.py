"""Serves the application with granian: one process a worker, a few threads in each."""

import gc
import socket
import sys

from cds_service.app import create_app
from cds_service.deck import DeckError
from cds_service.settings import Settings
from cds_service.wording import WordsError

_SECONDS_TO_DRAIN = 15


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


def serve(settings: Settings) -> None:
    """Blocks until SIGTERM or SIGINT. Refuses to start, with the reason, when the deck cannot be used."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    try:
        create_app(settings)
    except (DeckError, WordsError) as error:
        print(f"Cannot start, the deck cannot be used: {error}", file=sys.stderr)
        sys.exit(1)
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    _demand_address(host, settings.port)
    # What is loaded now lives as long as the process: the collector need not look at it again, and workers share its
    # pages.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    Granian(
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
    ).serve()
