"""What the card has noticed: its findings in order, the weightiest of them, and how loud that is (clinical_rules.md 2.3
to 2.6).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from cards.botulinum_recall.case import Case, values_of
from cards.findings.labels import dated
from cds_service.advice import Finding, Indicator, Value

# The state's finding code and, where the code has several, its sentence.
_STATES: Final = {
    "window-opens": ("botulinum-window-opens", ""),
    "due-possible": ("botulinum-due", "finding/due-possible"),
    "due": ("botulinum-due", ""),
    "late": ("botulinum-late", ""),
    "overdue": ("botulinum-overdue", ""),
    "lapsed": ("botulinum-lapsed", ""),
    "date-unknown": ("botulinum-date-unknown", ""),
}


class Notice(NamedTuple):
    """One finding, the situation that it makes when it is the weightiest, its indicator, and its weight (less is
    weightier).

    `speaks` tells whether it makes a card by itself: a high facial dose alone doesn't.
    """

    finding: Finding
    situation: str
    indicator: Indicator
    weight: int
    speaks: bool = True


def notices(case: Case) -> tuple[Notice, ...]:
    """The state first, then what asks for care. Empty when there is nothing to say."""
    values = values_of(case)
    found = (*_state(case, values), *_arranged(case, values), *_dose(case, values), *cautions_of(case, values))
    return found if any(notice.speaks for notice in found) else ()


def _state(case: Case, values: dict[str, Value]) -> Iterator[Notice]:
    if not case.is_recalled:
        return
    state, last = case.recall.state, case.recall.last
    code, phrase = _STATES[state]
    evidence = last.evidence if last else case.history.undated
    indicator: Indicator = "warning" if state == "overdue" or (state == "due" and case.burden) else "info"
    if state == "due" and case.burden:
        evidence = (*evidence, case.burden.evidence)
    situation: str = state
    if case.is_later:
        situation, phrase = "due-later", "finding/due-later"
    yield Notice(Finding(code, values, evidence, phrase), situation, indicator, 5 if indicator == "warning" else 6)


def _arranged(case: Case, values: dict[str, Value]) -> Iterator[Notice]:
    if case.too_early is not None:
        evidence = (case.too_early.evidence, *(case.recall.any_last.evidence if case.recall.any_last else ()))
        yield Notice(Finding("botulinum-booked-too-early", values, evidence), "booked-too-early", "warning", 1)
    pair, earliest = case.recall.pair, case.recall.earliest
    if pair is not None:
        is_past = earliest is None or earliest <= case.view.today
        evidence = (*pair.later.evidence, *pair.earlier.evidence)
        situation = "two-products-past" if is_past else "two-products"
        yield Notice(Finding("botulinum-two-products", values, evidence), situation, "warning", 2)


def _dose(case: Case, values: dict[str, Value]) -> Iterator[Notice]:
    evidence = tuple(e for injection in case.doses.injections for e in injection.evidence)
    if case.doses.is_too_much:
        yield Notice(Finding("botulinum-dose", values, evidence), "dose", "warning", 3)
    elif case.doses.is_much_for_the_face:
        yield Notice(
            Finding("botulinum-dose", values, evidence, "finding/facial-dose"), "dose", "info", 7, speaks=False
        )


def cautions_of(case: Case, values: dict[str, Value], situation: str = "caution") -> Iterator[Notice]:
    """One for each caution; a contraindication is the weightiest of all."""
    for caution in case.cautions:
        own: dict[str, Value] = {**values, "caution": dated(caution.evidence.display, caution.evidence.date)}
        finding = Finding("botulinum-caution", own, (caution.evidence,), f"finding/caution-{caution.kind}")
        yield Notice(finding, situation, "warning", 0 if caution.is_contraindication else 4)
