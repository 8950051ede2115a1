"""Has this medicine been answered by a skin reaction or an allergy? (clinical_rules.md 5–9, R7a [E4])."""

from collections.abc import Iterator

from cards.findings.clinical_text import asserts
from cards.findings.condition_status import is_usable
from cards.findings.oral_drugs import Drug, is_oral_drug
from cards.findings.vocabulary import vocabulary
from cds_service.advice import Evidence
from cds_service.record import MedicationUse, PartialDate, PatientRecord

_VOID = frozenset({"refuted", "entered-in-error"})


def skin_reaction(record: PatientRecord, drug: Drug, since: PartialDate | None) -> Evidence | None:
    """An allergy to the medicine that stands; else a severe skin reaction that may have come after its start."""
    return next(_allergies(record, drug), None) or next(_reactions(record, since), None)


def _allergies(record: PatientRecord, drug: Drug) -> Iterator[Evidence]:
    for allergy in record.allergies:
        concepts = (allergy.code, *allergy.substances)
        stands = allergy.verification not in _VOID and allergy.status in ("", "active")
        if stands and any(is_oral_drug(MedicationUse(medication=concept), drug) for concept in concepts):
            yield Evidence(allergy.reference, "", next((c.label for c in concepts if c), drug))


def _reactions(record: PatientRecord, since: PartialDate | None) -> Iterator[Evidence]:
    severe = vocabulary("skin_reactions")["severe"]
    for condition in record.conditions:
        on = condition.onset or condition.recorded
        after = since is not None and on is not None and on.latest >= since.earliest
        if after and is_usable(condition) and any(asserts(words, severe) for words in condition.code.words):
            yield Evidence(condition.reference, on.written if on else "", condition.code.label)
