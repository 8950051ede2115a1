"""The effective deck in words, as `cds-service check` shows it: what differs from the default, and who says so."""

from collections.abc import Iterator, Mapping

from cds_service.deck import Card, Deck
from cds_service.limits import Limit, shown
from cds_service.site.site_file import places


def effective(deck: Deck) -> Iterator[str]:
    """Lines for a terminal: every card, and below it what the site has decided."""
    if deck.site:
        yield f"site: {deck.site.name} ({deck.site.decision})"
    limits = places(deck)
    for card in deck.cards:
        own = limits.pop(("cards", card.id))
        yield f"{card.id} {card.version}: {len(own)} limits, reviewed {card.reviewed.isoformat()}"
        yield from _mode(card)
        yield from _changes(own)
    for place, others in limits.items():
        yield f"{place[0]}: {len(others)} limits"
        yield from _changes(others)
    yield _sum(deck)


def _mode(card: Card) -> Iterator[str]:
    if card.mode != "on":
        yield f"    {card.mode.upper()} here ({card.decision})"


def _changes(limits: Mapping[str, Limit]) -> Iterator[str]:
    for name, limit in limits.items():
        if limit.change:
            default, decision = limit.change
            yield f"    {name} {shown(limit.value)} {limit.unit}, default {shown(default)} ({decision})"


def _sum(deck: Deck) -> str:
    changed = sum(1 for limits in places(deck).values() for limit in limits.values() if limit.change)
    kept_back = sum(1 for card in deck.cards if card.mode != "on")
    if not changed and not kept_back:
        return "effective deck: as shipped"
    return f"effective deck: limits that differ from the default: {changed}; cards silent or off: {kept_back}"
