"""The road. Read this and you know the service.

1 the web room hands over the bytes and who called → 2 `hooks` reads the request → 3 `fhir` looks at the required needs,
and reads from the EHR's server what is missing → 4 no twitching: `[]` now → 5 `fhir` gets the further needs → 6 each
card's rule says advice or a reasoned silence → 7 `wording` and `hooks` make cards, in the manner of the client's EHR,
and `fhir` writes the proposed resources in the caller's release → 8 the web room answers.
"""

import time
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cards.findings import facial_twitching, twitching_mentions
from cds_service.advice import Advice, FacialTwitching, Phrase, Proposal, Silence, Verdict, View
from cds_service.deck import Card, Deck
from cds_service.fhir import writing
from cds_service.fhir.needs import NEEDS, Need
from cds_service.fhir.ownership import of_patient
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.record_reading import FOREIGN, read_record
from cds_service.fhir.release import Release, release_named
from cds_service.fhir.scan import scan
from cds_service.fhir.server import FhirServers, NoReading, Reading
from cds_service.fhir.server_queries import Asker
from cds_service.hooks.cards import NO_CARDS, AnswerJson, CardJson, encode
from cds_service.hooks.discovery import HOOK
from cds_service.hooks.problem import Problem
from cds_service.hooks.profiles import dressed
from cds_service.hooks.request import HookRequest, read_request
from cds_service.hooks.response import make_card, quality_lines
from cds_service.record import NotAssessed, PatientRecord
from cds_service.trust.caller import Caller
from cds_service.trust.grants import Refusal, granted
from cds_service.wording import Words

_REQUIRED = tuple(need for need in NEEDS.values() if need.required)


class Judged(NamedTuple):
    """What was found and what each card says of it: also what `explain` shows."""

    release: Release
    record: PatientRecord
    twitching: FacialTwitching
    verdicts: tuple[tuple[Card, Verdict], ...]


class Answer(NamedTuple):
    """The body to send, and what may be noted about it (never patient data)."""

    body: bytes
    hook_instance: str
    cards: tuple[str, ...] = ()


class Desk(NamedTuple):
    """What a call is answered with: the same for all calls but for the day and who calls.

    `budget` is how many seconds may be spent on reading from the EHR's server.
    """

    deck: Deck
    base_url: str
    today: date
    zone: ZoneInfo
    caller: Caller
    servers: FhirServers
    budget: float


def answer(sent: bytes, at: Desk) -> Answer:
    """The whole road for one patient-view call. Raises Problem for what cannot be answered (400, 412)."""
    deadline = time.monotonic() + at.budget
    request = read_request(sent, HOOK)
    reading = reading_for(request, at, deadline)
    required = look_at_required(request, reading)
    if request.is_patient_facing or not may_show_twitching(required):
        return Answer(NO_CARDS, request.hook_instance)
    judged = judge(request, required, at, reading)
    cards = make_cards(judged, request, at)
    body = encode(AnswerJson(dressed(cards, at.caller.profile)))
    return Answer(body, request.hook_instance, tuple(card.source.topic.code for card in cards))


def reading_for(request: HookRequest, at: Desk, deadline: float) -> Reading | NoReading:
    """What this call may read from the EHR's server, if anything."""
    allowed = granted(request.fhir_server, request.authorization, request.patient_id, at.caller)
    named = release_named(at.caller.fhir_version) or release_named(request.fhir_version)
    if isinstance(allowed, Refusal):
        return NoReading(allowed.text, request.fhir_server, named)
    return Reading(at.servers, allowed, Asker(request.patient_id, at.caller.profile, at.today), named, deadline)


def look_at_required(request: HookRequest, reading: Reading | NoReading) -> Mapping[str, Looked]:
    """The first three needs. Raises Problem (412) naming those that cannot be had."""
    looked = reading.complete({need.key: _look(request, need) for need in _REQUIRED})
    missing = {key: value.problem for key, value in looked.items() if value.state in ("absent", "failed")}
    if missing:
        raise _cannot_be_had(missing, request, reading)
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
    _demand_complete(required)
    return False


