"""Which oral drugs for the spasm failed or were not tolerated, as far as the record says so (clinical rules 5–9, R6).

The drugs with which the spasm is treated first count unless they were for something else; those with many other uses
only where a reason of the face is recorded. Read are reasons for stopping, notes, and intolerances among the allergies.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Final, Literal, NamedTuple

from cards.findings.botulinum_entries import said_by
from cards.findings.botulinum_purpose import purpose_of
from cards.findings.clinical_text import asserts, clauses
from cards.findings.medication_exposure import drug_names, is_in
from cards.findings.oral_drugs import Drug, is_oral_drug
from cards.findings.treatment_response import shortfall
from cards.findings.vocabulary import any_of, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import Concept, MedicationUse, PartialDate, PatientRecord

_FOR_THE_SPASM: Final[tuple[Drug, ...]] = ("carbamazepine", "oxcarbazepine", "baclofen", "clonazepam")
_WITH_OTHER_USES: Final = ("gabapentin", "hfs_oral_drugs_others")
_ENDED: Final = frozenset({"stopped", "not-taken", "cancelled", "completed", "on-hold"})
_NEVER_TAKEN: Final = frozenset({"entered-in-error", "draft", "intended"})


class DrugFailure(NamedTuple):
    """`remark` holds the words that say so; for an intolerance the name of the allergen."""

    drug: str
    how: Literal["poor", "adverse", "intolerance"]
    remark: str
    evidence: Evidence


def failed_oral_drugs(
    record: PatientRecord, twitching: FacialTwitching, limits: Mapping[str, float], today: date
) -> tuple[DrugFailure, ...]:
    """Each drug once. Limit used: `wear_off_weeks`, by which remarks are read."""
    found: dict[str, DrugFailure] = {}
    for failure in (*_of_uses(record, limits, today), *_noted(record, twitching, limits), *_intolerances(record)):
        found.setdefault(failure.drug, failure)
    return tuple(found.values())


def _of_uses(record: PatientRecord, limits: Mapping[str, float], today: date) -> Iterator[DrugFailure]:
    problems = {condition.reference: condition.code for condition in record.conditions}
    for use in record.medications:
        on, drug = _noted_on(use), _drug(use, problems)
        if drug is None or use.status in _NEVER_TAKEN or (on is not None and on.earliest > today):
            continue
        evidence = Evidence(use.reference, on.written if on else "", use.medication.label)
        for text in (*_why_ended(use), *use.notes):
            how = _how(text, limits, as_reason=text in _why_ended(use))
            if how is not None:
                yield DrugFailure(drug, how, text, evidence)
                break


def _drug(use: MedicationUse, problems: Mapping[str, Concept]) -> str | None:
    """The name of the drug, if this entry is about one for the spasm."""
    named = next((name for name in _FOR_THE_SPASM if is_oral_drug(use, name)), None)
    other = None if named else is_in(use, *_WITH_OTHER_USES)
    if not (named or other):
        return None
    purpose = purpose_of(said_by(use, problems))
    is_unsaid = purpose == "assumed" and not use.reasons and not use.reason_references
    if other is not None:
        return other["display"].lower() if purpose == "facial" else None
    return named if purpose == "facial" or is_unsaid else None


def _why_ended(use: MedicationUse) -> tuple[str, ...]:
    return tuple(word for why in use.status_reasons for word in why.words) if use.status in _ENDED else ()


def _how(text: str, limits: Mapping[str, float], as_reason: bool) -> Literal["poor", "adverse"] | None:
    """As the reason for ending it, any complaint counts, however mild."""
    how = shortfall(text, limits)
    if how is not None and how != "short":
        return how
    words = vocabulary("treatment_response")
    is_complaint = as_reason and any(asserts(text, words[name]) for name in ("adverse", "drug_adverse"))
    return "adverse" if is_complaint else None


def _noted_on(use: MedicationUse) -> PartialDate | None:
    course = (use.course.end or use.course.start) if use.course else None
    return course or use.given or use.asserted or use.authored


def _noted(record: PatientRecord, twitching: FacialTwitching, limits: Mapping[str, float]) -> Iterator[DrugFailure]:
    """What the entries about the spasm say: "carbamazepine without effect"."""
    for condition in record.conditions:
        told = (*condition.code.words, *condition.notes) if condition.reference in twitching.conditions else ()
        written = condition.recorded.written if condition.recorded else ""
        for clause in (clause for text in told for clause in clauses(text)):
            drugs = [name for name in _FOR_THE_SPASM if _wording(name).search(clause)]
            how = _how(clause, limits, as_reason=False) if drugs else None
            if how is not None:
                evidence = Evidence(condition.reference, written, condition.code.label)
                yield from (DrugFailure(drug, how, clause, evidence) for drug in drugs)


def _intolerances(record: PatientRecord) -> Iterator[DrugFailure]:
    for allergy in record.allergies:
        if allergy.verification in ("refuted", "entered-in-error") or allergy.status not in ("", "active"):
            continue
        drug = next((name for name in _FOR_THE_SPASM if _names((allergy.code, *allergy.substances), name)), None)
        if drug is not None:
            called = allergy.code.label or drug
            yield DrugFailure(drug, "intolerance", called, Evidence(allergy.reference, "", called))


def _names(concepts: tuple[Concept, ...], drug: str) -> bool:
    coded = any(value_set(drug).match(concept) for concept in concepts)
    return coded or any(asserts(word, _wording(drug)) for concept in concepts for word in concept.words)


@cache
def _wording(drug: str) -> re.Pattern[str]:
    """The drug's names in its value set, as whole words."""
    return any_of(*(rf"\b{re.escape(name)}\b" for name, _ in drug_names(drug)))
