"""The deck as a site has tuned it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from cds_service.deck import Card, Deck
from cds_service.limits import Change, Limit
from cds_service.site.site_file import Fault, Setting, Tuning, read_site
from cds_service.toml_lines import line_at, read_toml


class SiteError(Exception):
    """SITE_CONFIG cannot be used; the message has a line for each fault."""


def tuned(deck: Deck, path: Path) -> Deck:
    """The deck with what the file decides. Raises SiteError naming every fault with its line."""
    try:
        text, tables = read_toml(path)
    except ValueError as error:
        raise SiteError(str(error)) from None
    read = read_site(tables, deck)
    if isinstance(read, Tuning):
        result = _apply(deck, read)
        faults = list(_broken(result, read))
        if not faults:
            return result
    else:
        faults = read
    lines = sorted((line_at(text, fault.path), fault) for fault in faults)
    said = [f"{path.name} line {line}: `{'.'.join(fault.path)}` {fault.text}" for line, fault in lines]
    raise SiteError("\n".join(said))


def _apply(deck: Deck, tuning: Tuning) -> Deck:
    most = _limits({"most_cards": deck.overflow.most}, tuning.limits.get(("deck",), {}))["most_cards"]
    return replace(
        deck,
        cards=tuple(_card(card, tuning) for card in deck.cards),
        shared_limits=_limits(deck.shared_limits, tuning.limits.get(("shared",), {})),
        overflow=replace(deck.overflow, most=most),
        site=tuning.site,
    )


def _card(card: Card, tuning: Tuning) -> Card:
    tuned_card = replace(card, limits=_limits(card.limits, tuning.limits.get(("cards", card.id), {})))
    if card.id not in tuning.modes:
        return tuned_card
    mode, decision = tuning.modes[card.id]
    return replace(tuned_card, mode=mode, decision=decision)


def _limits(limits: Mapping[str, Limit], settings: Mapping[str, Setting]) -> dict[str, Limit]:
    return {name: _limit(limit, settings.get(name)) for name, limit in limits.items()}


def _limit(limit: Limit, setting: Setting | None) -> Limit:
    """A site may also write a default down: that changes nothing."""
    if setting is None or setting.value == limit.value:
        return limit
    value = type(limit.value)(setting.value)
    return replace(limit, value=value, change=Change(limit.value, setting.decision))


def _broken(deck: Deck, tuning: Tuning) -> Iterator[Fault]:
    """What must hold between limits, and does not any more: told at the one of them that the site has set."""
    paths = {name: (*place, "limits", name) for place, settings in tuning.limits.items() for name in settings}
    for relation, values in deck.relations_in_use():
        fault = relation.fault(values)
        if fault:
            path = next(paths[name] for name in relation.names if name in paths)
            yield Fault(path, f"does not fit: {fault}. Set the other one too, or this one otherwise")
