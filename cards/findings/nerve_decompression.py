"""Has the facial nerve been decompressed (microvascular decompression, MVD)? clinical_rules.md 1.4 item 4, 2.5."""

from collections.abc import Iterable
from typing import NamedTuple

from cards.findings.clinical_text import asserts, fold
from cards.findings.condition_status import is_usable
from cards.findings.vocabulary import vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Concept, PartialDate, PatientRecord, Procedure


class Decompression(NamedTuple):
    """The latest operation; `on` is None where the record gives no date that can be read."""

    on: PartialDate | None
    evidence: Evidence


def decompression(record: PatientRecord) -> Decompression | None:
    """The latest completed microvascular decompression that may have been of the facial nerve, or None.

    CPT 61458 is for any cranial nerve: an operation that names only another one (trigeminal neuralgia) is not counted.
    Without a status it is no evidence (clinical_rules.md 11, item 24). Undated ones come behind dated ones. Where no
    procedure tells, an entry of the problem list may ("s/p MVD for hemifacial spasm"); when it was, isn't known then.
    """
    done = [p for p in record.procedures if p.status == "completed" and _is_decompression(p)]
    if not done:
        return _told_by_problems(record)
    latest = max(done, key=lambda p: p.performed.latest.toordinal() if p.performed else 0)
    written = latest.performed.written if latest.performed else latest.performed_words
    return Decompression(latest.performed, Evidence(latest.reference, written, latest.code.label))


def _told_by_problems(record: PatientRecord) -> Decompression | None:
    """An entry that says so and names the facial nerve or its spasm; none that says that the spasm is back."""
    words = vocabulary("nerve_decompression")
    for condition in record.conditions:
        about = _joined([condition.code])
        if not is_usable(condition) or not words["done"].search(about) or words["back"].search(about):
            continue
        if words["facial"].search(about) and not words["other_nerve"].search(about):
            return Decompression(None, Evidence(condition.reference, "", condition.code.label))
    return None


def _joined(concepts: Iterable[Concept]) -> str:
    return " ; ".join(fold(text) for concept in concepts for text in concept.words)


def _is_decompression(procedure: Procedure) -> bool:
    words = vocabulary("nerve_decompression")
    about = _joined((procedure.code, *procedure.reasons, *procedure.body_sites))
    named = any(asserts(fold(text), words["decompression"]) for text in procedure.code.words)
    by_letters = any(asserts(fold(text), words["letters"]) for text in procedure.code.words)
    if not (named or (by_letters and words["facial"].search(about)) or value_set("mvd").match(procedure.code)):
        return False
    elsewhere = words["other_nerve"].search(about) or any(
        value_set("trigeminal_neuralgia").match(reason) for reason in procedure.reasons
    )
    return not elsewhere or bool(words["facial"].search(about))
