"""What makes one think of calcium, magnesium and the thyroid: a disorder, a medicine, a symptom on record
(clinical_rules.md 5–9, R5; 11, item 29).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple

from cards.findings.clinical_text import standing
from cards.findings.condition_status import is_current
from cards.findings.electrolytes import Electrolyte
from cards.findings.labels import label
from cards.findings.medication_triggers import MedicationTrigger, medication_review
from cards.findings.vocabulary import table, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import Concept, PatientRecord

_SETS = {"disorder": "hormonal_metabolic", "symptom": "metabolic_symptoms"}


class Cue(NamedTuple):
    """`label` is what to call it; `since` the onset of a condition or the start of a medicine as written, or empty.
    `disturbs` are the electrolytes that a medicine can change.
    """

    kind: Literal["disorder", "medicine", "symptom"]
    label: str
    since: str
    evidence: tuple[Evidence, ...]
    disturbs: tuple[Electrolyte, ...] = ()


def metabolic_cues(
    record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]
) -> tuple[Cue, ...]:
    """Disorders, then medicines, then symptoms. The entries of the twitching itself are no cue."""
    return (
        *_conditions("disorder", record, twitching, today, limits),
        *_medicines(record, twitching, today, limits),
        *_conditions("symptom", record, twitching, today, limits),
    )


def _conditions(
    kind: Literal["disorder", "symptom"],
    record: PatientRecord,
    twitching: FacialTwitching,
    today: date,
    limits: Mapping[str, float],
) -> Iterator[Cue]:
    for condition in record.conditions:
        own = condition.reference in twitching.conditions
        if own or not _is(kind, condition.code) or not is_current(condition, today, limits, record.conditions):
            continue
        on = condition.onset or condition.recorded
        called = label(condition.code, _SETS[kind])
        evidence = Evidence(condition.reference, on.written if on else "", called)
        yield Cue(kind, called, evidence.date[:10], (evidence,))


def _is(kind: str, code: Concept) -> bool:
    """By a code, else by the words."""
    if value_set(_SETS[kind]).match(code):
        return True
    return any(standing(words, vocabulary("metabolic_cues")[kind]) in ("asserted", "suspected") for words in code.words)


def _medicines(
    record: PatientRecord, twitching: FacialTwitching, today: date, limits: Mapping[str, float]
) -> Iterator[Cue]:
    """Medicines of the electrolyte groups, also if they were started after the twitching (11, item 29)."""
    review = medication_review(record, twitching, today, limits)
    for trigger in (*review.triggers, *review.depleting):
        if trigger.drug.lowers and not _is_too_short(trigger, today, limits):
            evidence = tuple(
                Evidence(t.use.reference, t.exposure.start.written if t.exposure.start else "", t.use.medication.label)
                for t in trigger.taken
            )
            since = trigger.start.written[:10] if trigger.start else ""
            yield Cue("medicine", trigger.drug.name, since, evidence, trigger.drug.lowers)


def _is_too_short(trigger: MedicationTrigger, today: date, limits: Mapping[str, float]) -> bool:
    """A proton pump inhibitor lowers magnesium mostly after 3 months: a course that is surely shorter is no cue."""
    is_slow = trigger.drug.group in table("fasciculation_drugs")["short_use"]["groups"]
    start = trigger.start
    return is_slow and start is not None and (today - start.earliest).days < limits["ppi_use_days"]
