"""When an oral medicine is ordered (clinical_rules.md 5–9, R7).

When   an order being signed is for carbamazepine, oxcarbazepine, clonazepam, baclofen or an opioid.
Then   what the rule above says of that medicine, with the order as one that is to be begun, or goes on where it is
       taken already: HLA-B*15:02 where it matters (not begun, begun within 90 days, or nobody knows when) [E4]; a low
       sodium; baclofen and the kidneys [E19]; clonazepam together with an opioid, taken or signed too [E18]. An order
       that begins a medicine may be left out.
Unless it is of no consequence here: HLA-B*15:02 long tolerated, a sodium to be repeated some day.
Never  for a medicine that is not being signed, nor where the rule above does not speak at all.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from cards.findings.draft_changes import removals
from cards.findings.draft_orders import drafted_medicines, drafted_orders
from cards.findings.oral_drugs import Drug, OralDrug, by_drug, oral_drugs
from cards.oral_therapy_safety.concern import Concern, medicines
from cards.oral_therapy_safety.genotype import genotype_concerns
from cards.oral_therapy_safety.kidneys import baclofen_concern, unreadable_dose
from cards.oral_therapy_safety.opioid import opioid_concern
from cards.oral_therapy_safety.rule import RELATIVES, advice_of, not_for_this_card, results_not_assessed
from cards.oral_therapy_safety.sodium_level import sodium_concern
from cds_service.advice import Advice, Listed, Name, Phrase, Silence, Suggestion, TaskProposal, View
from cds_service.record import Drafts, MedicationUse, PartialDate, PatientRecord

_CAN_WAIT: Final = ("hla-tolerated", "sodium-missing", "sodium-recheck")


def concerns(drafts: Drafts) -> bool:
    return bool(by_drug(drafted_medicines(drafts)))


def advise(view: View) -> Advice | Silence:
    """One card for all medicines that are being signed; the weightiest concern speaks in its summary."""
    signed = by_drug(map(_to_be_begun, drafted_medicines(view.record.drafts)))
    silence = not_for_this_card(view) or (None if signed else Silence("no-draft"))
    if silence is not None:
        return silence
    uses = tuple(dict.fromkeys(use for own in signed.values() for use in own))
    view = view._replace(record=_with_drafts(view, uses))
    drugs = oral_drugs(view.record, view.today, view.limits)
    found = sorted(_concerns(view, drugs, signed), key=lambda concern: concern.weight)
    baclofen = drugs.get("baclofen") if "baclofen" in signed else None
    quality = (*results_not_assessed(view, signed), *unreadable_dose(view, baclofen))
    if not found:
        return Silence("nothing-found", {"drugs": Listed(tuple(map(Name, signed)))}, quality)
    said = advice_of(view, [_about(concern, uses) for concern in found], quality)
    return said._replace(
        detail=(*(Phrase("line/draft-order", {"draft": use.medication.label}) for use in uses), *said.detail),
        suggestions=(*_without_tasks_on(uses, said), *_left_out(view, uses, drugs, found)),
    )


def _to_be_begun(draft: MedicationUse) -> MedicationUse:
    """An order of today, whenever it was first written."""
    return draft._replace(kind="request", status="draft", authored=None)


def _with_drafts(view: View, uses: tuple[MedicationUse, ...]) -> PatientRecord:
    """The record with these medicines, and with the tests that are signed along with them."""
    record, today = view.record, PartialDate(view.today, view.today, view.today.isoformat())
    tests = tuple(order._replace(authored=order.authored or today) for order in drafted_orders(record.drafts))
    return record._replace(medications=(*record.medications, *uses), orders=(*record.orders, *tests))


def _concerns(
    view: View, drugs: Mapping[Drug, OralDrug], signed: Mapping[Drug, tuple[MedicationUse, ...]]
) -> Iterator[Concern]:
    relatives = [drugs[name] for name in RELATIVES if name in signed and name in drugs]
    found = [*genotype_concerns(view, relatives), sodium_concern(view, relatives)]
    if "baclofen" in signed:
        found.append(baclofen_concern(view, drugs.get("baclofen")))
    if "clonazepam" in signed or "opioids" in signed:
        found.append(opioid_concern(view, drugs, signed))
    return (concern for concern in found if concern is not None and concern.situation not in _CAN_WAIT)


def _about(concern: Concern, uses: tuple[MedicationUse, ...]) -> Concern:
    """The concern with the drafts in its evidence, also where the medicine is taken already."""
    evidence = dict.fromkeys((*medicines(uses), *concern.finding.evidence))
    return concern._replace(finding=concern.finding._replace(evidence=tuple(evidence)))


def _without_tasks_on(uses: tuple[MedicationUse, ...], said: Advice) -> Iterator[Suggestion]:
    """No task can be about what is not on the server yet."""
    drafts = {use.reference for use in uses}
    for suggestion in said.suggestions:
        if not any(isinstance(part, TaskProposal) and part.focus in drafts for part in suggestion.proposals):
            yield suggestion


def _left_out(
    view: View, uses: tuple[MedicationUse, ...], drugs: Mapping[Drug, OralDrug], found: list[Concern]
) -> Iterator[Suggestion]:
    """Each order that begins a medicine of which there is a warning: none that goes on is stopped."""
    warned = {e.reference for c in found if c.indicator != "info" for e in c.finding.evidence}
    begun = {use.reference for drug in drugs.values() if drug.state == "ordered" for use in drug.uses}
    for use in uses:
        values = {"draft": use.medication.label}
        gone = removals((use.reference,), view.record.drafts, values)
        if gone and use.reference in warned & begun:
            yield Suggestion(Phrase("suggest/leave-out", values), gone)
