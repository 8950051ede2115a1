"""Which oral drugs for the spasm failed or were not tolerated, as far as the record says so (clinical rules 5–9, R6).

The drugs with which the spasm is treated first count unless they were, or may have been, for something else that is on
record, or ended long before the spasm began; those with many other uses only where a reason of the face is recorded.
Read are reasons for stopping, notes, and intolerances among the allergies.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple

from cards.findings.botulinum_entries import said_by
from cards.findings.botulinum_products import mentions_toxin
from cards.findings.botulinum_purpose import purpose_of
from cards.findings.clinical_text import asserts, clauses
from cards.findings.condition_status import is_usable
from cards.findings.medication_exposure import is_in
from cards.findings.months import months_before
from cards.findings.oral_drugs import Drug, is_oral_drug, may_be_oral_drug
from cards.findings.treatment_response import about, shortfall
from cards.findings.vocabulary import any_of, table, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching, Name
from cds_service.record import ICD10CM, Concept, MedicationUse, PartialDate, PatientRecord

_FOR_THE_SPASM: Final[tuple[Drug, ...]] = ("carbamazepine", "oxcarbazepine", "baclofen", "clonazepam")
_WITH_OTHER_USES: Final = ("gabapentin", "hfs_oral_drugs_others")
_ENDED: Final = frozenset({"stopped", "not-taken", "cancelled", "completed", "on-hold"})
_ICD: Final = (ICD10CM, "http://hl7.org/fhir/sid/icd-10")
_NEVER_TAKEN: Final = frozenset({"entered-in-error", "draft", "intended"})


class DrugFailure(NamedTuple):
    """`remark` holds the words that say so; for an intolerance the name of the allergen."""

    drug: Name
    how: Literal["poor", "adverse", "intolerance"]
    remark: str
    evidence: Evidence


def failed_oral_drugs(
    record: PatientRecord, twitching: FacialTwitching, limits: Mapping[str, float], today: date
) -> tuple[DrugFailure, ...]:
    """Each drug once. Limits used: `wear_off_weeks`, by which remarks are read, and `flag_window_months`."""
    found: dict[str, DrugFailure] = {}
    for failure in (
        *_of_uses(record, twitching, limits, today),
        *_noted(record, twitching, limits),
        *_intolerances(record),
    ):
        found.setdefault(failure.drug, failure)
    return tuple(found.values())


def names_another_treatment(text: str) -> bool:
    """Whether it names a treatment other than botulinum toxin: an oral drug, "medication", an operation."""
    drugs = (_wording(drug) for drug in _FOR_THE_SPASM)
    return any(pattern.search(text) for pattern in (*drugs, vocabulary("treatment_response")["other_treatment"]))


def _of_uses(
    record: PatientRecord, twitching: FacialTwitching, limits: Mapping[str, float], today: date
) -> Iterator[DrugFailure]:
    problems = {condition.reference: condition.code for condition in record.conditions}
    onset = None if twitching.onset_is_recorded_date else twitching.onset
    first = months_before(onset.earliest, limits["flag_window_months"]) if onset else date.min
    for use in record.medications:
        texts = (*_why_ended(use), *use.notes)
        drug = _drug(use, record, problems) if texts and use.status not in _NEVER_TAKEN else None
        on = _noted_on(use)
        if drug is None or (on is not None and not (first <= on.latest and on.earliest <= today)):
            continue
        evidence = Evidence(use.reference, on.written if on else "", use.medication.label)
        for text in texts:
            how = _how(_of_it(text, drug), limits, as_reason=text in _why_ended(use))
            if how is not None:
                yield DrugFailure(Name(drug), how, text, evidence)
                break


def _drug(use: MedicationUse, record: PatientRecord, problems: Mapping[str, Concept]) -> str | None:
    """The name of the drug, if this entry is about one for the spasm."""
    tried = _FOR_THE_SPASM if may_be_oral_drug(use) else ()
    named = next((name for name in tried if is_oral_drug(use, name)), None)
    other = None if named else is_in(use, *_WITH_OTHER_USES)
    if not (named or other):
        return None
    purpose = purpose_of(said_by(use, problems))
    if purpose == "facial":
        return named or (other["display"].lower() if other else None)
    is_unsaid = purpose == "assumed" and not use.reasons and not use.reason_references
    return named if named and is_unsaid and not _has_another_use(named, record) else None


def _has_another_use(drug: Drug, record: PatientRecord) -> bool:
    """Whether the record has, or had, something else that is treated with it: then nobody knows what it was for."""
    uses = table("other_drug_uses")[drug]
    terms, codes = any_of(*uses["terms"]), tuple(uses["codes"])
    return any(
        is_usable(condition)
        and (
            any(coding.system in _ICD and coding.code.upper().startswith(codes) for coding in condition.code.codings)
            or any(value_set(name).match(condition.code) for name in uses["sets"])
            or any(asserts(text, terms) for text in condition.code.words)
        )
        for condition in record.conditions
    )


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


def _of_it(text: str, drug: str, from_start: bool = True) -> str:
    """What is said of this drug, not of another treatment that the text names besides."""
    others = [_wording(name) for name in _FOR_THE_SPASM if name != drug]

    def names_another(part: str) -> bool:
        return mentions_toxin(part) or any(other.search(part) for other in others)

    return about(text, _wording(drug).search, names_another, from_start)


def _noted_on(use: MedicationUse) -> PartialDate | None:
    course = (use.course.end or use.course.start) if use.course else None
    return course or use.given or use.asserted or use.authored


def _noted(record: PatientRecord, twitching: FacialTwitching, limits: Mapping[str, float]) -> Iterator[DrugFailure]:
    """What the entries about the spasm say: "carbamazepine without effect"."""
    for condition in record.conditions:
        told = (*condition.code.words, *condition.notes) if condition.reference in twitching.conditions else ()
        written = condition.recorded.written if condition.recorded else ""
        for clause in (clause for text in told for clause in clauses(text)):
            for drug in (name for name in _FOR_THE_SPASM if _wording(name).search(clause)):
                how = _how(_of_it(clause, drug, from_start=False), limits, as_reason=False)
                if how is not None:
                    evidence = Evidence(condition.reference, written, condition.code.label)
                    yield DrugFailure(Name(drug), how, clause, evidence)


def _intolerances(record: PatientRecord) -> Iterator[DrugFailure]:
    for allergy in record.allergies:
        if allergy.verification in ("refuted", "entered-in-error") or allergy.status not in ("", "active"):
            continue
        drug = next((name for name in _FOR_THE_SPASM if _names((allergy.code, *allergy.substances), name)), None)
        if drug is not None:
            called = allergy.code.label or drug
            yield DrugFailure(Name(drug), "intolerance", called, Evidence(allergy.reference, "", called))


def _names(concepts: tuple[Concept, ...], drug: str) -> bool:
    coded = any(value_set(drug).match(concept) for concept in concepts)
    return coded or any(asserts(word, _wording(drug)) for concept in concepts for word in concept.words)


def _wording(drug: str) -> re.Pattern[str]:
    return vocabulary("oral_drugs").get(drug) or re.compile(re.escape(drug))
