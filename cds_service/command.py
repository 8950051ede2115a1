"""`cds-service`: serve, check, explain."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from cds_service.settings import Settings, SettingsError, load_settings


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
    """Check the settings and the deck; say what is wrong (exit 1) or what would be served."""
    from cds_service.deck import DeckError, load_deck
    from cds_service.wording import WordsError

    settings = _settings()
    try:
        deck = load_deck()
    except (DeckError, WordsError) as error:
        _stop(f"The deck cannot be used: {error}")
    click.echo(f"settings: fine ({settings.base_url}, {settings.timezone})")
    for card in deck.cards:
        click.echo(f"{card.id} {card.version}: {len(card.limits)} limits, reviewed {card.reviewed.isoformat()}")


@main.command()
@click.argument("request", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def explain(request: Path) -> None:
    """Show the cards of a recorded REQUEST, and why each card did or did not fire."""
    from cds_service.deck import load_deck
    from cds_service.explain import explain as lines
    from cds_service.hooks.problem import Problem

    settings = _settings()
    try:
        for line in lines(request.read_bytes(), load_deck(), settings.base_url, settings.today(), settings.zone):
            click.echo(line)
    except Problem as problem:
        _stop(f"The service would answer {problem.status}: {problem.text}")
