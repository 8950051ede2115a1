"""What a call is answered with, and what was found on the way: shared by the stations of the road."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from cds_service.advice import FacialTwitching, Verdict
from cds_service.deck import Card, Deck
from cds_service.fhir.release import Release
from cds_service.fhir.server import FhirServers
from cds_service.record import PatientRecord
from cds_service.trust.caller import Caller


class Desk(NamedTuple):
    """The same for all calls but for the day and who calls.

    `budget` is how many seconds may be spent on reading from the EHR's server.
    """

    deck: Deck
    base_url: str
    today: date
    zone: ZoneInfo
    caller: Caller
    servers: FhirServers
    budget: float


class Judged(NamedTuple):
    """What was found and what each card says of it: also what `explain` shows. `drafts` are what is being signed or
    booked as it was sent, by reference.
    """

    release: Release
    record: PatientRecord
    twitching: FacialTwitching
    verdicts: tuple[tuple[Card, Verdict], ...]
    drafts: Mapping[str, msgspec.Raw] = MappingProxyType({})
