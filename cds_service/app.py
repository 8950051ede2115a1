"""The one place where everything is plugged together."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from flask import Flask
from flask_cors import CORS

from cds_service.deck import Deck, load_deck
from cds_service.settings import Settings, load_settings
from cds_service.telemetry.logs import log, set_up_logs
from cds_service.web import pages, routes
from cds_service.web.problems import register_problems
from cds_service.web.state import KEY, State


def create_app(settings: Settings) -> Flask:
    """The WSGI application. Raises DeckError when a card is incomplete."""
    set_up_logs(settings.log_level)
    app = Flask("cds_service.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = int(settings.max_body_mb * 1_000_000)
    app.extensions[KEY] = State(settings, shipped_deck(), settings.zone)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(pages.blueprint)
    register_problems(app)
    # No credentials: a token travels in a header, never in a cookie (CORS-5).
    CORS(
        app,
        origins=list(settings.cors_origins),
        send_wildcard="*" in settings.cors_origins,
        always_send=False,  # EHRs are no browsers: what sends no Origin needs no answer to it
        methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type"],
        max_age=600,
    )
    app.wsgi_app = _single_slashes(app.wsgi_app)  # type: ignore[method-assign]
    return app


@cache
def shipped_deck() -> Deck:
    """The deck, read once a process: workers are forked from the one that checked it and need not read it again."""
    return load_deck()


def _single_slashes(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Clients that glue `/cds-services/` and `/id` together call a doubled slash: read it as one."""

    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        while "//" in path:
            path = path.replace("//", "/")
        environ["PATH_INFO"] = path
        return app(environ, start_response)

    return wsgi


def wsgi_from_environment() -> Flask:
    """What a worker process loads."""
    settings = load_settings()
    app = create_app(settings)
    log().warning(
        "open",
        text="No clients are configured: anybody who reaches this service may call it. For sandboxes and tests only.",
    )
    return app
