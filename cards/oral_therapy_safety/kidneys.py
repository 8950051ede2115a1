"""Baclofen and the kidneys (clinical_rules.md 5–9, R7d [E19])."""

from typing import Final, NamedTuple

from cards.findings.baclofen_dose import baclofen_a_day
from cards.findings.dosage_frequency import Range
from cards.findings.kidney_function import Egfr, egfr, ordered_creatinine, severe_kidney_disease
from cards.findings.oral_drugs import OralDrug
from cards.oral_therapy_safety import proposals
from cards.oral_therapy_safety.concern import MISSING, Concern, amount, day, medicines
from cds_service.advice import Evidence, Finding, Phrase, Suggestion, Value, View
from cds_service.record import Quantity

_STATES: Final = ("current", "ordered")


class Case(NamedTuple):
    """Baclofen taken or ordered, with the latest eGFR; or a diagnosis of severe kidney disease that no recent one
    outweighs (11, item 33).
    """

    drug: OralDrug
    dose: Range | None
    result: Egfr | None
    kidneys: Evidence


def baclofen_concern(view: View, drug: OralDrug | None) -> Concern | None:
    """Below 30 whatever the dose; below 60 from 20 mg a day."""
    case = _case(view, drug)
    if case is None:
        return None
    if case.result is None:
        return _concern(view, case, "baclofen-kidney-disease")
    if case.result.is_below(view.limits["baclofen_egfr_avoid"]):
        return _concern(view, case, "baclofen-avoid")
    is_high = case.dose is not None and case.dose.high >= view.limits["baclofen_mg"]
    is_reduced = case.result.is_below(view.limits["baclofen_egfr"])
    return _concern(view, case, "baclofen-dose") if is_high and is_reduced else None


def unreadable_dose(view: View, drug: OralDrug | None) -> tuple[Phrase, ...]:
    """A dose that cannot be worked out, where it would decide."""
    case = _case(view, drug)
    if case is None or case.dose is not None or case.result is None:
        return ()
    result = case.result
    if not result.is_below(view.limits["baclofen_egfr"]) or result.is_below(view.limits["baclofen_egfr_avoid"]):
        return ()
    return (Phrase("quality/baclofen-dose", {"egfr": amount(result.value), "date": day(result.evidence.date)}),)


def _case(view: View, drug: OralDrug | None) -> Case | None:
    if drug is None or drug.state not in _STATES:
        return None
    result = egfr(view.record, view.today, view.limits["baclofen_egfr_days"])
    severe = None
    if egfr(view.record, view.today, view.limits["egfr_days"]) is None:
        severe = severe_kidney_disease(view.record, view.today, view.limits)
    if severe is not None and result is not None and not result.is_below(view.limits["baclofen_egfr_avoid"]):
        result = None
    kidneys = result.evidence if result else severe
    dose = baclofen_a_day(drug.uses, view.today, view.limits)
    return Case(drug, dose, result, kidneys) if kidneys else None


def _concern(view: View, case: Case, situation: str) -> Concern:
    values: dict[str, Value] = {
        "dose": _shown(case.dose),
        "egfr": amount(case.result.value) if case.result else MISSING,
        "what": case.kidneys.display,
        "date": day(case.kidneys.date),
        "limit": round(view.limits["baclofen_mg"]),
        "days": int(view.limits["egfr_days"]),
    }
    ordered = (Phrase("line/baclofen-ordered"),) if case.drug.state == "ordered" else ()
    block = f"finding/{situation}" if case.dose is not None else f"finding/{situation}-dose-unknown"
    return Concern(
        situation=situation,
        indicator="warning",
        weight=6 if situation == "baclofen-dose" else 4,
        values=values,
        finding=Finding("baclofen-renal", values, (*medicines(case.drug.uses), case.kidneys), block),
        lines=(Phrase("line/baclofen"), *ordered),
        suggestions=(proposals.review(view, "baclofen", values, case.drug.uses), *_new_result(view, case, values)),
    )


def _new_result(view: View, case: Case, values: dict[str, Value]) -> tuple[Suggestion, ...]:
    """A new creatinine where the latest eGFR is not recent and none is awaited."""
    days = view.limits["egfr_days"]
    if egfr(view.record, view.today, days) or ordered_creatinine(view.record, view.today, days):
        return ()
    return (proposals.order_creatinine(view, values, case.kidneys.reference),)


def _shown(dose: Range | None) -> Value:
    """`30`, `20–30`, `0.5`; a dash where it is not known."""
    return Quantity(round(dose.low, 1), round(dose.high, 1)) if dose else MISSING
