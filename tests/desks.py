"""A desk in process: what a call is answered with on the day of the example patients, reading from no server."""

from datetime import date
from zoneinfo import ZoneInfo

from cds_service.deck import Deck
from cds_service.desk import Desk
from cds_service.fhir.server import FhirServers
from cds_service.outbound.fetching import Outbound
from cds_service.trust.caller import Caller

TODAY = date(2026, 6, 15)


def desk(deck: Deck, caller: Caller = Caller()) -> Desk:  # noqa: B008 – it is immutable
    return Desk(deck, "https://cds.example", TODAY, ZoneInfo("UTC"), caller, FhirServers(Outbound(1, 1_000)), 1.0)
