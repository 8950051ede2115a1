"""Remarks that make a due treatment pressing: driving, disability, the spasm reported back (clinical_rules.md 2.3; 11,
"And").
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from cards.findings.clinical_text import asserts, fold
from cards.findings.lab_results import USABLE
from cards.findings.vocabulary import vocabulary
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import PatientRecord

Kind: TypeAlias = Literal["driving", "disability", "return_of_spasm"]
KINDS: tuple[Kind, ...] = ("driving", "disability", "return_of_spasm")


class Burden(NamedTuple):
    kind: Kind
    evidence: Evidence


def burden(record: PatientRecord, twitching: FacialTwitching, since: date) -> Burden | None:
    """The first remark about it in the notes of the conditions that count, or in an observation made since the last
    injection.
    """
    terms = vocabulary("spasm_burden")
    for text, evidence in _remarks(record, twitching, since):
        folded = fold(text)
        for kind in KINDS:
            if terms[kind].search(folded) and asserts(text, terms[kind]):
                return Burden(kind, evidence)
    return None


def _remarks(record: PatientRecord, twitching: FacialTwitching, since: date) -> Iterator[tuple[str, Evidence]]:
    for condition in record.conditions:
        if condition.reference in twitching.conditions:
            recorded = condition.recorded.written if condition.recorded else ""
            for note in condition.notes:
                yield note, Evidence(condition.reference, recorded, condition.code.label)
    for observation in record.observations:
        on = observation.effective
        if observation.status in USABLE and on is not None and on.latest >= since:
            answer = (observation.value_words, *observation.value_concept.words)
            # A question's own words ("Driving") say nothing beside its answer ("unaffected").
            question = () if any(answer) or observation.value is not None else observation.code.words
            for text in (*answer, *observation.notes, *question):
                yield text, Evidence(observation.reference, on.written, observation.code.label)
