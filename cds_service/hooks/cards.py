"""The shapes of an answer: cards, suggestions, actions, links. What is empty is left out (GEN-3, GEN-4)."""

from typing import Any, Literal

import msgspec


class Topic(msgspec.Struct, omit_defaults=True):
    code: str
    system: str
    display: str = ""


class Source(msgspec.Struct, omit_defaults=True):
    label: str
    url: str
    topic: Topic


class Action(msgspec.Struct, omit_defaults=True, rename="camel"):
    """A `delete` names its `resource_id` and nothing else, the others bring the whole resource (ACT-3, ACT-4)."""

    type: Literal["create", "update", "delete"]
    description: str
    resource: dict[str, Any] | None = None
    resource_id: str = ""


class SuggestionJson(msgspec.Struct, omit_defaults=True, rename="camel"):
    label: str
    uuid: str
    is_recommended: bool = False
    actions: tuple[Action, ...] = ()


class OverrideReason(msgspec.Struct):
    code: str
    system: str
    display: str


class LinkJson(msgspec.Struct):
    label: str
    url: str
    type: Literal["absolute", "smart"] = "absolute"


class EvidenceJson(msgspec.Struct, omit_defaults=True):
    """`reference` is missing for a resource that came without an id."""

    reference: str = ""
    date: str = ""
    display: str = ""


class FindingJson(msgspec.Struct, omit_defaults=True):
    code: str
    text: str
    evidence: tuple[EvidenceJson, ...] = ()


class NotAssessedJson(msgspec.Struct):
    need: str
    reason: str


class Explanation(msgspec.Struct, omit_defaults=True, rename="camel"):
    card: str
    card_version: str
    findings: tuple[FindingJson, ...] = ()
    not_assessed: tuple[NotAssessedJson, ...] = ()


class CardExtension(msgspec.Struct):
    explanation: Explanation = msgspec.field(name="org.facial-twitching-cds.explanation")


class CardJson(msgspec.Struct, omit_defaults=True, rename="camel"):
    uuid: str
    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: Source
    detail: str = ""
    suggestions: tuple[SuggestionJson, ...] = ()
    selection_behavior: Literal["", "at-most-one", "any"] = ""
    override_reasons: tuple[OverrideReason, ...] = ()
    links: tuple[LinkJson, ...] = ()
    extension: CardExtension | None = None


class AnswerJson(msgspec.Struct):
    cards: tuple[CardJson, ...]


NO_CARDS = b'{"cards":[]}'
encode = msgspec.json.Encoder().encode
