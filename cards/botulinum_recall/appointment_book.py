"""When a visit for botulinum toxin is booked (clinical_rules.md 2.2, 2.5).

When   a visit being booked is for an injection of botulinum toxin that serves the face.
Then   warn of one before the earliest advised date; offer to book it later.
Unless the visit is to talk, or to look at the effect.
Never  for other kinds of twitching than the rule above is about.
"""

from datetime import timedelta

from cards.botulinum_recall.case import Case, Earliest, earliest_visit, gather, values_after, values_of
from cards.botulinum_recall.lines import background
from cards.botulinum_recall.rule import NEEDS, not_for_this_card, quality_of
from cards.findings.botulinum_plans import Plan, is_about_toxin, planned_visit
from cards.findings.draft_changes import removals
from cards.findings.draft_orders import drafted_visits
from cds_service.advice import Advice, AppointmentProposal, Finding, Phrase, Silence, Suggestion, Value, Verdict, View
from cds_service.record import Drafts


def concerns(drafts: Drafts) -> bool:
    return any(map(is_about_toxin, drafted_visits(drafts)))


def advise(view: View) -> Verdict:
    """One card for all visits that are booked too early; the first speaks in its summary."""
    silence = not_for_this_card(view)
    if silence is not None:
        return silence
    visits = [plan for visit in drafted_visits(view.record.drafts) if (plan := planned_visit(visit, view.today))]
    if not visits:
        return Silence("no-draft")
    case = gather(view)
    earliest = earliest_visit(case.history, case.recall, view.limits)
    early = [plan for plan in visits if earliest is not None and plan.is_before(earliest.day)]
    quality = quality_of(case.history)
    if earliest is None or not early:
        return Silence("draft-fits", {"draft": visits[0].evidence.display}, quality)
    findings = tuple(_finding(case, plan, earliest) for plan in early)
    return Advice(
        situation="visit-too-early",
        indicator="warning",
        values=findings[0].values,
        findings=findings,
        detail=(
            *(finding.sentence for finding in findings),
            *(Phrase("line/draft-visit", finding.values) for finding in findings),
            *background(case),
        ),
        suggestions=(_later(case, findings, earliest),),
        not_assessed=view.record.missing(*NEEDS),
        quality=quality,
    )


def _finding(case: Case, plan: Plan, earliest: Earliest) -> Finding:
    day = plan.on.end if plan.on else None
    values: dict[str, Value] = {
        **values_of(case),
        **values_after(earliest),
        "draft": plan.evidence.display,
        "draft_date": day.latest if day else "",
    }
    evidence = (plan.evidence, *earliest.after.evidence)
    return Finding("botulinum-booked-too-early", values, evidence, "finding/visit-too-early")


def _later(case: Case, findings: tuple[Finding, ...], earliest: Earliest) -> Suggestion:
    """A visit in place of all that are too early."""
    view = case.view
    latest = earliest.day + timedelta(days=view.limits["booking_days"])
    values: dict[str, Value] = {**findings[0].values, "visit_from": earliest.day, "visit_to": latest}
    instead = AppointmentProposal(
        describe=Phrase("describe/visit-later", values),
        title=Phrase("title/visit-later", values),
        earliest=earliest.day,
        latest=latest,
        reasons=view.twitching.conditions,
    )
    gone = [
        removal
        for finding in findings
        for removal in removals((finding.evidence[0].reference,), view.record.drafts, finding.values)
    ]
    return Suggestion(Phrase("suggest/visit-later", values), (*gone, instead))
