"""`cds-service explain`: the cards of a request, and for each card why it fired or the first reason why it did not."""

import time
from collections.abc import Iterator

from cds_service.advice import Advice
from cds_service.answer import judge, look_at_required, may_show_twitching, reading_for
from cds_service.desk import Desk, Judged
from cds_service.hooks.cards import CardJson
from cds_service.hooks.discovery import HOOK
from cds_service.hooks.request import read_request
from cds_service.presenting import make_cards


def explain(body: bytes, at: Desk) -> Iterator[str]:
    """Lines for a terminal. Raises Problem as the service would. The output holds what the request holds: keep it where
    that may be.
    """
    request = read_request(body, HOOK)
    reading = reading_for(request, at, time.monotonic() + at.budget)
    required = look_at_required(request, reading)
    may_show_twitching(required)
    judged = judge(request, required, at, reading)
    yield f"Clock {at.today.isoformat()}, FHIR {judged.release}"
    yield f"Facial twitching: {judged.twitching.kind} – {at.deck.words.plain(judged.twitching.reason)}"
    if request.is_patient_facing:
        yield "A patient or relative opened the chart: no clinician's card is asked."
    cards = {card.source.topic.code: card for card in make_cards(judged, request, at)}
    yield from _verdicts(judged, cards)
    yield from (f"\nNot assessed: {missing.need} ({missing.reason})" for missing in judged.record.not_assessed)


def _verdicts(judged: Judged, cards: dict[str, CardJson]) -> Iterator[str]:
    standing_alone = any(card.alone and card.id in cards for card, _ in judged.verdicts)
    why_not = "another card stands alone" if standing_alone else "it is among the further points"
    for card, verdict in judged.verdicts:
        if not isinstance(verdict, Advice):
            yield f"\n○ {card.id}: silent – {card.words.plain(verdict.sentence)}"
            continue
        shown = cards.get(card.id)
        if shown is None:
            yield f"\n◐ {card.id} {card.version}: not shown, {why_not}"
        else:
            yield f"\n● {card.id} {card.version} [{shown.indicator}] {shown.summary}"
        for finding in verdict.findings:
            yield f"    {finding.code}: {card.words.plain(finding.sentence)}"
            yield from (f"        {e.reference} {e.date} {e.display}".rstrip() for e in finding.evidence)
        if shown is not None:
            yield "\n".join(f"    │ {line}" for line in shown.detail.splitlines())
            yield from (f"    → {suggestion.label}" for suggestion in shown.suggestions)
