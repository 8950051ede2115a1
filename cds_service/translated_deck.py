"""The deck as the reader of one language sees it: the same rules and limits, other words."""

from collections.abc import Mapping
from dataclasses import replace

from cds_service.advice import Name
from cds_service.deck import Card, Deck, Link
from cds_service.languages import LANGUAGES, Language


def in_all_languages(deck: Deck) -> Mapping[Language, Deck]:
    return {language: in_language(deck, language) for language in LANGUAGES}


def in_language(deck: Deck, language: Language) -> Deck:
    words = deck.words.of(language)
    overflow = replace(deck.overflow, title=words.shown(Name(deck.overflow.title)))
    return replace(deck, cards=tuple(_card(card, language) for card in deck.cards), words=words, overflow=overflow)


def _card(card: Card, language: Language) -> Card:
    words = card.words.of(language)
    return replace(
        card,
        words=words,
        title=words.shown(Name(card.title)),
        links=tuple(Link(words.shown(Name(link.label)), link.url) for link in card.links),
        overrides=tuple(why._replace(display=words.plain(f"override/{why.code}")) for why in card.overrides),
    )
