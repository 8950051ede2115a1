"""What any recorded condition is worth today: usable, current, dormant, resolved, suspected (clinical_rules.md 0.1)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from cards.findings.clinical_text import fold
from cards.findings.months import months_before
from cds_service.record import Condition

_UNUSABLE: Final = frozenset({"entered-in-error", "refuted"})
_SUSPECTED: Final = frozenset({"differential", "provisional", "unconfirmed"})
_DORMANT: Final = frozenset({"inactive", "remission"})
_ENCOUNTER: Final = "encounter-diagnosis"
_PROBLEM_LIST: Final = "problem-list-item"


def is_usable(condition: Condition) -> bool:
    """False for what was refuted or entered in error: it is dropped completely, its text too."""
    return condition.verification not in _UNUSABLE and condition.status != "entered-in-error"


def is_suspected(condition: Condition) -> bool:
    """Recorded as unconfirmed, provisional or differential. Without a verification status it counts as confirmed."""
    return condition.verification in _SUSPECTED


def is_resolved(condition: Condition, today: date) -> bool:
    """Over: recorded as resolved, or abated on or before today. An abatement in the future is ignored."""
    if condition.status == "resolved":
        return True
    if condition.abatement is not None:
        return condition.abatement.earliest <= today
    return condition.abated


def is_dormant(
    condition: Condition, today: date, limits: Mapping[str, float], others: Iterable[Condition] = ()
) -> bool:
    """Inactive or in remission; or an encounter's diagnosis without a twin on the problem list, older than the limit
    `encounter_diagnosis_months`. `others` are the conditions among which the twin is looked for.
    """
    if condition.status in _DORMANT:
        return True
    if _ENCOUNTER not in condition.categories or _PROBLEM_LIST in condition.categories:
        return False
    noted = condition.recorded or condition.onset
    if noted is None or noted.latest >= months_before(today, limits["encounter_diagnosis_months"]):
        return False
    return not any(_is_twin(condition, other, today) for other in others)


def is_current(
    condition: Condition, today: date, limits: Mapping[str, float], others: Iterable[Condition] = ()
) -> bool:
    """Usable, not resolved, not dormant. A missing clinical status counts as active."""
    return (
        is_usable(condition) and not is_resolved(condition, today) and not is_dormant(condition, today, limits, others)
    )


def _is_twin(condition: Condition, other: Condition, today: date) -> bool:
    if other is condition or (_ENCOUNTER in other.categories and _PROBLEM_LIST not in other.categories):
        return False
    if not is_usable(other) or is_resolved(other, today) or other.status in _DORMANT:
        return False
    codes = {(c.system, c.code) for c in condition.code.codings}
    same_words = bool(condition.code.label) and fold(condition.code.label) == fold(other.code.label)
    return same_words or any((c.system, c.code) in codes for c in other.code.codings)