def judge(request: HookRequest, required: Mapping[str, Looked], at: Desk, reading: Reading | NoReading) -> Judged:
    """Steps 5 and 6: the whole record, the gate, and what each card says."""
    further = {key: _look(request, need) for key, need in NEEDS.items() if not need.required}
    looked = reading.with_medications(reading.complete({**required, **further}))
    record = read_record(looked, request.patient_id, at.zone)
    if not record.patient.id and any(entry.need == "patient" for entry in record.unread):
        raise _cannot_be_had({"patient": "unreadable"}, request, reading)
    if required["patient"].state == "empty":
        unknown = NotAssessed("patient", "the client has no data")
        record = record._replace(not_assessed=(unknown, *record.not_assessed))
    twitching = facial_twitching.notice(record, at.deck.gate_limits, at.today)
    if twitching.kind in ("none", "mimic"):
        _demand_complete(looked)
    verdicts = tuple(
        (card, card.advise(View(record, twitching, at.deck.limits_of(card), at.today))) for card in at.deck.cards
    )
    return Judged(reading.release(looked), record, twitching, verdicts)


def make_cards(judged: Judged, request: HookRequest, at: Desk) -> tuple[CardJson, ...]:
    """Step 7: the cards in their order, the weightiest first. Data-quality lines of silent cards go onto the first."""
    everybody = judged.record.missing(*(need.key for need in _REQUIRED))
    advised = [
        (card, verdict._replace(not_assessed=tuple(dict.fromkeys((*everybody, *verdict.not_assessed)))))
        for card, verdict in judged.verdicts
        if isinstance(verdict, Advice)
    ]
    advised.sort(key=lambda pair: pair[0].order[pair[1].situation])

    def write(proposal: Proposal, words: Words) -> dict[str, object]:
        about = writing.About(request.patient_id, request.encounter_id, request.user, at.today, words.plain)
        return writing.write(proposal, about, judged.release)

    gate = quality_lines(at.deck.words, (*judged.twitching.quality, *unread_lines(judged.record)))
    silent = tuple(
        line
        for card, said in judged.verdicts
        if isinstance(said, Silence)
        for line in quality_lines(card.words, said.quality)
    )
    return tuple(
        make_card(card, advice, gate if place else (*gate, *silent), at.base_url, write)
        for place, (card, advice) in enumerate(advised)
    )


def unread_lines(record: PatientRecord) -> tuple[Phrase, ...]:
    """One data-quality line for each need that held entries which could not be read."""
    counts: dict[str, int] = {}
    for entry in record.unread:
        if entry.reason != FOREIGN:
            counts[entry.need] = counts.get(entry.need, 0) + 1
    return tuple(Phrase("quality/unread", {"need": need, "count": count}) for need, count in counts.items())


def _demand_complete(looked: Mapping[str, Looked]) -> None:
    unread = {need.key: looked[need.key].problem for need in _REQUIRED if looked[need.key].state == "incomplete"}
    if unread:
        raise Problem(
            412,
            "incomplete",
            f"The absence of facial twitching was not shown: {_named(unread)}. Prefetch all pages.",
            tuple(f"Request.prefetch.{key}" for key in unread),
        )


def _cannot_be_had(missing: Mapping[str, str], request: HookRequest, reading: Reading | NoReading) -> Problem:
    text = f"These needs could not be had: {_named(missing)}. Send them in prefetch, as the discovery document asks."
    if isinstance(reading, NoReading) and reading.why:
        text += f" {reading.why}"
    if not request.prefetch:
        text += (
            " The request holds no prefetch at all;"
            " check that the endpoint's address is registered exactly as in discovery."
        )
    return Problem(412, "required", text, tuple(f"Request.prefetch.{key}" for key in missing))


def _named(problems: Mapping[str, str]) -> str:
    return ", ".join(f"{key} ({problem})" for key, problem in problems.items())
