"""Loads the deck: every folder of `cards/` that holds a `card.toml` is one card. Refuses an incomplete one, saying what
is missing.

A card folder: `card.toml` (id, version, limits with evidence and range, what must hold between them, order, links,
override reasons; where they differ from the rest, `audience`, `alone`, `vital`), `words.md` (blocks of text), `rule.py`
(one function `advise(view) -> Advice | Silence`), `examples.toml` (the tests), and a file for each other moment it
speaks at (`draft_rules.py`). Nothing else registers a card. `cards/deck.toml` says what holds for all of them together.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module, resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from cds_service.advice import Moment
from cds_service.draft_rules import CHART, DraftRule, Rule, load_draft_rules
from cds_service.languages import Language, Locale
from cds_service.limits import Decision, Limit, Relation, Site, read_limits, read_relations
from cds_service.record import Coding, Drafts
from cds_service.translations import demand_names, read_all_words, read_locales
from cds_service.wording import Words

Audience: TypeAlias = Literal["clinician", "patient"]
Mode: TypeAlias = Literal["on", "silent", "off"]
T = TypeVar("T")
PACKAGE = "cards"
_TAG = re.compile(r"\[(E\d+|S\d|K)\]")


class DeckError(Exception):
    """A card folder that cannot be used; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """`audience`: whom it is for; nobody else is shown it. `alone`: while it advises, no other card is shown. `advise`
    is its rule when a chart is opened, `draft_rules` what it has to say at other moments. `vital`: a site that keeps it
    back says why. `mode` is the site's choice, `decision` who made it: a silent card is asked and counted, not shown.
    """

    id: str
    version: str
    owner: str
    reviewed: date
    title: str
    limits: Mapping[str, Limit]
    order: Mapping[str, int]
    links: tuple[Link, ...]
    overrides: tuple[Coding, ...]
    words: Words
    guideline: str
    advise: Rule
    audience: Audience = "clinician"
    alone: bool = False
    vital: bool = False
    relations: tuple[Relation, ...] = ()
    mode: Mode = "on"
    decision: Decision | None = None
    draft_rules: Mapping[Moment, DraftRule] = field(default_factory=dict)

    def rule_at(self, moment: Moment) -> Rule | None:
        """What it says at this moment, if it speaks then at all."""
        if moment == CHART:
            return self.advise
        rule = self.draft_rules.get(moment)
        return rule.advise if rule else None

    def is_concerned(self, moment: Moment, drafts: Drafts) -> bool:
        """Whether it may have something to say: always of a chart, else where one of the drafts is its business."""
        return moment == CHART or (moment in self.draft_rules and self.draft_rules[moment].concerns(drafts))

    @property
    def link_labels(self) -> tuple[str, ...]:
        return tuple(link.label for link in self.links)


@dataclass(frozen=True, slots=True)
class Overflow:
    """The card that holds what does not fit among the `most` cards of an answer."""

    most: Limit
    id: str
    version: str
    title: str


@dataclass(frozen=True, slots=True)
class Deck:
    """All cards, the words that they share, the limits of the shared findings with what must hold between them, what
    the evidence tags stand for, and the card for what is too much; as shipped, or as a `site` has tuned it.
    """

    cards: tuple[Card, ...]
    words: Words
    shared_limits: Mapping[str, Limit]
    evidence: Mapping[str, str]
    overflow: Overflow
    relations: tuple[Relation, ...] = ()
    site: Site | None = None

    def meant_for(self, audience: Audience) -> tuple[Card, ...]:
        """The cards that are asked for this reader: none that the site has turned off."""
        return tuple(card for card in self.cards if card.audience == audience and card.mode != "off")

    @property
    def hidden(self) -> frozenset[str]:
        """The ids of the cards that the site shows nobody: those silent or off."""
        return frozenset(card.id for card in self.cards if card.mode != "on")

    def relations_in_use(self) -> Iterator[tuple[Relation, Mapping[str, float]]]:
        """Each with the numbers that it is about."""
        yield from ((relation, self.gate_limits) for relation in self.relations)
        for card in self.cards:
            yield from ((relation, self.limits_of(card)) for relation in card.relations)

    def speaking(self, audience: Audience, moment: Moment) -> tuple[Card, ...]:
        """Those of them that have something to say at this moment."""
        return tuple(card for card in self.meant_for(audience) if card.rule_at(moment))

    def cited_by(self, limits: Iterable[Limit]) -> dict[str, str]:
        """Tag → what it stands for, of those that these limits cite."""
        tags = {tag for limit in limits for tag in _TAG.findall(limit.evidence)}
        return {tag: text for tag, text in self.evidence.items() if tag in tags}

    def limits_of(self, card: Card) -> dict[str, float]:
        """The numbers that this card's rule may use: the shared ones and its own."""
        return {name: limit.value for name, limit in (*self.shared_limits.items(), *card.limits.items())}

    @property
    def gate_limits(self) -> dict[str, float]:
        return {name: limit.value for name, limit in self.shared_limits.items()}


