"""The one place where everything is plugged together."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, Final

from flask import Flask
from flask_cors import CORS

from cds_service.database import Database, open_database
from cds_service.deck import Deck, load_deck
from cds_service.fhir.needs import NEEDS
from cds_service.fhir.server import FhirServers
from cds_service.outbound.fetching import Outbound
from cds_service.settings import Settings, load_settings
from cds_service.site.tuning import tuned
from cds_service.telemetry.logs import log, set_up_logs
from cds_service.translated_deck import in_all_languages
from cds_service.trust.door import Door, OpenDoor
from cds_service.trust.servers import read_base
from cds_service.web import pages, routes
from cds_service.web.problems import register_problems
from cds_service.web.state import KEY, State

_MOST_OUTBOUND: Final = 64


def create_app(settings: Settings) -> Flask:
    """The WSGI application. Raises DeckError when a card is incomplete, ClientsError when CLIENTS_CONFIG is wrong,
    SiteError when SITE_CONFIG is.
    """
    set_up_logs(settings.log_level)
    app = Flask("cds_service.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = int(settings.max_body_mb * 1_000_000)
    app.extensions[KEY] = build_state(settings)
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


def build_state(settings: Settings) -> State:
    """Everything that calls share."""
    # As many calls as there are threads may each read all needs at once; beyond that they take turns.
    outbound = Outbound(
        min(settings.threads * len(NEEDS), _MOST_OUTBOUND),
        int(settings.max_body_mb * 1_000_000),
        settings.private_networks,
        settings.outbound_proxy,
    )
    database = open_database(settings)
    door = door_for(settings, database)
    decks = in_all_languages(deck_of(settings.site_config))
    return State(settings, decks, settings.zone, FhirServers(outbound), database, door)


def door_for(settings: Settings, database: Database) -> Door:
    """Open, or for the clients of CLIENTS_CONFIG only. What the latter needs is not loaded for the former."""
    if not settings.clients_config:
        return OpenDoor(map(read_base, settings.fhir_servers))
    from cds_service.trust.clients_file import load_clients
    from cds_service.trust.guarded_door import GuardedDoor
    from cds_service.trust.key_fetching import KeyFetch
    from cds_service.trust.key_sources import key_sources
    from cds_service.trust.replay import StoredReplays

    clients = load_clients(Path(settings.clients_config))
    keys = key_sources(clients, KeyFetch(settings.outbound_proxy))
    return GuardedDoor(clients, keys, settings.base_url, StoredReplays(database))


@cache
def shipped_deck() -> Deck:
    """The deck, read once a process: workers are forked from the one that checked it and need not read it again."""
    return load_deck()


@cache
def deck_of(site_config: str) -> Deck:
    """The deck as the site tunes it; read once, too, so that all workers answer alike even if the file is changed."""
    return tuned(shipped_deck(), Path(site_config)) if site_config else shipped_deck()


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
    app = create_app(load_settings())
    at: State = app.extensions[KEY]
    door = at.door
    _tell_of_tuning(at.deck)
    for text in door.warnings:
        log().warning("open", text=text)
    if door.clients:
        base_url = at.settings.base_url
        log().info("guarded", text="Only these clients may call, here.", clients=sorted(door.clients), at=base_url)
        # Not waited for: a client's server that is slow or down must not delay the start.
        Thread(target=_warm, args=(at,), name="warm", daemon=True).start()
    return app


def _tell_of_tuning(deck: Deck) -> None:
    if deck.site:
        kept_back = {card.id: card.mode for card in deck.cards if card.mode != "on"}
        log().info("tuned", text="SITE_CONFIG tunes the deck; cds-service check shows how.", kept_back=kept_back)
    for card in deck.cards:
        if card.vital and card.mode != "on":
            log().warning("kept-back", text="What is urgent is not shown here.", card=card.id, mode=card.mode)


def _warm(at: State) -> None:
    """What the first call would wait for, else."""
    at.door.warm()
    at.database.state()
