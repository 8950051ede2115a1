"""R2: when the next botulinum toxin injection is due, and what asks for care before it (clinical_rules.md section 2).

When   hemifacial spasm (T1) or possible hemifacial spasm (T2), and an injection of botulinum toxin for it is on record.
       An injection without a recorded reason is assumed to be for it, and the card says so.
Then   by the days since the last one (2.3; effect 12.5 ± 3.9 weeks [E8], 85 to 106 days [E9]; not more often than every
       12 weeks [E2][E11]): 70–83 the window opens (info), 84–168 due (info; warning with driving, disability or the
       spasm back), 169–182 late (info), 183–365 overdue (warning), more than 365 lapsed (info). Treated without a
       usable date: record the date (info). Whatever the state, warn of a visit booked before the earliest advised day,
       of two products nearer than their interval, and of more than 400 U of onabotulinumtoxinA in 90 days. With a state
       or a plan, warn of cautions (2.6).
Unless (2.5) a visit or an order stands already; the nerve was decompressed after the last injection; a decision to stop
       is on record; the spasm is dormant and the last injection 26 weeks old or more (section 11 item 1; less: info at
       most).
Never  for T3, bilateral spasm, a mimic, tardive dyskinesia, post-paralytic synkinesis. It never proposes a dose.

An event whose date is vague counts from its latest possible day; where only its earliest day has reached the interval,
the card asks for the date to be confirmed (section 11 item 11).
"""

from typing import Final

from cards.botulinum_recall.case import Case, day, gather, values_of
from cards.botulinum_recall.lines import detail
from cards.botulinum_recall.notices import Notice, notices
from cards.botulinum_recall.proposals import suggestions
from cards.findings.botulinum_history import BotulinumHistory
from cards.findings.botulinum_plans import decision_against
from cards.findings.nerve_decompression import decompression
from cds_service.advice import Advice, Indicator, Phrase, Silence, Verdict, View

NEEDS: Final = (
    "medicationAdministrations",
    "procedures",
    "medicationRequests",
    "appointments",
    "serviceRequests",
    "allergies",
)
_NOT_FOR: Final = ("bilateral", "undetermined", "post-paralytic", "mimic", "tardive")


def advise(view: View) -> Verdict:
    """The advice of R2, or why there is none."""
    silence = not_for_this_card(view)
    if silence is not None:
        return silence
    case = gather(view)
    quality = quality_of(case.history)
    silence = _unless(case, quality)
    if silence is not None:
        return silence
    noticed = notices(case)
    if not noticed:
        return _nothing_to_say(case, quality)
    return _advice(case, noticed, quality)


def not_for_this_card(view: View) -> Silence | None:
    """The silence where the twitching is not of a kind that this card is about."""
    kind = view.twitching.kind
    if kind in ("hemifacial-spasm", "possible"):
        return None
    return Silence(kind if kind in _NOT_FOR else "no-twitching")


def quality_of(past: BotulinumHistory) -> tuple[Phrase, ...]:
    """Entries that could not be relied on."""
    lines = [Phrase("quality/future-injection", {"entry": e.display, "date": e.date[:10]}) for e in past.future]
    if past.unresolved:
        lines.append(Phrase("quality/unresolved-medication", {"number": past.unresolved}))
    return tuple(lines)


def _unless(case: Case, quality: tuple[Phrase, ...]) -> Silence | None:
    """What takes the whole card back (clinical_rules.md 2.5)."""
    view, last = case.view, case.recall.last
    if not (case.history.injections or case.history.undated or case.plans):
        return Silence("never-injected", quality=quality)
    decision = decision_against(view.record, view.today, view.limits, last.on.earliest if last else None)
    if decision is not None:
        return Silence("decided-against", {"entry": decision.evidence.display}, quality)
    operation = decompression(view.record)
    if (
        operation is not None
        and operation.on is not None
        and last is not None
        and operation.on.earliest > last.on.latest
    ):
        return Silence("decompressed", {"date": day(operation.on), "last": day(last.on)}, quality)
    if view.twitching.dormant and (last is None or case.recall.days >= view.limits["dormant_days"]):
        return Silence("dormant", quality=quality)
    return None


def _nothing_to_say(case: Case, quality: tuple[Phrase, ...]) -> Silence:
    if case.plans:
        plan = case.plans[0].evidence
        return Silence("planned", {"plan": plan.display, "date": plan.date[:10] or "–"}, quality)
    if case.recall.last is None:
        return Silence("other-purpose", quality=quality)
    return Silence("covered", values_of(case), quality)


def _advice(case: Case, noticed: tuple[Notice, ...], quality: tuple[Phrase, ...]) -> Advice:
    weightiest = min(noticed, key=lambda notice: notice.weight)
    indicator: Indicator = "warning" if any(notice.indicator == "warning" for notice in noticed) else "info"
    buttons, pick = suggestions(case)
    return Advice(
        situation=weightiest.situation,
        indicator="info" if case.view.twitching.dormant else indicator,
        values=values_of(case),
        findings=tuple(notice.finding for notice in noticed),
        detail=detail(case, noticed),
        suggestions=buttons,
        pick=pick,
        not_assessed=case.view.record.missing(*NEEDS),
        quality=quality,
    )
