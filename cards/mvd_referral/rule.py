"""R6 – referral for microvascular decompression (MVD) in hemifacial spasm (clinical_rules.md 5–9 and 11, item 19).

When    hemifacial spasm (T1), confirmed, in an adult with an adequate MRI done; and at least three injections of
        botulinum toxin fell short (too little, wearing off before 8 weeks, or not tolerated), or the toxin fell short
        and an oral drug given for the spasm failed or was not tolerated, or the patient wishes surgery.
Then    consider a referral to neurosurgery for assessment (info): the curative option [E5]; 63.4 % free of spasm and
        13.9 % with at least 90 % less after 12 months, 2.9 % permanent complications [E17]; recommended as first choice
        under 30 years or with painful tic convulsif [E6], 96.7 % improved at 30 years or younger [E16].
Unless  a later injection did well; operated, or on the way to neurosurgery already, be it by a remark; refused or
        contraindicated within 12 months, or another treatment preferred; dormant; comfort care; no adequate MRI yet (R1
        speaks of that), or its report is awaited.

Failures have no code: they are read from outcomes, notes and reasons for stopping. Without such words there is no card
(both source articles: surgery only when injections fail).
"""

from typing import Final

from cards.findings.decompression_plans import referral
from cards.findings.imaging_plans import comfort_care
from cards.findings.nerve_decompression import decompression
from cards.mvd_referral.case import Case, age, gather, values_of
from cards.mvd_referral.lines import detail, findings
from cards.mvd_referral.proposals import suggestions
from cds_service.advice import Advice, Name, Silence, Verdict, View

_NEEDS: Final = (
    "conditions",
    "medicationStatements",
    "medicationAdministrations",
    "medicationRequests",
    "procedures",
    "serviceRequests",
    "appointments",
    "observations",
    "diagnosticReports",
    "allergies",
)


def advise(view: View) -> Verdict:
    """The advice of R6, or why there is none. Card limits used here: `adult_years`, `failed_injections`."""
    silence = _not_for_this_card(view)
    if silence is not None:
        return silence
    case = gather(view)
    return _no_reason(case) or _settled(case) or _no_mri(case) or _advice(case)


def _not_for_this_card(view: View) -> Silence | None:
    kind = view.twitching.kind
    if kind != "hemifacial-spasm":
        return Silence("no-twitching" if kind == "none" else kind)
    if not view.twitching.confirmed:
        return Silence("suspected")
    if view.twitching.dormant:
        return Silence("dormant")
    years = age(view)
    return Silence("minor") if years is not None and years < view.limits["adult_years"] else None


def _no_reason(case: Case) -> Silence | None:
    if case.has_failed_often or case.has_failed_with_drug or case.wish:
        return None
    good = case.response.good_since
    if good is not None and case.response.failures:
        return Silence("controlled", {"date": good.on.written[:10] or good.on.latest.isoformat()})
    return Silence("no-failure")


def _settled(case: Case) -> Silence | None:
    view = case.view
    operated = decompression(view.record)
    if operated is not None:
        return Silence("operated", {"what": operated.evidence.display})
    if case.done is not None:
        return Silence("operated", {"what": case.done.remark})
    referred = referral(view.record, view.twitching)
    if referred is not None:
        return Silence("referred", {"what": referred.display, "date": referred.date[:10] or Name("no date")})
    if case.under_way is not None:
        on = case.under_way.on
        date = (on.written[:10] if on else "") or Name("no date")
        return Silence("referred", {"what": case.under_way.remark, "date": date})
    if case.refusal is not None:
        return Silence("refused", {"what": case.refusal.remark})
    comfort = comfort_care(view.record, view.today, view.limits)
    return Silence("comfort-care", {"what": comfort.display}) if comfort else None


def _no_mri(case: Case) -> Silence | None:
    if case.study is not None:
        return None
    if case.studies:
        return Silence("mri-awaited", {"what": case.studies[0].evidence.display})
    return Silence("no-mri")


def _situation(case: Case) -> str:
    if case.has_failed_often:
        hows = {failure.how for failure in case.response.injections}
        return "not-tolerated" if hows == {"adverse"} else "not-controlled"
    return "with-drug" if case.has_failed_with_drug else "wish"


def _advice(case: Case) -> Advice:
    situation = _situation(case)
    return Advice(
        situation=situation,
        indicator="info",
        values=values_of(case),
        findings=findings(case),
        detail=detail(case),
        suggestions=suggestions(case, situation),
        not_assessed=case.view.record.missing(*_NEEDS),
    )
