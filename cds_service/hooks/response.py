"""Advice makes a card: the words are filled, the proposals become the actions that the FHIR room wrote."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import uuid4

from cds_service.advice import Advice, Amendment, Finding, Listed, Name, Phrase, Proposal, Removal, Suggestion, Written
from cds_service.deck import Card
from cds_service.hooks.cards import (
    Action,
    CardExtension,
    CardJson,
    EvidenceJson,
    Explanation,
    FindingJson,
    LinkJson,
    NotAssessedJson,
    OverrideReason,
    Source,
    SuggestionJson,
    Topic,
)
from cds_service.record import NotAssessed
from cds_service.wording import Words, plain

WriteResource = Callable[[Written, Words], dict[str, Any]]


class QualityLine(NamedTuple):
    """A data-quality sentence, as Markdown and as plain text: it may come from the words of another card."""

    markdown: str
    plain: str


def quality_lines(words: Words, phrases: Iterable[Phrase]) -> tuple[QualityLine, ...]:
    return tuple(QualityLine(words.markdown(p), words.plain(p)) for p in phrases)


def make_card(
    card: Card, advice: Advice, extra: tuple[QualityLine, ...], base_url: str, write: WriteResource
) -> CardJson:
    """One card of the answer. `extra` are data-quality lines from elsewhere in the deck; `write` makes a proposal a
    FHIR resource.
    """
    words = card.words
    quality = tuple(dict.fromkeys((*quality_lines(words, advice.quality), *extra)))
    detail = words.detail((*advice.detail, *(_not_assessed_line(n) for n in advice.not_assessed)))
    suggestions = tuple(_suggestion(s, words, write) for s in advice.suggestions)
    return CardJson(
        uuid=str(uuid4()),
        summary=words.summary(Phrase(f"summary/{advice.situation}", advice.values)),
        indicator=advice.indicator,
        source=Source(
            words.plain("frame/source"), f"{base_url}/cards/{card.id}", Topic(card.id, f"{base_url}/cards", card.title)
        ),
        detail=detail + _bullets(quality, words),
        suggestions=suggestions,
        selection_behavior=advice.pick if suggestions else "",
        override_reasons=tuple(OverrideReason(o.code, o.system, o.display) for o in card.overrides),
        links=tuple(LinkJson(link.label, link.url) for link in card.links),
        extension=CardExtension(_explanation(card, advice, quality)),
    )


def _bullets(lines: tuple[QualityLine, ...], words: Words) -> str:
    heading = words.plain("frame/data-quality")
    return f"\n\n**{heading}**\n\n" + "\n".join(f"- {line.markdown}" for line in lines) if lines else ""


def _not_assessed_line(missing: NotAssessed) -> Phrase:
    """A reason may be a general one with a particular one behind it, each a name of ours."""
    reason = Listed(tuple(map(Name, missing.reason.split(": "))), ": ")
    return Phrase(f"not-assessed/{missing.need}", {"reason": reason})


def _suggestion(suggestion: Suggestion, words: Words, write: WriteResource) -> SuggestionJson:
    actions = tuple(_action(proposal, words, write) for proposal in suggestion.proposals)
    return SuggestionJson(words.plain(suggestion.label), str(uuid4()), suggestion.recommended, actions)


def _action(proposal: Proposal, words: Words, write: WriteResource) -> Action:
    said = words.plain(proposal.describe)
    if isinstance(proposal, Removal):
        return Action("delete", said, resource_id=proposal.draft)
    return Action("update" if isinstance(proposal, Amendment) else "create", said, write(proposal, words))


def _explanation(card: Card, advice: Advice, quality: tuple[QualityLine, ...]) -> Explanation:
    findings = [_finding(f, card.words) for f in advice.findings]
    findings += [FindingJson("data-quality", line.plain) for line in quality]
    missing = tuple(NotAssessedJson(n.need, n.reason) for n in advice.not_assessed)
    return Explanation(card.id, card.version, tuple(findings), missing)


def _finding(finding: Finding, words: Words) -> FindingJson:
    evidence = tuple(
        EvidenceJson(plain(e.reference), plain(e.date), plain(e.display)) for e in finding.evidence if any(e)
    )
    return FindingJson(finding.code, words.plain(finding.sentence), evidence)
