"""The overflow card: what does not fit among the cards of one answer, by its summary and its findings."""

from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import uuid4

from cds_service.advice import Phrase, Values
from cds_service.deck import Deck
from cds_service.hooks.cards import CardExtension, CardJson, Explanation, Source, Topic

T = TypeVar("T")


def further_points(cards: Sequence[CardJson], deck: Deck, base_url: str) -> CardJson:
    """One card of information instead of these. Their findings stay on it with their evidence; their buttons do not."""
    words, overflow = deck.words, deck.overflow
    explained = [card.extension.explanation for card in cards if card.extension is not None]
    values: Values = {"number": len(cards), "points": "; ".join(card.summary for card in cards)}
    return CardJson(
        uuid=str(uuid4()),
        summary=words.summary(Phrase("summary/further-points", values)),
        indicator="info",
        source=Source(
            words.plain("frame/source"), f"{base_url}/cards", Topic(overflow.id, f"{base_url}/cards", overflow.title)
        ),
        detail=words.detail(
            (
                Phrase("line/further-points"),
                *(
                    Phrase("line/further-point", {"card": card.source.topic.display, "summary": card.summary})
                    for card in cards
                ),
            )
        ),
        extension=CardExtension(
            Explanation(
                overflow.id,
                overflow.version,
                _each_once(finding for why in explained for finding in why.findings),
                _each_once(missing for why in explained for missing in why.not_assessed),
            )
        ),
    )


def _each_once(parts: Iterable[T]) -> tuple[T, ...]:
    found: list[T] = []
    for part in parts:
        if part not in found:
            found.append(part)
    return tuple(found)
