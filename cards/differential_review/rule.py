"""R8 – differential diagnosis and education in facial twitching (clinical_rules.md 5–9 and 11, items 16 and 17).

When    hemifacial spasm of both sides (T1b); movement after a facial palsy (synkinesis); or hemifacial spasm or
        one-sided twitching (T1, T2) with another condition on record that bears on it: multiple sclerosis, trigeminal
        neuralgia, parkinsonism, an earlier facial palsy, another facial movement (tic, blepharospasm, dystonia,
        seizure), or what makes twitching worse (anxiety, stress, fatigue, poor sleep) [S1][S2].
Then    info: both sides are exceptional, 0.4 % [E6], blepharospasm is of both sides [E12] – consider neurology and an
        MRI; synkinesis comes with voluntary movement; tics go away in sleep [E22]; what else the entries speak for.
Unless  the MRI card is shown, which then says the same (11, item 16); the only movement is another one, a tic alone
        too (11, item 17); the side is unknown; dormant; comfort care.

At most one card, whatever there is. It never says that a diagnosis is wrong.
"""

from typing import Final

from cards.differential_review.case import Case, gather
from cards.differential_review.lines import detail, findings
from cards.differential_review.proposals import suggestions
from cards.findings.coexisting_conditions import TRIGGER_FACTORS
from cards.findings.imaging_plans import comfort_care
from cards.mri_workup import rule as mri_workup
from cds_service.advice import Advice, Listed, Silence, Values, Verdict, View

_SPEAKS_BY_ITSELF: Final = ("bilateral", "post-paralytic")
_WITH_ANOTHER: Final = ("hemifacial-spasm", "possible")


def advise(view: View) -> Verdict:
    """The advice of R8, or why there is none. Card limit used here: `trigger_factors_alone`."""
    kind = view.twitching.kind
    if kind not in _SPEAKS_BY_ITSELF and kind not in _WITH_ANOTHER:
        return Silence("no-twitching" if kind == "none" else kind)
    if view.twitching.dormant:
        return Silence("dormant")
    comfort = comfort_care(view.record, view.today, view.limits)
    if comfort is not None:
        return Silence("comfort-care", {"what": comfort.display})
    case = gather(view)
    if kind in _WITH_ANOTHER and not _is_enough(case):
        return Silence("nothing-besides")
    if "mri-workup" not in view.hidden and isinstance(mri_workup.advise(view), Advice):
        return Silence("on-the-mri-card")
    return _advice(case)


def _is_enough(case: Case) -> bool:
    if any(found.kind != TRIGGER_FACTORS for found in case.coexisting):
        return True
    alone = case.view.limits["trigger_factors_alone"]
    return any(len(found.evidence) >= alone for found in case.coexisting)


def _situation(case: Case) -> str:
    kind = case.view.twitching.kind
    if kind in _SPEAKS_BY_ITSELF:
        return kind
    return TRIGGER_FACTORS if all(found.kind == TRIGGER_FACTORS for found in case.coexisting) else "coexisting"


def _advice(case: Case) -> Advice:
    others = [found for found in case.coexisting if found.kind != TRIGGER_FACTORS]
    values: Values = {
        "others": Listed(tuple(found.label for found in others)),
        "factors": Listed(tuple(dict.fromkeys(e.display for found in case.coexisting for e in found.evidence))),
    }
    is_bilateral = case.view.twitching.kind == "bilateral"
    return Advice(
        situation=_situation(case),
        indicator="info",
        values=values,
        findings=findings(case),
        detail=detail(case),
        suggestions=suggestions(case),
        not_assessed=case.view.record.missing("diagnosticReports", "procedures") if is_bilateral else (),
    )
