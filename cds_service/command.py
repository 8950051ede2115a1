"""`cds-service`: serve, check, explain."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from cds_service.settings import Settings, SettingsError, load_settings
from cds_service.site.tuning import SiteError
from cds_service.trust.door import ClientsError


def _stop(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(1)


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        _stop(f"Cannot start, these settings are wrong:\n{error}")


@click.group()
def main() -> None:
    """CDS Hooks service for hemifacial spasm. Settings are environment variables, listed in the README."""


@main.command()
def serve() -> None:
    """Serve on HOST and PORT until told to stop."""
    from cds_service.serving import serve as run

    run(_settings())


@main.command()
def check() -> None:
    """Check the settings, the deck, the site's tuning and the clients; say what is wrong (exit 1) or what would be
    served to whom, and how the deck differs from the default.
    """
    from cds_service.app import deck_of
    from cds_service.deck import DeckError
    from cds_service.site.effective import effective
    from cds_service.wording import WordsError

    settings = _settings()
    try:
        deck = deck_of(settings.site_config)
    except (DeckError, WordsError) as error:
        _stop(f"The deck cannot be used: {error}")
    except SiteError as error:
        _stop(f"SITE_CONFIG cannot be used:\n{error}")
    click.echo(f"settings: fine ({settings.base_url}, {settings.timezone})")
    for line in effective(deck):
        click.echo(line)
    if settings.clients_config:
        _check_clients(Path(settings.clients_config))


def _check_clients(path: Path) -> None:
    from cds_service.trust.clients_file import load_clients

    try:
        clients = load_clients(path)
    except ClientsError as error:
        _stop(f"CLIENTS_CONFIG cannot be used:\n{error}")
    for client in clients:
        click.echo(f"client {client.name}: {client.issuer}, keys from {client.jwks_url or 'its file'}")


@main.command()
@click.argument("request", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def explain(request: Path) -> None:
    """Show the cards of a recorded REQUEST, and why each card did or did not fire."""
    from cds_service.app import build_state
    from cds_service.explain import explain as lines
    from cds_service.hooks.problem import Problem
    from cds_service.trust.caller import Caller
    from cds_service.trust.servers import read_base

    settings = _settings()
    caller = Caller(servers=tuple(map(read_base, settings.fhir_servers)))
    try:
        for line in lines(request.read_bytes(), build_state(settings).desk(caller)):
            click.echo(line)
    except Problem as problem:
        _stop(f"The service would answer {problem.status}: {problem.text}")
    except SiteError as error:
        _stop(f"SITE_CONFIG cannot be used:\n{error}")
    except ClientsError as error:
        _stop(f"CLIENTS_CONFIG cannot be used:\n{error}")


@main.command()
def migrate() -> None:
    """Bring the database to this release's schema, as `serve` does unless MIGRATE=off."""
    from cds_service.database import DatabaseUnavailable, open_database

    try:
        changed = open_database(_settings()).migrate()
    except DatabaseUnavailable as error:
        _stop(f"The database cannot be brought to the present schema: {error}")
    click.echo("The database was brought to the present schema." if changed else "The database has the present schema.")
