"""Several pages of one answer, and several answers to one need, as one."""

from collections.abc import Sequence
from typing import Final

from cds_service.fhir.prefetch import Looked, State

NOT_ALL: Final = "not all of its pages were read"
_GRAVEST_LAST: Final[tuple[State, ...]] = ("empty", "present", "incomplete", "absent", "failed")


def joined(pages: Sequence[Looked]) -> Looked:
    """The pages of one answer, in their order. One that could not be had, but for the first, leaves it incomplete."""
    first, last = pages[0], pages[-1]
    if len(pages) == 1 or first.state in ("absent", "failed"):
        return first
    glimpses = tuple(seen for page in pages for seen in page.glimpses)
    raws = tuple(raw for page in pages for raw in page.pages)
    broken = next((page.problem for page in pages if page.state in ("absent", "failed")), "")
    if broken or last.has_next or first.total > len(glimpses):
        why = f"the next page could not be had: {broken}" if broken else NOT_ALL
        return Looked("incomplete", why, glimpses, last.has_next, last.next_page, first.total, raws)
    return Looked("present" if glimpses else "empty", "", glimpses, total=first.total, pages=raws)


def together(answers: Sequence[Looked]) -> Looked:
    """The answers of several queries to one need: as good as the worst of them, and with what any of them brought."""
    if len(answers) == 1:
        return answers[0]
    worst = max(answers, key=lambda each: _GRAVEST_LAST.index(each.state))
    return Looked(
        worst.state,
        worst.problem,
        tuple(seen for each in answers for seen in each.glimpses),
        pages=tuple(raw for each in answers for raw in each.pages),
    )
