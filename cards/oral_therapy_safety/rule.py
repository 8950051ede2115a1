"""R7: the safety of oral medicines for the spasm (clinical_rules.md 5–9, 6 rows 14, 16 and 25; 11).

When    hemifacial spasm or facial twitching of one side or of an unknown side, and carbamazepine, oxcarbazepine,
        clonazepam or baclofen taken or ordered.
Then    (a) carbamazepine or oxcarbazepine, Asian ancestry recorded, no HLA-B*15:02 result: not begun, or begun within
        90 days, a warning and the test; longer without a skin reaction, or since nobody knows when, info; ancestry not
        recorded, info (never inferred). A positive result while it is taken is critical, whatever the ancestry; while
        it is only ordered or its use is unclear, a warning [E4].
        (b) carbamazepine or oxcarbazepine with a sodium below 135 mmol/L within 90 days (or, without a result, a
        diagnosis of low sodium), a warning; no sodium since the start, or a low one not repeated, info.
        (c) clonazepam and an opioid, both taken, a warning [E18].
        (d) baclofen with an eGFR below 30 (or, without a result, kidney disease of stage 4 or 5), a warning to avoid
        it; below 60 with 20 mg a day or more, a warning [E19].
        (e) On any of these: oral medicines are off-label and second-line for the spasm [E5][E8]; never a card for it.
Unless  dormant; on both sides; after a facial palsy; another movement disorder only. Missing results never make it
        speak: where results were not looked at, it says so.
It never proposes to stop a medicine: none of these is stopped abruptly.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from cards.findings.oral_drugs import Drug, oral_drugs
from cards.oral_therapy_safety.concern import Concern
from cards.oral_therapy_safety.genotype import genotype_concerns
from cards.oral_therapy_safety.genotype_case import ALLELE
from cards.oral_therapy_safety.kidneys import baclofen_concern, unreadable_dose
from cards.oral_therapy_safety.opioid import opioid_concern
from cards.oral_therapy_safety.sodium_level import sodium_concern
from cds_service.advice import Advice, Indicator, Listed, Name, OrderProposal, Phrase, Silence, Suggestion, View

_FOR: Final = ("hemifacial-spasm", "possible", "undetermined")
_DRUGS: Final[tuple[Drug, ...]] = ("carbamazepine", "oxcarbazepine", "clonazepam", "baclofen")
RELATIVES: Final[tuple[Drug, ...]] = ("carbamazepine", "oxcarbazepine")
_NEED_RESULTS: Final = ("carbamazepine", "oxcarbazepine", "baclofen")
_LOUDEST_FIRST: Final[tuple[Indicator, ...]] = ("critical", "warning", "info")
_NEEDS: Final = (
    "medicationStatements",
    "medicationRequests",
    "observations",
    "diagnosticReports",
    "serviceRequests",
    "allergies",
)


def advise(view: View) -> Advice | Silence:
    """One card for all four questions; the weightiest speaks in its summary."""
    silence = not_for_this_card(view)
    if silence is not None:
        return silence
    drugs = oral_drugs(view.record, view.today, view.limits)
    named = [name for name in _DRUGS if name in drugs]
    if not named:
        return Silence("no-oral-medicine")
    relatives = [drugs[name] for name in RELATIVES if name in drugs]
    found = (
        *genotype_concerns(view, relatives),
        sodium_concern(view, relatives),
        opioid_concern(view, drugs),
        baclofen_concern(view, drugs.get("baclofen")),
    )
    concerns = sorted((concern for concern in found if concern is not None), key=lambda concern: concern.weight)
    quality = (*results_not_assessed(view, named), *unreadable_dose(view, drugs.get("baclofen")))
    if not concerns:
        return Silence("nothing-found", {"drugs": Listed(tuple(map(Name, named)))}, quality)
    return advice_of(view, concerns, quality)


def not_for_this_card(view: View) -> Silence | None:
    """The silence where the twitching is not of a kind that this card is about."""
    kind = view.twitching.kind
    if kind not in _FOR:
        return Silence("no-twitching" if kind == "none" else kind)
    return Silence("dormant") if view.twitching.dormant else None


def results_not_assessed(view: View, drugs: Iterable[Drug]) -> tuple[Phrase, ...]:
    """That results were not looked at, for the drugs whose safety rests on them."""
    concerned = [name for name in drugs if name in _NEED_RESULTS]
    if not concerned or not view.record.missing("observations"):
        return ()
    return (Phrase("quality/results-not-assessed", {"drugs": Listed(tuple(map(Name, concerned))), "allele": ALLELE}),)


def advice_of(view: View, concerns: Sequence[Concern], quality: tuple[Phrase, ...]) -> Advice:
    """The card of these concerns, the weightiest first."""
    first = concerns[0]
    said: list[Phrase] = []
    for concern in concerns:
        said += [line for line in (concern.finding.sentence, *concern.lines) if line not in said]
    return Advice(
        situation=first.situation,
        indicator=min((concern.indicator for concern in concerns), key=_LOUDEST_FIRST.index),
        values=first.values,
        findings=tuple(concern.finding for concern in concerns),
        detail=(*said, Phrase("line/second-line"), Phrase("line/not-abruptly"), *_trigger(view)),
        suggestions=_once(suggestion for concern in concerns for suggestion in concern.suggestions),
        pick="any",
        not_assessed=view.record.missing(*_NEEDS),
        quality=quality,
    )


def _trigger(view: View) -> tuple[Phrase, ...]:
    return tuple(
        Phrase("line/trigger" if seen.date else "line/trigger-undated", {"what": seen.display, "date": seen.date[:10]})
        for seen in view.twitching.evidence
    )


def _once(buttons: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """One button for one test, and one review of one entry, even where two concerns ask for it."""
    kept: dict[object, Suggestion] = {}
    for button in buttons:
        proposal = button.proposals[0]
        about = proposal.codes if isinstance(proposal, OrderProposal) else getattr(proposal, "focus", "")
        kept.setdefault(about or button.label.block, button)
    return tuple(kept.values())
