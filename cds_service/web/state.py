"""What every request needs and no request changes: the settings and the deck."""

from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app

from cds_service.deck import Deck
from cds_service.settings import Settings

KEY = "facial-twitching-cds"


@dataclass(frozen=True, slots=True)
class State:
    settings: Settings
    deck: Deck
    zone: ZoneInfo


def state() -> State:
    return cast("State", current_app.extensions[KEY])