def _checked(source: str, read: Callable[[Any], T], written: Any) -> T:
    try:
        return read(written)
    except ValueError as error:
        raise DeckError(f"{source}: {error}.") from error


def _toml(file: Traversable, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeckError(f"{source} is missing.") from None
    except tomllib.TOMLDecodeError as error:
        raise DeckError(f"{source} is not valid TOML: {error}.") from error


def _load_card(folder: Traversable, shared: Words, locales: Mapping[Language, Locale]) -> Card:
    name = f"cards/{folder.name}"
    for part in ("words.md", "rule.py", "examples.toml"):
        if not (folder / part).is_file():
            raise DeckError(f"{name}/{part} is missing; a card is complete or it is not in the deck.")
    about = _toml(folder / "card.toml", f"{name}/card.toml")
    missing = {"id", "version", "owner", "reviewed", "title", "limits", "order", "links", "overrides"} - about.keys()
    if missing:
        raise DeckError(f"{name}/card.toml lacks {', '.join(sorted(missing))}.")
    if about["id"] != folder.name.replace("_", "-"):
        raise DeckError(
            f"{name}/card.toml: the id is {about['id']!r}, but the folder makes it {folder.name.replace('_', '-')!r}."
        )
    audience = about.get("audience", "clinician")
    if audience not in get_args(Audience):
        raise DeckError(f"{name}/card.toml: audience must be one of {', '.join(get_args(Audience))}.")
    words = read_all_words(folder, name, locales, shared)
    overrides = tuple(
        Coding(entry["system"], code, words.plain(f"override/{code}"))
        for entry in about["overrides"]
        for code in entry["codes"]
    )
    rule = import_module(f"{PACKAGE}.{folder.name}.rule")
    draft_rules = load_draft_rules(folder, PACKAGE)
    return Card(
        id=about["id"],
        version=about["version"],
        owner=about["owner"],
        reviewed=about["reviewed"],
        title=about["title"],
        limits=_checked(f"{name}/card.toml", read_limits, about["limits"]),
        order=about["order"],
        links=tuple(Link(link["label"], link["url"]) for link in about["links"]),
        overrides=overrides,
        words=words,
        guideline="\n\n".join((rule.__doc__ or "", *(draft_rule.guideline for draft_rule in draft_rules.values()))),
        advise=rule.advise,
        audience=audience,
        alone=about.get("alone", False),
        vital=about.get("vital", False),
        relations=_checked(f"{name}/card.toml", read_relations, about.get("relations", ())),
        draft_rules=draft_rules,
    )


def _overflow(root: Traversable) -> Overflow:
    source = "cards/deck.toml"
    about = _toml(root / "deck.toml", source)
    try:
        return Overflow(_checked(source, read_limits, about["limits"])["most_cards"], **about["overflow"])
    except (KeyError, TypeError) as error:
        raise DeckError(f"{source} needs [limits.most_cards] and [overflow] with id, version and title.") from error


def load_deck() -> Deck:
    """The deck that was shipped with this package. Raises DeckError for anything incomplete."""
    root = resources.files(PACKAGE)
    locales = read_locales(root)
    shared = read_all_words(root, "cards", locales)
    source = "cards/findings/limits.toml"
    shared_limits = _checked(source, read_limits, _toml(root / "findings" / "limits.toml", source))
    folders = sorted((f for f in root.iterdir() if f.is_dir() and (f / "card.toml").is_file()), key=lambda f: f.name)
    if not folders:
        raise DeckError("cards/ holds no card: the package was built without its content files.")
    cards = tuple(_load_card(folder, shared, locales) for folder in folders)
    for card in cards:
        twice = shared_limits.keys() & card.limits.keys()
        if twice:
            raise DeckError(
                f"{card.id}: limit {', '.join(sorted(twice))} is a shared limit's name (cards/findings/limits.toml)."
            )
    overflow = _overflow(root)
    demand_names(locales, (overflow.title, *(name for card in cards for name in (card.title, *card.link_labels))))
    evidence = _toml(root / "evidence.toml", "cards/evidence.toml")
    source = "cards/deck.toml"
    relations = _checked(source, read_relations, _toml(root / "deck.toml", source).get("relations", ()))
    deck = Deck(cards, shared, shared_limits, evidence, overflow, relations)
    for relation, values in deck.relations_in_use():
        if fault := relation.fault(values):
            raise DeckError(f"Relations in card.toml and deck.toml: {fault}.")
    return deck
