"""Has the facial nerve been decompressed (microvascular decompression, MVD)? clinical_rules.md 1.4 item 4, 2.5."""

from typing import NamedTuple

from cards.findings.clinical_text import asserts, fold
from cards.findings.vocabulary import vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import PartialDate, PatientRecord, Procedure


class Decompression(NamedTuple):
    """The latest operation; `on` is None where the record gives no date that can be read."""

    on: PartialDate | None
    evidence: Evidence


def decompression(record: PatientRecord) -> Decompression | None:
    """The latest completed microvascular decompression that may have been of the facial nerve, or None.

    CPT 61458 is for any cranial nerve: an operation that names only another one (trigeminal neuralgia) is not counted.
    Without a status it is no evidence (clinical_rules.md 11, item 24). Undated ones come behind dated ones.
    """
    done = [p for p in record.procedures if p.status == "completed" and _is_decompression(p)]
    if not done:
        return None
    latest = max(done, key=lambda p: p.performed.latest.toordinal() if p.performed else 0)
    written = latest.performed.written if latest.performed else latest.performed_words
    return Decompression(latest.performed, Evidence(latest.reference, written, latest.code.label))


def _is_decompression(procedure: Procedure) -> bool:
    words = vocabulary("nerve_decompression")
    named = any(asserts(fold(text), words["decompression"]) for text in procedure.code.words)
    if not named and not value_set("mvd").match(procedure.code):
        return False
    about = " ; ".join(
        fold(text) for concept in (procedure.code, *procedure.reasons, *procedure.body_sites) for text in concept.words
    )
    elsewhere = words["other_nerve"].search(about) or any(
        value_set("trigeminal_neuralgia").match(reason) for reason in procedure.reasons
    )
    return not elsewhere or bool(words["facial"].search(about))
