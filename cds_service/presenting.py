"""Step 7 of the road: which cards are shown, in which order, and with what beside them."""

from typing import NamedTuple, TypeAlias

from cds_service.advice import Advice, Name, Phrase, Silence, Written
from cds_service.deck import Card
from cds_service.desk import Desk, Judged
from cds_service.fhir import writing
from cds_service.fhir.needs import REQUIRED
from cds_service.fhir.record_reading import FOREIGN
from cds_service.hooks.cards import CardJson
from cds_service.hooks.further import further_points
from cds_service.hooks.request import HookRequest
from cds_service.hooks.response import QualityLine, make_card, quality_lines
from cds_service.record import PatientRecord
from cds_service.wording import Words

Advised: TypeAlias = list[tuple[Card, Advice]]


class Spoken(NamedTuple):
    """What may be noted of a card: its id and situation, nothing of the patient."""

    card: str
    situation: str


def make_cards(judged: Judged, request: HookRequest, at: Desk) -> tuple[CardJson, ...]:
    """The cards in their order, the weightiest first, and no more than the deck's limit."""

    def write(proposal: Written, words: Words) -> dict[str, object]:
        about = writing.About(
            request.patient_id, request.encounter_id, request.user, at.today, words.plain, judged.drafts
        )
        return writing.write(proposal, about, judged.release)

    advised = chosen(judged)
    gate, silent = lines_from_elsewhere(judged, at, advised)
    cards = tuple(
        make_card(card, advice, gate if place else (*gate, *silent), at.base_url, write)
        for place, (card, advice) in enumerate(advised)
    )
    most = int(at.deck.overflow.most.value)
    if len(cards) <= most:
        return cards
    return (*cards[: most - 1], further_points(cards[most - 1 :], at.deck, at.base_url))


def chosen(judged: Judged) -> Advised:
    """The cards that advise, in their order (`cards/deck.toml`); beside one that stands alone, no other."""
    everybody = judged.record.missing(*(need.key for need in REQUIRED))
    advised = [
        (card, verdict._replace(not_assessed=tuple(dict.fromkeys((*everybody, *verdict.not_assessed)))))
        for card, verdict in judged.verdicts
        if isinstance(verdict, Advice) and card.mode == "on"
    ]
    advised.sort(key=lambda pair: pair[0].order[pair[1].situation])
    return [pair for pair in advised if pair[0].alone][:1] or advised


def kept_back(judged: Judged) -> tuple[Spoken, ...]:
    """The cards that advise, and that the site keeps silent."""
    return tuple(
        Spoken(card.id, verdict.situation)
        for card, verdict in judged.verdicts
        if isinstance(verdict, Advice) and card.mode == "silent"
    )


def lines_from_elsewhere(
    judged: Judged, at: Desk, advised: Advised
) -> tuple[tuple[QualityLine, ...], tuple[QualityLine, ...]]:
    """Data-quality lines, for clinicians only: the gate's for every card; those of cards that have nothing else to say
    for the first, unless it stands alone.
    """
    if not advised or advised[0][0].audience != "clinician":
        return (), ()
    gate = quality_lines(at.deck.words, (*judged.twitching.quality, *unread_lines(judged.record)))
    silent = tuple(
        line
        for card, said in judged.verdicts
        if isinstance(said, Silence) and card.mode == "on" and not advised[0][0].alone
        for line in quality_lines(card.words, said.quality)
    )
    return gate, silent


def unread_lines(record: PatientRecord) -> tuple[Phrase, ...]:
    """One data-quality line for each need that held entries which could not be read."""
    counts: dict[str, int] = {}
    for entry in record.unread:
        if entry.reason != FOREIGN:
            counts[entry.need] = counts.get(entry.need, 0) + 1
    return tuple(Phrase("quality/unread", {"need": Name(need), "count": count}) for need, count in counts.items())
