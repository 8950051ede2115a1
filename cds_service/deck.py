"""Loads the deck: every folder of `cards/` that holds a `card.toml` is one card. Refuses an incomplete one, saying what
is missing.

A card folder: `card.toml` (id, version, limits with evidence, order, links, override reasons; where they differ from
the rest, `audience` and `alone`), `words.md` (blocks of text), `rule.py` (one function `advise(view) -> Advice |
Silence`), `examples.toml` (the tests). Nothing else registers a card. `cards/deck.toml` says what holds for all of them
together.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module, resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, TypeAlias, get_args

from cds_service.advice import Verdict, View
from cds_service.record import Coding
from cds_service.wording import Words, read_words

Audience: TypeAlias = Literal["clinician", "patient"]
PACKAGE = "cards"
_TAG = re.compile(r"\[(E\d+|S\d|K)\]")


class DeckError(Exception):
    """A card folder that cannot be used; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that a rule compares with, and why it is that number."""

    value: float
    unit: str
    evidence: str
    since: date


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """`audience`: whom it is for; nobody else is shown it. `alone`: while it advises, no other card is shown."""

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
    advise: Callable[[View], Verdict]
    audience: Audience = "clinician"
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Overflow:
    """The card that holds what does not fit among the `most` cards of an answer."""

    most: Limit
    id: str
    version: str
    title: str


@dataclass(frozen=True, slots=True)
class Deck:
    """All cards, the words that they share, the limits of the shared findings, what the evidence tags stand for, and
    the card for what is too much.
    """

    cards: tuple[Card, ...]
    words: Words
    shared_limits: Mapping[str, Limit]
    evidence: Mapping[str, str]
    overflow: Overflow

    def meant_for(self, audience: Audience) -> tuple[Card, ...]:
        """The cards that this reader may see."""
        return tuple(card for card in self.cards if card.audience == audience)

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


def _limits(source: str, table: Mapping[str, Any]) -> dict[str, Limit]:
    limits = {}
    for name, entry in table.items():
        missing = {"value", "unit", "evidence", "since"} - entry.keys()
        if missing:
            raise DeckError(
                f"{source}: limit {name} lacks {', '.join(sorted(missing))}; every limit names its source and date."
            )
        limits[name] = Limit(entry["value"], entry["unit"], entry["evidence"], entry["since"])
    return limits


def _toml(file: Traversable, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeckError(f"{source} is missing.") from None
    except tomllib.TOMLDecodeError as error:
        raise DeckError(f"{source} is not valid TOML: {error}.") from error


def _load_card(folder: Traversable, shared: Words) -> Card:
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
    words = read_words((folder / "words.md").read_text(encoding="utf-8"), f"{name}/words.md", shared)
    overrides = tuple(
        Coding(entry["system"], code, words.plain(f"override/{code}"))
        for entry in about["overrides"]
        for code in entry["codes"]
    )
    rule = import_module(f"{PACKAGE}.{folder.name}.rule")
    return Card(
        id=about["id"],
        version=about["version"],
        owner=about["owner"],
        reviewed=about["reviewed"],
        title=about["title"],
        limits=_limits(f"{name}/card.toml", about["limits"]),
        order=about["order"],
        links=tuple(Link(link["label"], link["url"]) for link in about["links"]),
        overrides=overrides,
        words=words,
        guideline=rule.__doc__ or "",
        advise=rule.advise,
        audience=audience,
        alone=about.get("alone", False),
    )


def _overflow(root: Traversable) -> Overflow:
    source = "cards/deck.toml"
    about = _toml(root / "deck.toml", source)
    try:
        return Overflow(_limits(source, about["limits"])["most_cards"], **about["overflow"])
    except (KeyError, TypeError) as error:
        raise DeckError(f"{source} needs [limits.most_cards] and [overflow] with id, version and title.") from error


def load_deck() -> Deck:
    """The deck that was shipped with this package. Raises DeckError for anything incomplete."""
    root = resources.files(PACKAGE)
    shared = read_words((root / "words.md").read_text(encoding="utf-8"), "cards/words.md")
    shared_limits = _limits(
        "cards/findings/limits.toml", _toml(root / "findings" / "limits.toml", "cards/findings/limits.toml")
    )
    folders = sorted((f for f in root.iterdir() if f.is_dir() and (f / "card.toml").is_file()), key=lambda f: f.name)
    if not folders:
        raise DeckError("cards/ holds no card: the package was built without its content files.")
    cards = tuple(_load_card(folder, shared) for folder in folders)
    for card in cards:
        twice = shared_limits.keys() & card.limits.keys()
        if twice:
            raise DeckError(
                f"{card.id}: limit {', '.join(sorted(twice))} is a shared limit's name (cards/findings/limits.toml)."
            )
    evidence = _toml(root / "evidence.toml", "cards/evidence.toml")
    return Deck(cards, shared, shared_limits, evidence, _overflow(root))
