"""What SITE_CONFIG says, checked against the deck: each fault with its place in the file, and with what is allowed."""

import datetime
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from cds_service.deck import Card, Deck, Mode
from cds_service.limits import Decision, Limit, Site

Text: TypeAlias = Annotated[str, Meta(max_length=200, pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]+$")]
# `("cards", "mri-workup")`, `("shared",)` or `("deck",)`.
Place: TypeAlias = tuple[str, ...]
T = TypeVar("T")

_TEXT: Final = "must be one line of text, of 200 characters at most"
_MUST: Final = {
    "name": _TEXT,
    "by": _TEXT,
    "why": _TEXT,
    "date": "must be a day without quotes, such as 2026-05-01",
    "mode": 'must be "on", "silent" or "off"',
    "limits": "must be a table of limits",
}


class Fault(NamedTuple):
    """What is wrong, and the keys that lead to it."""

    path: tuple[str, ...]
    text: str


class Setting(NamedTuple):
    value: float
    decision: Decision


class Tuning(NamedTuple):
    """What a site has decided: the mode of cards by id, and limits by place and name."""

    site: Site
    modes: Mapping[str, tuple[Mode, Decision]]
    limits: Mapping[Place, Mapping[str, Setting]]


class _About(msgspec.Struct, forbid_unknown_fields=True):
    name: Text
    by: Text
    date: datetime.date


class _Said(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who says so; left out, whoever answers for the table above."""

    by: Text | None = None
    date: datetime.date | None = None
    why: Text | None = None


class _Place(_Said, forbid_unknown_fields=True, kw_only=True):
    limits: dict[str, Any] = {}


class _Card(_Place, forbid_unknown_fields=True, kw_only=True):
    mode: Mode = "on"


class _Value(_Said, forbid_unknown_fields=True, kw_only=True):
    value: Any


def places(deck: Deck) -> dict[Place, Mapping[str, Limit]]:
    """Where a site may set limits, and which."""
    found: dict[Place, Mapping[str, Limit]] = {("cards", card.id): card.limits for card in deck.cards}
    return {**found, ("shared",): deck.shared_limits, ("deck",): {"most_cards": deck.overflow.most}}


def read_site(tables: Mapping[str, Any], deck: Deck) -> Tuning | list[Fault]:
    """What the file decides, or all that is wrong with it."""
    return _Reading(deck).read(tables)


class _Reading:
    """Reads on after a fault, so that all are told at once."""

    def __init__(self, deck: Deck) -> None:
        self.deck, self.places = deck, places(deck)
        self.faults: list[Fault] = []

    def read(self, tables: Mapping[str, Any]) -> Tuning | list[Fault]:
        for unknown in tables.keys() - {"site", "cards", "shared", "deck"}:
            self._fault((unknown,), "is unknown: the tables are site, cards.<card>, shared.limits and deck.limits")
        if "site" not in tables:
            self._fault(("site",), "is missing: add [site] with name, by and date, for who answers for this file")
        about = self._convert(("site",), tables["site"], _About) if "site" in tables else None
        site = Site(about.name, Decision(about.by, about.date)) if about else Site("", Decision("", datetime.date.min))
        modes: dict[str, tuple[Mode, Decision]] = {}
        limits: dict[Place, Mapping[str, Setting]] = {}
        for place, table in self._tables(tables):
            read = self._convert(place, table, _Card if place[0] == "cards" else _Place)
            if read is None:
                continue
            decision = self._decision(place, read, site.decision)
            limits[place] = dict(self._limits(place, read.limits, decision))
            if isinstance(read, _Card) and read.mode != "on":
                modes[place[1]] = read.mode, decision
                self._demand_reason(place, read)
        return self.faults or Tuning(site, modes, limits)

    def _tables(self, tables: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
        yield from (((name,), tables[name]) for name in ("shared", "deck") if name in tables)
        cards = tables.get("cards", {})
        if not isinstance(cards, dict):
            self._fault(("cards",), "must be tables: [cards.<card>]")
            return
        for name, table in cards.items():
            if ("cards", name) in self.places:
                yield ("cards", name), table
            else:
                self._fault(("cards", name), f"is no card; the cards are {', '.join(c.id for c in self.deck.cards)}")

    def _limits(self, place: Place, written: Mapping[str, Any], above: Decision) -> Iterator[tuple[str, Setting]]:
        for name, entry in written.items():
            path, limit = (*place, "limits", name), self.places[place].get(name)
            if limit is None:
                self._fault(path, self._instead(place, name))
                continue
            read = self._convert(path, entry, _Value) if isinstance(entry, dict) else _Value(value=entry)
            if read is None:
                continue
            fault = limit.fault(read.value)
            if fault:
                self._fault(path, fault)
            else:
                yield name, Setting(read.value, self._decision(path, read, above))

    def _instead(self, place: Place, name: str) -> str:
        """What an unknown limit may have been meant for."""
        elsewhere = next((other for other, limits in self.places.items() if name in limits), None)
        if elsewhere:
            return f"is set under [{'.'.join(elsewhere)}.limits]"
        limits = self.places[place]
        near = get_close_matches(name, limits, n=3) or (list(limits) if len(limits) <= 10 else [])
        return f"is no limit; {'did you mean ' + ' or '.join(near) if near else 'the cards’ pages list them'}"

    def _decision(self, path: tuple[str, ...], said: _Said, above: Decision) -> Decision:
        if (said.by is None) != (said.date is None):
            self._fault((*path, "by" if said.by else "date"), "is half of it: say who decided (`by`) and when (`date`)")
        why = said.why or ("" if said.by else above.why)
        return Decision(said.by or above.by, said.date or above.on, why)

    def _demand_reason(self, place: Place, read: _Card) -> None:
        card: Card = next(card for card in self.deck.cards if card.id == place[1])
        if card.vital and not (read.by and read.date and read.why):
            text = f'"{read.mode}" keeps back what is urgent: say in this table who decided it (`by`, `date`) and `why`'
            self._fault((*place, "mode"), text)

    def _convert(self, path: tuple[str, ...], table: Any, kind: type[T]) -> T | None:
        try:
            return msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            named = re.search(r"`\$\.(\w+)|field `(.*)`", str(error))
            field = (named[1] or named[2]) if named else ""
            if "unknown field" in str(error):
                text = f"is unknown; the fields are {', '.join(kind.__struct_fields__)}"  # type: ignore[attr-defined]
            else:
                text = "is missing" if "missing" in str(error) else _MUST.get(field, "must be a table")
            self._fault((*path, field) if field else path, text)
            return None

    def _fault(self, path: tuple[str, ...], text: str) -> None:
        self.faults.append(Fault(path, text))
