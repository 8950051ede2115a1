"""Has an examination shown a vessel at the facial nerve, the usual cause of hemifacial spasm? (clinical_rules.md 4,
last line)
"""

from datetime import date

from cards.findings.clinical_text import asserts, clauses
from cards.findings.vocabulary import vocabulary
from cds_service.advice import Evidence
from cds_service.record import PartialDate, PatientRecord, Procedure, Report

REPORTED = frozenset({"final", "amended", "corrected", "appended", "preliminary", "available"})
_DONE = frozenset({"completed"})


def neurovascular_conflict(record: PatientRecord, today: date) -> Evidence | None:
    """The newest report (or procedure's outcome) up to today that asserts a neurovascular conflict of the facial
    nerve, or None.

    A conflict that is denied, or named at another nerve only, is none; without a status a report is no evidence
    (decision 24).
    """
    found: list[tuple[PartialDate | None, Evidence]] = []
    for report in record.reports:
        said = (report.conclusion, *(text for code in report.conclusion_codes for text in code.words))
        if report.status in REPORTED and any(_says_so(text) for text in said):
            found.append((report.performed, _evidence(report)))
    for procedure in record.procedures:
        said = (*procedure.outcome.words, *procedure.notes)
        if procedure.status in _DONE and any(_says_so(text) for text in said):
            found.append((procedure.performed, _evidence(procedure)))
    known = [(when, evidence) for when, evidence in found if when is None or when.earliest <= today]
    return max(known, key=lambda entry: entry[0].latest if entry[0] else date.min)[1] if known else None


def _evidence(entry: Report | Procedure) -> Evidence:
    return Evidence(entry.reference, entry.performed.written if entry.performed else "", entry.code.label)


def _says_so(text: str) -> bool:
    words = vocabulary("neurovascular_conflict")
    if not text or not asserts(text, words["conflict"]):
        return False
    said = [clause for clause in clauses(text) if asserts(clause, words["conflict"])]
    return any(words["facial"].search(clause) or not words["other_nerve"].search(clause) for clause in said)
