"""When botulinum toxin is ordered (clinical_rules.md 2.2, 2.4 to 2.6).

When   an order being signed is for an injection of botulinum toxin, for whatever reason: intervals, doses and cautions
       do not ask for it.
Then   warn of a day before the earliest advised date; where no day is named, of an order more than two weeks before it
       (nearer, info: name the day). Warn of more than 400 U of onabotulinumtoxinA in 90 days with this order [E1]; tell
       of more than 100 U for the face in 84 days [E2]. Warn of cautions [E11].
Unless the order is for what was just given; or it names no day, but a visit is booked for the earliest date or later,
       or its note names such a day.
Never  for other kinds of twitching than the rule above is about. It proposes no dose and no product.
"""

from collections.abc import Iterable
from typing import Literal

from cards.botulinum_recall.case import Case, gather, values_of
from cards.botulinum_recall.drafted import Drafted, drafted, is_drafted
from cards.botulinum_recall.lines import background
from cards.botulinum_recall.notices import Notice
from cards.botulinum_recall.order_notices import order_notices
from cards.botulinum_recall.proposals import task
from cards.botulinum_recall.rule import NEEDS, not_for_this_card, quality_of
from cards.findings.botulinum_cautions import cautions
from cards.findings.draft_changes import amendments, removals
from cds_service.advice import Advice, Listed, Phrase, Silence, Suggestion, Values, Verdict, View
from cds_service.record import Drafts


def concerns(drafts: Drafts) -> bool:
    return is_drafted(drafts)


def advise(view: View) -> Verdict:
    """One card for all orders of botulinum toxin; the weightiest finding speaks in its summary."""
    silence = not_for_this_card(view)
    if silence is not None:
        return silence
    if not is_drafted(view.record.drafts):
        return Silence("no-draft")
    case = gather(view)
    ordered = drafted(view, case.history)
    case = case._replace(cautions=cautions(view.record, view.today, view.limits))
    noticed = order_notices(case, ordered)
    quality = quality_of(case.history)
    if not noticed:
        return Silence("draft-fits", {"draft": Listed(tuple(one.name for one in ordered))}, quality)
    return _advice(case, ordered, noticed, quality)


def _advice(
    case: Case, ordered: tuple[Drafted, ...], noticed: tuple[Notice, ...], quality: tuple[Phrase, ...]
) -> Advice:
    first = noticed[0]
    buttons, pick = _suggestions(case, ordered, noticed)
    return Advice(
        situation=first.situation,
        indicator="warning" if any(notice.indicator == "warning" for notice in noticed) else "info",
        values=first.finding.values,
        findings=tuple(notice.finding for notice in noticed),
        detail=(
            *(notice.finding.sentence for notice in noticed),
            *(Phrase("line/draft-order", {"draft": one.name}) for one in ordered),
            *background(case),
        ),
        suggestions=buttons,
        pick=pick,
        not_assessed=case.view.record.missing(*NEEDS),
        quality=quality,
    )


def _suggestions(
    case: Case, ordered: tuple[Drafted, ...], noticed: Iterable[Notice]
) -> tuple[tuple[Suggestion, ...], Literal["at-most-one", "any"]]:
    """A note with the earliest date where none is named, or the draft left out; besides, a review of any caution."""
    drafts = case.view.record.drafts
    ways: list[Suggestion] = []
    timed = [notice for notice in noticed if notice.situation in ("order-too-early", "order-day-missing")]
    if timed:
        values = timed[0].finding.values
        undated = () if case.is_contraindicated else tuple(one for one in ordered if one.day is None)
        notes = amendments(_concerned(undated, timed), drafts, "order-not-before", values)
        ways += [Suggestion(Phrase("suggest/order-not-before", values), notes)] if notes else []
    warnings = [notice for notice in noticed if notice.indicator == "warning"]
    own: Values = {"draft": Listed(tuple(one.name for one in ordered if _is_concerned(one, warnings)))}
    gone = removals(_concerned(ordered, warnings), drafts, own)
    ways += [Suggestion(Phrase("suggest/leave-out", own), gone)] if gone else []
    caution = next(iter(case.cautions), None)
    care = (task("review-caution", case, values_of(case), caution.evidence.reference),) if caution else ()
    return (*care, *ways), "at-most-one" if len(ways) > 1 else "any"


def _concerned(ordered: tuple[Drafted, ...], noticed: Iterable[Notice]) -> list[str]:
    return [reference for one in ordered if _is_concerned(one, noticed) for reference in one.references]


def _is_concerned(one: Drafted, noticed: Iterable[Notice]) -> bool:
    return any(evidence.reference in one.references for notice in noticed for evidence in notice.finding.evidence)
