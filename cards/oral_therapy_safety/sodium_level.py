"""Sodium with carbamazepine or oxcarbazepine (clinical_rules.md 5–9, R7b)."""

from collections.abc import Iterable, Iterator

from cards.findings.oral_drugs import OralDrug
from cards.findings.sodium import Sodium, hyponatraemia, ordered_sodium, sodium
from cards.oral_therapy_safety import proposals
from cards.oral_therapy_safety.concern import Concern, amount, day, medicines
from cds_service.advice import Evidence, Finding, Listed, Name, Phrase, Suggestion, Value, View
from cds_service.record import MedicationUse


def sodium_concern(view: View, found: Iterable[OralDrug]) -> Concern | None:
    """Low, low and not rechecked, or not on file since the start; the later result decides, a diagnosis where there is
    none.
    """
    drugs = tuple(drug for drug in found if drug.state == "current")
    if not drugs:
        return None
    limit = view.limits["sodium_low_mmol_l"]
    recent = sodium(view.record, view.today, view.limits["sodium_days"])
    if recent is not None and recent.is_below(limit):
        return _low(view, drugs, recent)
    diagnosed = hyponatraemia(view.record, view.today, view.limits) if recent is None else None
    if diagnosed is not None:
        return _concern(view, drugs, "sodium-diagnosis", (diagnosed,), {"what": diagnosed.display})
    return _not_checked(view, drugs, limit)


def _low(view: View, drugs: tuple[OralDrug, ...], result: Sodium, situation: str = "sodium-low") -> Concern:
    values: dict[str, Value] = {"value": amount(result.value), "date": day(result.evidence.date)}
    return _concern(view, drugs, situation, (result.evidence,), values)


def _not_checked(view: View, drugs: tuple[OralDrug, ...], limit: float) -> Concern | None:
    """No result since the start, or a low one that nobody repeated. Without a start, or where results were not looked
    at, nothing is said.
    """
    drug = next((d for d in drugs if d.since is not None and not d.is_open), None)
    if drug is None or drug.since is None or view.record.missing("observations"):
        return None
    if ordered_sodium(view.record, view.today, view.limits["oral_order_days"]) is not None:
        return None
    last = sodium(view.record, view.today, max((view.today - drug.since.earliest).days, 0))
    if last is None:
        return _concern(view, (drug,), "sodium-missing", (), {})
    return _low(view, (drug,), last, "sodium-recheck") if last.is_below(limit) else None


def _concern(
    view: View, drugs: tuple[OralDrug, ...], situation: str, evidence: tuple[Evidence, ...], own: dict[str, Value]
) -> Concern:
    is_low = situation in ("sodium-low", "sodium-diagnosis")
    names = tuple(Name(drug.name) for drug in drugs)
    values: dict[str, Value] = {
        "drug": Listed(names),
        "Drug": Listed((Name(names[0].capitalize()), *names[1:])),
        "since": day(drugs[0].since),
        "limit": view.limits["sodium_low_mmol_l"],
        "very_low": view.limits["sodium_very_low_mmol_l"],
        "days": int(view.limits["sodium_days"]),
        **own,
    }
    uses = tuple(use for drug in drugs for use in drug.uses)
    return Concern(
        situation=situation,
        indicator="warning" if is_low else "info",
        weight=5 if is_low else 9,
        values=values,
        finding=Finding("sodium", values, (*evidence, *medicines(uses)), f"finding/{situation}"),
        lines=tuple(_lines(view, situation, values)),
        suggestions=tuple(_suggestions(view, situation, values, uses)),
    )


def _is_very_low(view: View) -> bool:
    recent = sodium(view.record, view.today, view.limits["sodium_days"])
    return recent is not None and recent.is_below(view.limits["sodium_very_low_mmol_l"])


def _lines(view: View, situation: str, values: dict[str, Value]) -> Iterator[Phrase]:
    if _is_very_low(view):
        yield Phrase("line/sodium-very-low", values)
    yield Phrase("line/sodium-why" if situation == "sodium-missing" else "line/sodium-low")


def _suggestions(
    view: View, situation: str, values: dict[str, Value], uses: tuple[MedicationUse, ...]
) -> Iterator[Suggestion]:
    """A result, unless one is awaited; a review where it is low."""
    urgent = _is_very_low(view)
    if ordered_sodium(view.record, view.today, view.limits["oral_order_days"]) is None:
        yield proposals.order_sodium(view, values, urgent)
    if situation in ("sodium-low", "sodium-diagnosis"):
        yield proposals.review(view, "sodium", values, uses, urgent)
