"""Clonazepam together with an opioid (clinical_rules.md 5–9, R7c [E18])."""

from collections.abc import Mapping

from cards.findings.medication_exposure import is_in
from cards.findings.oral_drugs import Drug, OralDrug
from cards.oral_therapy_safety import proposals
from cards.oral_therapy_safety.concern import Concern, medicines
from cds_service.advice import Finding, Phrase, Value, View
from cds_service.record import MedicationUse


def opioid_concern(view: View, drugs: Mapping[Drug, OralDrug]) -> Concern | None:
    """Both taken now, as needed too; an order that is not begun is none."""
    clonazepam, opioids = drugs.get("clonazepam"), drugs.get("opioids")
    if clonazepam is None or opioids is None or (clonazepam.state, opioids.state) != ("current", "current"):
        return None
    values: dict[str, Value] = {"opioid": ", ".join(dict.fromkeys(_name(use) for use in opioids.uses))}
    uses = (*clonazepam.uses, *opioids.uses)
    return Concern(
        situation="opioid-benzodiazepine",
        indicator="warning",
        weight=3,
        values=values,
        finding=Finding("opioid-benzodiazepine", values, medicines(uses)),
        lines=(Phrase("line/opioid"),),
        suggestions=(proposals.review(view, "opioid", values, uses),),
    )


def _name(use: MedicationUse) -> str:
    """The ingredient where the value set knows it, else the product."""
    row = is_in(use, "opioids")
    return (
        row["display"].lower()
        if row
        else use.medication.label or next((i.item.label for i in use.ingredients if i.item), "opioid")
    )
