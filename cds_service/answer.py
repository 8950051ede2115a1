"""The road. Read this and you know the service.

1 the web room hands over the bytes and who called → 2 `hooks` reads the request → 3 `fhir` looks at the required needs,
and reads from the EHR's server what is missing → 4 no twitching: `[]` now → 5 `fhir` gets the further needs → 6 the
rule of each card that is meant for this reader says advice or a reasoned silence → 7 the weightiest are chosen,
`wording` and `hooks` make cards in the manner of the client's EHR, and `fhir` writes the proposed resources in the
caller's release → 8 the web room answers.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple

from cards.findings import facial_twitching, twitching_mentions
from cds_service.advice import View
from cds_service.deck import Audience
from cds_service.desk import Desk, Judged
from cds_service.fhir.needs import NEEDS, REQUIRED, Need
from cds_service.fhir.ownership import of_patient
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.record_reading import read_record
from cds_service.fhir.release import release_named
from cds_service.fhir.scan import scan
from cds_service.fhir.server import NoReading, Reading
from cds_service.fhir.server_queries import Asker
from cds_service.hooks.cards import NO_CARDS, AnswerJson, encode
from cds_service.hooks.discovery import HOOK
from cds_service.hooks.profiles import dressed
from cds_service.hooks.request import HookRequest, read_request
from cds_service.presenting import make_cards
from cds_service.record import NotAssessed
from cds_service.trust.grants import Refusal, granted
from cds_service.undecided import cannot_be_had, demand_complete


class Answer(NamedTuple):
    """The body to send, and what may be noted about it (never patient data)."""

    body: bytes
    hook_instance: str
    cards: tuple[str, ...] = ()


def answer(sent: bytes, at: Desk) -> Answer:
    """The whole road for one patient-view call. Raises Problem for what cannot be answered (400, 412)."""
    deadline = time.monotonic() + at.budget
    request = read_request(sent, HOOK)
    reading = reading_for(request, at, deadline)
    required = look_at_required(request, reading)
    if not at.deck.meant_for(reader(request)) or not may_show_twitching(required):
        return Answer(NO_CARDS, request.hook_instance)
    judged = judge(request, required, at, reading)
    cards = make_cards(judged, request, at)
    body = encode(AnswerJson(dressed(cards, at.caller.profile)))
    return Answer(body, request.hook_instance, tuple(card.source.topic.code for card in cards))


def reader(request: HookRequest) -> Audience:
    """Who opened the chart: for a patient or relative no clinician's card is even asked, and the reverse."""
    return "patient" if request.is_patient_facing else "clinician"


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


def may_show_twitching(required: Mapping[str, Looked]) -> bool:
    """The quick look that ends almost every call. Raises Problem (412) where absence was not shown: pages that were not
    read.
    """
    seen = scan(required)
    if seen.unsure or twitching_mentions.mentioned(seen.codes, seen.texts):
        return True
    demand_complete(required)
    return False


def judge(request: HookRequest, required: Mapping[str, Looked], at: Desk, reading: Reading | NoReading) -> Judged:
    """Steps 5 and 6: the whole record, the gate, and what each card says."""
    further = {key: _look(request, need) for key, need in NEEDS.items() if not need.required}
    looked = reading.with_medications(reading.complete({**required, **further}))
    record = read_record(looked, request.patient_id, at.zone)
    if not record.patient.id and any(entry.need == "patient" for entry in record.unread):
        raise cannot_be_had({"patient": "unreadable"}, request, reading)
    if required["patient"].state == "empty":
        unknown = NotAssessed("patient", "the client has no data")
        record = record._replace(not_assessed=(unknown, *record.not_assessed))
    twitching = facial_twitching.notice(record, at.deck.gate_limits, at.today)
    if twitching.kind in ("none", "mimic"):
        demand_complete(looked)
    cards = at.deck.meant_for(reader(request))
    verdicts = tuple((card, card.advise(View(record, twitching, at.deck.limits_of(card), at.today))) for card in cards)
    return Judged(reading.release(looked), record, twitching, verdicts)
