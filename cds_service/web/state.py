"""What every request needs and no request changes: settings, deck, the EHRs' servers, the database, the door."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app

from cds_service.database import Database
from cds_service.deck import Deck
from cds_service.desk import Desk
from cds_service.fhir.server import FhirServers
from cds_service.languages import Language
from cds_service.settings import Settings
from cds_service.trust.caller import Caller
from cds_service.trust.door import Door

KEY = "facial-twitching-cds"


@dataclass(frozen=True, slots=True)
class State:
    settings: Settings
    decks: Mapping[Language, Deck]
    zone: ZoneInfo
    servers: FhirServers
    database: Database
    door: Door

    @property
    def deck(self) -> Deck:
        """In English: for pages, probes and feedback."""
        return self.decks["en"]

    def desk(self, caller: Caller) -> Desk:
        """What this caller's request is answered with, today."""
        at = self.settings
        deck = self.decks[caller.language or at.language]
        return Desk(deck, at.base_url, at.today(), self.zone, caller, self.servers, at.answer_budget_ms / 1000)


def state() -> State:
    return cast("State", current_app.extensions[KEY])
