"""The card's findings and what stands below its summary."""

from collections.abc import Iterator

from cards.differential_review.case import Case
from cards.findings.coexisting_conditions import TRIGGER_FACTORS
from cds_service.advice import Finding, Phrase, Values


def findings(case: Case) -> tuple[Finding, ...]:
    """What the twitching itself says first, then one for each kind of condition besides."""
    return tuple(_findings(case))


def _findings(case: Case) -> Iterator[Finding]:
    twitching = case.view.twitching
    if twitching.kind in ("bilateral", "post-paralytic"):
        yield Finding(twitching.kind, {}, twitching.evidence)
    for found in case.coexisting:
        phrase = f"finding/coexisting-{found.kind}"
        yield Finding("coexisting-condition", {"what": found.what}, found.evidence, phrase)


def detail(case: Case) -> tuple[Phrase, ...]:
    """The whole text, in order."""
    return (
        *_trigger(case),
        *(finding.sentence for finding in _findings(case)),
        *_consider(case),
        Phrase("line/not-a-diagnosis"),
    )


def _trigger(case: Case) -> Iterator[Phrase]:
    twitching = case.view.twitching
    for seen in twitching.evidence:
        yield _dated("line/trigger", {"what": seen.display, "date": seen.date[:10]})
    if not twitching.confirmed:
        yield Phrase("line/suspected")
    if twitching.reason.block == "gate/two-sides":
        yield Phrase("line/two-entries")


def _consider(case: Case) -> Iterator[Phrase]:
    match case.view.twitching.kind:
        case "bilateral":
            yield Phrase("line/consider-bilateral")
            yield from _imaging(case)
        case "post-paralytic":
            yield Phrase("line/consider-post-paralytic")
    if any(found.kind == TRIGGER_FACTORS for found in case.coexisting):
        yield Phrase("line/self-help")


def _imaging(case: Case) -> Iterator[Phrase]:
    if not case.studies:
        yield Phrase("line/imaging-none")
    for study in case.studies[:1]:
        yield _dated("line/imaging", {"what": study.evidence.display, "date": study.evidence.date[:10]})


def _dated(block: str, values: Values) -> Phrase:
    return Phrase(block if values["date"] else f"{block}-undated", values)
