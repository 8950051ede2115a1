"""Clonazepam together with an opioid (clinical_rules.md 5–9, R7c [E18])."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cards.findings.medication_exposure import is_in
from cards.findings.oral_drugs import Drug, OralDrug, is_single_dose
from cards.oral_therapy_safety import proposals
from cards.oral_therapy_safety.concern import Concern, medicines
from cds_service.advice import Finding, Listed, Name, Phrase, Value, View
from cds_service.record import MedicationUse

_TOGETHER: Final[tuple[Drug, Drug]] = ("clonazepam", "opioids")


def opioid_concern(
    view: View, drugs: Mapping[Drug, OralDrug], signed: Mapping[Drug, tuple[MedicationUse, ...]] = MappingProxyType({})
) -> Concern | None:
    """Both taken now, as needed too, or `signed` at this moment; another order that is not begun is none."""
    clonazepam, opioids = (_used(name, drugs, signed) for name in _TOGETHER)
    if not clonazepam or not opioids:
        return None
    values: dict[str, Value] = {"opioid": Listed(tuple(dict.fromkeys(_name(use) for use in opioids)))}
    uses = (*clonazepam, *opioids)
    phrase = "finding/opioid-signed" if signed else ""
    return Concern(
        situation="opioid-benzodiazepine",
        indicator="warning",
        weight=3,
        values=values,
        finding=Finding("opioid-benzodiazepine", values, medicines(uses), phrase),
        lines=(Phrase("line/opioid"),),
        suggestions=(proposals.review(view, "opioid", values, uses),),
    )


def _used(
    name: Drug, drugs: Mapping[Drug, OralDrug], signed: Mapping[Drug, tuple[MedicationUse, ...]]
) -> tuple[MedicationUse, ...]:
    """Its entries; of drafts not those of one dose, as around an operation."""
    drug = drugs.get(name)
    taken = drug.uses if drug is not None and drug.state == "current" else ()
    return (*(use for use in signed.get(name, ()) if not is_single_dose(use)), *taken)


def _name(use: MedicationUse) -> str:
    """The ingredient where the value set knows it, else the product."""
    row = is_in(use, "opioids")
    if row:
        return Name(row["display"].lower())
    concepts = (use.medication, *(ingredient.item for ingredient in use.ingredients))
    return next((concept.label for concept in concepts if concept.words), Name("opioid"))
