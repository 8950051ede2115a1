"""R5 – calcium, magnesium and thyroid in facial twitching (clinical_rules.md 5–9, 7; 6, rows 13 and 24; 11, items 29
and 30).

When    hemifacial spasm or twitching of the face, its side known or not, and something that makes one think of them: a
        hormonal or metabolic disorder [S2], a medicine that can disturb electrolytes (a proton pump inhibitor unless
        taken for less than 90 days), paresthesia or cramps. Or a calcium or magnesium out of its range on file.
Then    no calcium and magnesium of the last 6 months: consider both with TSH and vitamin D, info. One of them is on
        file: the other. Out of range: a warning with the value; a low calcium asks for ionised calcium, PTH and
        vitamin D as well, a low magnesium for a new one. A supplement is never advised but for a deficiency that is
        shown (6, row 13).
Unless  what is missing is ordered; both are on file; dormant; on both sides; after a facial palsy; another movement
        disorder only. Not by hemifacial spasm alone.
"""

from typing import Final

from cards.metabolic_labs.case import Case, called, day, further_wanted, gather, results
from cards.metabolic_labs.lines import detail, findings
from cards.metabolic_labs.proposals import suggestions
from cds_service.advice import Advice, Silence, Values, View

_FOR: Final = ("hemifacial-spasm", "possible", "undetermined")
_NEEDS: Final = ("medicationRequests", "medicationAdministrations", "observations", "serviceRequests")


def advise(view: View) -> Advice | Silence:
    """The advice of R5, or why there is none. Card limits: `labs_months`, and of albumin."""
    kind = view.twitching.kind
    if kind not in _FOR:
        return Silence("no-twitching" if kind == "none" else kind)
    if view.twitching.dormant:
        return Silence("dormant")
    case = gather(view)
    return _silence(case) or _advice(case)


def _silence(case: Case) -> Silence | None:
    if case.abnormal:
        return None
    if not case.cues:
        return Silence("no-cue")
    if case.missing:
        return None
    calcium, magnesium = case.tests["calcium"], case.tests["magnesium"]
    if calcium.result is not None and magnesium.result is not None:
        return Silence("labs-on-file", {"calcium": day(calcium.result), "magnesium": day(magnesium.result)})
    awaited = calcium if calcium.result is None else magnesium
    on = awaited.ordered.date[:10] if awaited.ordered else ""
    return Silence("labs-ordered", {"test": called((awaited.test,)), "date": on})


def _advice(case: Case) -> Advice:
    return Advice(
        situation=_situation(case),
        indicator="warning" if case.abnormal else "info",
        values=_values(case),
        findings=findings(case),
        detail=detail(case),
        suggestions=suggestions(case),
        pick="any",
        not_assessed=case.view.record.missing(*_NEEDS),
    )


def _situation(case: Case) -> str:
    if case.abnormal:
        return f"labs-{case.abnormal[0].level}"
    return "labs-missing" if len(case.missing) == 2 and "tsh" in further_wanted(case) else "labs-partly-missing"


def _values(case: Case) -> Values:
    """The summary names the tests that are wanted, and what asks for them; or the results, the low ones before the
    high.
    """
    level = case.abnormal[0].level if case.abnormal else ""
    tests = (*case.missing, *(test for test in further_wanted(case) if test == "tsh"))
    return {
        "tests": called(tests),
        "cue": case.cues[0].label if case.cues else "",
        "results": results(test for test in case.abnormal if test.level == level),
    }
