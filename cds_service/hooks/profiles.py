"""Cards dressed for the EHR that asked: the habits of Epic and Oracle Health (conformance, section 11).

Nothing is taken away: what a client does not show in its own place is said in the text that it does show.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Final, Literal, TypeAlias
from uuid import uuid4

from msgspec.structs import replace

from cds_service.hooks.cards import Action, CardJson, LinkJson, SuggestionJson
from cds_service.wording import escaped

# The profiles of CLIENTS_CONFIG; the room of hooks does not know who calls, so it names them itself.
Profile: TypeAlias = Literal["generic", "epic", "oracle", "sandbox"]

# What Epic can create when a suggestion is accepted, and only from a code (EPIC-14): it has no tasks and no visits.
_EPIC_CREATES: Final = frozenset({"Condition", "MedicationRequest", "ServiceRequest", "ProcedureRequest"})
_CODED_IN: Final = ("code", "medicationCodeableConcept")
# As much as `escaped` takes without cutting it.
_ESCAPED_AT_ONCE: Final = 200


def dressed(cards: tuple[CardJson, ...], profile: Profile) -> tuple[CardJson, ...]:
    """The cards as this kind of client shows them in full; the same cards where it has no habits of its own."""
    dress = _DRESSES.get(profile)
    return tuple(dress(card) for card in cards) if dress else cards


def epic_topic(card_id: str) -> str:
    """A card's id as Epic can keep it: letters and digits (EPIC-15). Epic names the card by it in its feedback."""
    return card_id.replace("-", "")


def _for_epic(card: CardJson) -> CardJson:
    """One action per suggestion, all that is to be read in its description; any number may be taken (EPIC-12, 13)."""
    offered: list[SuggestionJson] = []
    said: list[str] = []
    for suggestion, opening in _opened(card):
        possible = tuple(action for action in suggestion.actions if _epic_creates(action))
        impossible = tuple(action for action in suggestion.actions if not _epic_creates(action))
        # This ticks a box at Epic. With an alternative beside it, whoever ticks the other would order both.
        ticked = suggestion.is_recommended and not _has_alternatives(card)
        for part, action in enumerate(possible, 1):
            label = f"{suggestion.label} (part {part} of {len(possible)})" if len(possible) > 1 else suggestion.label
            full = replace(action, description=_in_words(opening, label, (action,)))
            offered.append(SuggestionJson(label, str(uuid4()), ticked, (full,)))
        if impossible or not suggestion.actions:
            said.append(_in_words(opening, suggestion.label, impossible))
    return replace(
        card,
        source=replace(card.source, topic=replace(card.source.topic, code=epic_topic(card.source.topic.code))),
        detail=_told(card.detail, said, card.links),
        suggestions=tuple(offered),
        selection_behavior="any" if offered else "",
    )


def _epic_creates(action: Action) -> bool:
    resource = action.resource
    coded = any(resource.get(element, {}).get("coding") for element in _CODED_IN)
    return action.type == "create" and resource["resourceType"] in _EPIC_CREATES and coded


def _for_oracle(card: CardJson) -> CardJson:
    """Complete without links and suggestions: it removes links that are not registered (ORCL-4) and shows no
    suggestion in its documentation (ORCL-6). Both are sent all the same, for the domains that show them.
    """
    said = (_in_words(opening, suggestion.label, suggestion.actions) for suggestion, opening in _opened(card))
    return replace(card, detail=_told(card.detail, said, card.links))


_DRESSES: Final[Mapping[Profile, Callable[[CardJson], CardJson]]] = {"epic": _for_epic, "oracle": _for_oracle}


def _has_alternatives(card: CardJson) -> bool:
    return card.selection_behavior == "at-most-one" and len(card.suggestions) > 1


def _opened(card: CardJson) -> Iterator[tuple[SuggestionJson, str]]:
    """Each suggestion, with what the structure around it says: that it is recommended, that it excludes another."""
    for number, suggestion in enumerate(card.suggestions, 1):
        opening = "Recommended. " if suggestion.is_recommended else ""
        if _has_alternatives(card):
            opening += f"Alternative {number} of {len(card.suggestions)}, choose one at most: "
        yield suggestion, opening


def _in_words(opening: str, label: str, actions: Iterable[Action]) -> str:
    return " ".join((f"{opening}{label}.", *(action.description for action in actions)))


def _told(detail: str, suggested: Iterable[str], links: Iterable[LinkJson]) -> str:
    """The detail, with suggestions and links in words below it."""
    lists = {
        "Suggested": "\n".join(f"- {_markdown(text)}" for text in suggested),
        "References": "\n".join(f"- {_markdown(link.label)}: `{link.url}`" for link in links),
    }
    below = (f"**{heading}**\n\n{items}" for heading, items in lists.items() if items)
    return "\n\n".join(part for part in (detail, *below) if part)


def _markdown(text: str) -> str:
    """Plain text, which may hold words of the record, as Markdown: in pieces, because `escaped` cuts what is long."""
    return " ".join(escaped(piece) for piece in wrap(text, _ESCAPED_AT_ONCE, break_on_hyphens=False))
