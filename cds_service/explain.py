"""`cds-service explain`: the cards of a request, and for each card why it fired or the first reason why it did not."""

import time
from collections.abc import Iterator

from cds_service.advice import Advice, Phrase
from cds_service.answer import (
    is_anybodys_business,
    judge,
    look_at_required,
    may_show_twitching,
    reader,
    reading_for,
)
from cds_service.desk import Desk, Judged
from cds_service.fhir.drafts import look_at_drafts
from cds_service.fhir.needs import DRAFTS
from cds_service.hooks.cards import CardJson
from cds_service.hooks.request import HookRequest, hook_of, read_request
from cds_service.hooks.services import answering
from cds_service.presenting import make_cards


def explain(body: bytes, at: Desk) -> Iterator[str]:
    """Lines for a terminal. Raises Problem as the service would. The output holds what the request holds: keep it where
    that may be.
    """
    service = answering(hook_of(body))
    request = read_request(body, service)
    drafted = look_at_drafts(request.drafts)
    if not is_anybodys_business(drafted, request, at, service):
        yield f"{service.id}: nothing that is signed or booked here is any card's business."
        yield from _off(request, at)
        return
    reading = reading_for(request, at, time.monotonic() + at.budget)
    looked = {DRAFTS.key: drafted, **look_at_required(request, reading)}
    may_show_twitching(looked)
    judged = judge(request, looked, at, reading, service)
    yield f"Clock {at.today.isoformat()}, FHIR {judged.release}"
    yield f"Facial twitching: {judged.twitching.kind} – {at.deck.words.plain(judged.twitching.reason)}"
    if request.is_patient_facing:
        yield "A patient or relative opened the chart: no clinician's card is asked."
    cards = {card.source.topic.code: card for card in make_cards(judged, request, at)}
    yield from _verdicts(judged, cards)
    yield from _off(request, at)
    yield from (f"\nNot assessed: {missing.need} ({missing.reason})" for missing in judged.record.not_assessed)


def _off(request: HookRequest, at: Desk) -> Iterator[str]:
    for card in at.deck.cards:
        if card.mode == "off" and card.audience == reader(request):
            yield f"\n✕ {card.id} {card.version}: off at this site ({card.decision})"


def _verdicts(judged: Judged, cards: dict[str, CardJson]) -> Iterator[str]:
    standing_alone = any(card.alone and card.id in cards for card, _ in judged.verdicts)
    why_not = "another card stands alone" if standing_alone else "it is among the further points"
    for card, verdict in judged.verdicts:
        if not isinstance(verdict, Advice):
            anyway = f" (kept silent by this site anyway: {card.decision})" if card.mode == "silent" else ""
            yield f"\n○ {card.id}: silent – {card.words.plain(verdict.sentence)}{anyway}"
            continue
        shown = cards.get(card.id)
        if card.mode == "silent":
            would_say = card.words.summary(Phrase(f"summary/{verdict.situation}", verdict.values))
            yield f"\n◌ {card.id} {card.version}: kept silent by this site ({card.decision}); would say: {would_say}"
        elif shown is None:
            yield f"\n◐ {card.id} {card.version}: not shown, {why_not}"
        else:
            yield f"\n● {card.id} {card.version} [{shown.indicator}] {shown.summary}"
        for finding in verdict.findings:
            yield f"    {finding.code}: {card.words.plain(finding.sentence)}"
            yield from (f"        {e.reference} {e.date} {e.display}".rstrip() for e in finding.evidence)
        if shown is not None:
            yield "\n".join(f"    │ {line}" for line in shown.detail.splitlines())
            yield from (f"    → {suggestion.label}" for suggestion in shown.suggestions)
