"""Cards dressed for the EHR that asked: the habits of Epic and Oracle Health (conformance, section 11).

Nothing is taken away: what a client does not show in its own place is said in the text that it does show.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Final, Literal, TypeAlias
from uuid import uuid4

from msgspec.structs import replace

from cds_service.advice import Phrase
from cds_service.hooks.cards import Action, CardJson, LinkJson, SuggestionJson
from cds_service.wording import Words, escaped

# The profiles of CLIENTS_CONFIG; the room of hooks does not know who calls, so it names them itself.
Profile: TypeAlias = Literal["generic", "epic", "oracle", "sandbox"]

# What Epic can create when a suggestion is accepted, and only from a code (EPIC-14): it has no tasks and no visits. It
# can take orders back, and change none.
_EPIC_DELETES: Final = frozenset({"MedicationRequest", "ServiceRequest", "ProcedureRequest"})
_EPIC_CREATES: Final = _EPIC_DELETES | {"Condition"}
_CODED_IN: Final = ("code", "medicationCodeableConcept")
# As much as `escaped` takes without cutting it.
_ESCAPED_AT_ONCE: Final = 200


def dressed(cards: tuple[CardJson, ...], profile: Profile, words: Words) -> tuple[CardJson, ...]:
    """The cards as this kind of client shows them in full; the same cards where it has no habits of its own. `words`
    are those that all cards share.
    """
    dress = _DRESSES.get(profile)
    return tuple(dress(card, words) for card in cards) if dress else cards


def epic_topic(card_id: str) -> str:
    """A card's id as Epic can keep it: letters and digits (EPIC-15). Epic names the card by it in its feedback."""
    return card_id.replace("-", "")


def _for_epic(card: CardJson, words: Words) -> CardJson:
    """One action per suggestion, all that is to be read in its description; any number may be taken (EPIC-12, 13)."""
    offered: list[SuggestionJson] = []
    said: list[str] = []
    for suggestion, opening in _opened(card, words):
        possible = tuple(action for action in suggestion.actions if _epic_does(action))
        impossible = tuple(action for action in suggestion.actions if not _epic_does(action))
        # This ticks a box at Epic. With an alternative beside it, whoever ticks the other would order both.
        ticked = suggestion.is_recommended and not _has_alternatives(card)
        for part, action in enumerate(possible, 1):
            label = suggestion.label
            if len(possible) > 1:
                label += f" ({words.plain(Phrase('frame/part', {'number': part, 'most': len(possible)}))})"
            full = replace(action, description=_in_words(opening, label, (action,)))
            offered.append(SuggestionJson(label, str(uuid4()), ticked, (full,)))
        if impossible or not suggestion.actions:
            said.append(_in_words(opening, suggestion.label, impossible))
    return replace(
        card,
        source=replace(card.source, topic=replace(card.source.topic, code=epic_topic(card.source.topic.code))),
        detail=_told(card.detail, said, card.links, words),
        suggestions=tuple(offered),
        selection_behavior="any" if offered else "",
    )


def _epic_does(action: Action) -> bool:
    if action.type == "delete":
        return action.resource_id.partition("/")[0] in _EPIC_DELETES
    if action.type == "update" or action.resource is None:
        return False
    resource = action.resource
    return resource["resourceType"] in _EPIC_CREATES and any(
        resource.get(element, {}).get("coding") for element in _CODED_IN
    )


def _for_oracle(card: CardJson, words: Words) -> CardJson:
    """Complete without links and suggestions: it removes links that are not registered (ORCL-4) and shows no
    suggestion in its documentation (ORCL-6). Both are sent all the same, for the domains that show them.
    """
    said = (_in_words(opening, suggestion.label, suggestion.actions) for suggestion, opening in _opened(card, words))
    return replace(card, detail=_told(card.detail, said, card.links, words))


_DRESSES: Final[Mapping[Profile, Callable[[CardJson, Words], CardJson]]] = {"epic": _for_epic, "oracle": _for_oracle}


def _has_alternatives(card: CardJson) -> bool:
    return card.selection_behavior == "at-most-one" and len(card.suggestions) > 1


def _opened(card: CardJson, words: Words) -> Iterator[tuple[SuggestionJson, str]]:
    """Each suggestion, with what the structure around it says: that it is recommended, that it excludes another."""
    for number, suggestion in enumerate(card.suggestions, 1):
        opening = f"{words.plain('frame/recommended')} " if suggestion.is_recommended else ""
        if _has_alternatives(card):
            place = Phrase("frame/alternative", {"number": number, "most": len(card.suggestions)})
            opening += f"{words.plain(place)} "
        yield suggestion, opening


def _in_words(opening: str, label: str, actions: Iterable[Action]) -> str:
    return " ".join((f"{opening}{label}.", *(action.description for action in actions)))


def _told(detail: str, suggested: Iterable[str], links: Iterable[LinkJson], words: Words) -> str:
    """The detail, with suggestions and links in words below it."""
    lists = {
        "frame/suggested": "\n".join(f"- {_markdown(text)}" for text in suggested),
        "frame/references": "\n".join(f"- {_markdown(link.label)}: `{link.url}`" for link in links),
    }
    below = (f"**{words.plain(heading)}**\n\n{items}" for heading, items in lists.items() if items)
    return "\n\n".join(part for part in (detail, *below) if part)


def _markdown(text: str) -> str:
    """Plain text, which may hold words of the record, as Markdown: in pieces, because `escaped` cuts what is long."""
    return " ".join(escaped(piece) for piece in wrap(text, _ESCAPED_AT_ONCE, break_on_hyphens=False))
