"""Is the patient pregnant, as far as the record says? Unknown is not a yes (clinical_rules.md 1.2 [K])."""

from collections.abc import Mapping
from datetime import date

from cards.findings.clinical_text import fold
from cards.findings.condition_status import is_current
from cards.findings.lab_results import newest
from cards.findings.labels import label
from cards.findings.vocabulary import vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Condition, Observation, PatientRecord


def pregnant(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Evidence | None:
    """What says so: a current condition, else the latest pregnancy status (LOINC 82810-3) of the last 280 days.

    Several entries on the latest day: the one issued last speaks. Limit used: `pregnancy_status_days`.
    """
    for condition in record.conditions:
        if _is_pregnancy(condition, today, limits) and is_current(condition, today, limits, record.conditions):
            written = condition.onset or condition.recorded
            return Evidence(condition.reference, written.written if written else "", label(condition.code, "pregnancy"))
    stated = (o for o in record.observations if value_set("pregnancy").match(o.code))
    status = newest(stated, today, limits["pregnancy_status_days"])
    if status is None or not _says_yes(status):
        return None
    return Evidence(
        status.reference, status.effective.written if status.effective else "", label(status.code, "pregnancy")
    )


def _is_pregnancy(condition: Condition, today: date, limits: Mapping[str, float]) -> bool:
    """By code; or by words that say nothing else, unless their date is too long ago for a pregnancy."""
    if value_set("pregnancy").match(condition.code):
        return True
    noted = condition.onset or condition.recorded
    if noted is not None and (today - noted.latest).days > limits["pregnancy_status_days"]:
        return False
    meant = vocabulary("pregnancy")["condition"]
    return any(meant.fullmatch(fold(words)) for words in condition.code.words)


def _says_yes(status: Observation) -> bool:
    if value_set("pregnancy").match(status.value_concept):
        return True
    yes = vocabulary("pregnancy")["pregnant"]
    return any(yes.fullmatch(fold(words)) for words in (*status.value_concept.words, status.value_words))
