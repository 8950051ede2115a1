"""The road. Read this and you know the service.

1 the web room hands over the bytes, for which service, and who called → 2 `hooks` reads the request; where orders are
signed or visits booked, and none of them is any card's business: `[]` now → 3 `fhir` looks at the required needs, and
reads from the EHR's server what is missing → 4 no twitching: `[]` now → 5 `fhir` gets the further needs → 6 each card
that speaks to this reader at this moment says advice or a reasoned silence → 7 the weightiest are chosen, `wording` and
`hooks` make cards in the manner of the client's EHR, and `fhir` writes the proposed resources in the caller's release →
8 the web room answers.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple

from cards.findings import facial_twitching, twitching_mentions
from cds_service.advice import View
from cds_service.deck import Audience
from cds_service.desk import Desk, Judged
from cds_service.fhir import drafts
from cds_service.fhir.needs import DRAFTS, NEEDS, REQUIRED, Need
from cds_service.fhir.ownership import of_patient
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.record_reading import read_record
from cds_service.fhir.release import release_named
from cds_service.fhir.scan import scan
from cds_service.fhir.server import NoReading, Reading
from cds_service.fhir.server_queries import Asker
from cds_service.hooks.cards import NO_CARDS, AnswerJson, encode
from cds_service.hooks.profiles import dressed
from cds_service.hooks.request import HookRequest, read_request
from cds_service.hooks.services import PATIENT_VIEW, Service
from cds_service.presenting import Spoken, kept_back, make_cards
from cds_service.record import NotAssessed
from cds_service.trust.grants import Refusal, granted
from cds_service.undecided import cannot_be_had, demand_complete


class Answer(NamedTuple):
    """The body to send, and what may be noted about it (never patient data): also what silent cards would have said."""

    body: bytes
    hook_instance: str
    cards: tuple[str, ...] = ()
    silent: tuple[Spoken, ...] = ()


def answer(sent: bytes, at: Desk, service: Service = PATIENT_VIEW) -> Answer:
    """The whole road for one call. Raises Problem for what cannot be answered (400, 412)."""
    deadline = time.monotonic() + at.budget
    request = read_request(sent, service)
    drafted = drafts.look_at_drafts(request.drafts)
    if not is_anybodys_business(drafted, request, at, service):
        return Answer(NO_CARDS, request.hook_instance)
    reading = reading_for(request, at, deadline)
    looked = {DRAFTS.key: drafted, **look_at_required(request, reading)}
    if not may_show_twitching(looked):
        return Answer(NO_CARDS, request.hook_instance)
    judged = judge(request, looked, at, reading, service)
    cards = make_cards(judged, request, at)
    body = encode(AnswerJson(dressed(cards, at.caller.profile, at.deck.words)))
    return Answer(body, request.hook_instance, tuple(card.source.topic.code for card in cards), kept_back(judged))


def reader(request: HookRequest) -> Audience:
    """Who opened the chart: for a patient or relative no clinician's card is even asked, and the reverse."""
    return "patient" if request.is_patient_facing else "clinician"


def is_anybodys_business(drafted: Looked, request: HookRequest, at: Desk, service: Service) -> bool:
    """Whether a card that speaks to this reader at this moment may have something to say: told by the drafts alone,
    for nearly every order is about something else. A medicine that they only refer to must be looked up first.
    """
    cards = at.deck.speaking(reader(request), service.moment)
    if not service.drafts or not cards:
        return bool(cards)
    read = drafts.first_reading(drafted, request.patient_id, at.zone)
    return any(card.is_concerned(service.moment, read) for card in cards) or drafts.name_elsewhere(drafted)


def reading_for(request: HookRequest, at: Desk, deadline: float) -> Reading | NoReading:
    """What this call may read from the EHR's server, if anything."""
    allowed = granted(request.fhir_server, request.authorization, request.patient_id, at.caller)
    named = release_named(at.caller.fhir_version) or release_named(request.fhir_version)
    if isinstance(allowed, Refusal):
        return NoReading(allowed.text, request.fhir_server, named)
    return Reading(at.servers, allowed, Asker(request.patient_id, at.caller.profile, at.today), named, deadline)


def look_at_required(request: HookRequest, reading: Reading | NoReading) -> Mapping[str, Looked]:
    """The first three needs. Raises Problem (412) naming those that cannot be had."""
    looked = reading.complete({need.key: _look(request, need) for need in REQUIRED})
    missing = {key: value.problem for key, value in looked.items() if value.state in ("absent", "failed")}
    if missing:
        raise cannot_be_had(missing, request, reading)
    return looked


def _look(request: HookRequest, need: Need) -> Looked:
    return of_patient(look(request.prefetch.get(need.key), need), need, request.patient_id)


def may_show_twitching(looked: Mapping[str, Looked]) -> bool:
    """The quick look that ends almost every call. Raises Problem (412) where absence was not shown: pages that were not
    read.
    """
    seen = scan(looked)
    if seen.unsure or twitching_mentions.mentioned(seen.codes, seen.texts):
        return True
    demand_complete(looked)
    return False


def judge(
    request: HookRequest, begun: Mapping[str, Looked], at: Desk, reading: Reading | NoReading, service: Service
) -> Judged:
    """Steps 5 and 6: the whole record, the gate, and what each card says."""
    further = {key: _look(request, need) for key, need in NEEDS.items() if not need.required}
    looked = reading.with_medications(reading.complete({**begun, **further}))
    record = read_record(looked, request.patient_id, at.zone)
    if not record.patient.id and any(entry.need == "patient" for entry in record.unread):
        raise cannot_be_had({"patient": "unreadable"}, request, reading)
    if looked["patient"].state == "empty":
        unknown = NotAssessed("patient", "the client has no data")
        record = record._replace(not_assessed=(unknown, *record.not_assessed))
    twitching = facial_twitching.notice(record, at.deck.gate_limits, at.today)
    if twitching.kind in ("none", "mimic"):
        demand_complete(looked)
    hidden = at.deck.hidden
    verdicts = tuple(
        (card, advise(View(record, twitching, at.deck.limits_of(card), at.today, hidden)))
        for card in at.deck.speaking(reader(request), service.moment)
        if (advise := card.rule_at(service.moment))
    )
    return Judged(reading.release(looked), record, twitching, verdicts, drafts.resources(looked[DRAFTS.key]))
