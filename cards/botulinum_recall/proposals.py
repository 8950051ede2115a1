"""What the card offers to do: a visit, or a task for a person (clinical_rules.md section 7, R2). Never a dose, never a
product.

No codes are needed here: appointments and tasks carry their words. A contraindication takes the visit off the card.
"""

from collections.abc import Iterator
from typing import Final, Literal

from cards.botulinum_recall.case import Case, values_of
from cds_service.advice import AppointmentProposal, Phrase, Suggestion, TaskProposal, Value

_VISITS: Final = frozenset({"window-opens", "due-possible", "due", "late", "overdue"})


def suggestions(case: Case) -> tuple[tuple[Suggestion, ...], Literal["at-most-one", "any"]]:
    """The buttons, and whether they exclude each other: a visit or asking about the plan first, but a review besides
    either.
    """
    values = values_of(case)
    care = tuple(_care(case, values))
    ways = tuple(_ways(case, values, alone=not care))
    return (*care, *ways), "at-most-one" if len(ways) > 1 else "any"


def _care(case: Case, values: dict[str, Value]) -> Iterator[Suggestion]:
    """Reviews that a warning asks for."""
    if case.too_early is not None:
        yield task("reschedule", case, values, focus=case.too_early.evidence.reference)
    elif case.recall.pair is not None:
        name = "check-products" if _is_open(case) else "reschedule-products"
        yield task(name, case, values, focus=case.recall.pair.later.evidence[0].reference)
    if case.doses.is_too_much:
        yield task("review-dose", case, values, focus=case.doses.injections[-1].evidence[0].reference)
    if case.cautions:
        yield task("review-caution", case, values, focus=case.cautions[0].evidence.reference)


def _is_open(case: Case) -> bool:
    """Whether the earliest advised day has come, so that there is nothing to move."""
    earliest = case.recall.earliest
    return earliest is None or earliest <= case.view.today


def _ways(case: Case, values: dict[str, Value], alone: bool) -> Iterator[Suggestion]:
    """How to go on from the state."""
    if not case.is_recalled:
        return
    state, last = case.recall.state, case.recall.last
    focus = last.evidence[0].reference if last else next((e.reference for e in case.history.undated), "")
    if state in _VISITS and not case.is_contraindicated:
        yield _visit(case, values, recommended=state in ("due", "late") and alone)
    if state in ("due-possible", "date-unknown"):
        yield task("record-date", case, values, focus)
    elif state == "lapsed" or (state == "overdue" and alone):
        yield task("confirm-plan", case, values, focus)


def _visit(case: Case, values: dict[str, Value], recommended: bool) -> Suggestion:
    earliest, latest = case.next_visit
    own: dict[str, Value] = {**values, "visit_from": earliest, "visit_to": latest}
    proposal = AppointmentProposal(
        describe=Phrase("describe/visit", own),
        title=Phrase("title/visit", own),
        earliest=earliest,
        latest=latest,
        reasons=case.view.twitching.conditions,
    )
    return Suggestion(Phrase("suggest/visit", own), (proposal,), recommended)


def task(name: str, case: Case, values: dict[str, Value], focus: str) -> Suggestion:
    """A button for a task of that name (`suggest/`, `describe/`, `title/`), about the resource `focus`."""
    proposal = TaskProposal(
        describe=Phrase(f"describe/{name}", values),
        title=Phrase(f"title/{name}", values),
        focus=focus,
        reasons=case.view.twitching.conditions,
        start=case.view.today,
    )
    return Suggestion(Phrase(f"suggest/{name}", values), (proposal,))
