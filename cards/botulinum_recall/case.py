"""Everything that this card's modules look at, gathered once, and the values that its words may use."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from cards.botulinum_recall.doses import Doses, doses
from cards.botulinum_recall.interval import Recall, recall
from cards.botulinum_recall.products import interval_after
from cards.findings.botulinum_cautions import Caution, cautions
from cards.findings.botulinum_history import BotulinumHistory, Injection, history
from cards.findings.botulinum_plans import Plan, plans
from cards.findings.spasm_burden import Burden, burden
from cds_service.advice import Listed, Phrase, Value, View
from cds_service.record import PartialDate


class Case(NamedTuple):
    """One patient's botulinum treatment today. `too_early` is the first plan before the earliest advised day."""

    view: View
    history: BotulinumHistory
    recall: Recall
    plans: tuple[Plan, ...]
    too_early: Plan | None
    doses: Doses
    burden: Burden | None = None
    cautions: tuple[Caution, ...] = ()

    @property
    def is_recalled(self) -> bool:
        """Whether the state is one to speak of, and nothing is arranged yet."""
        return self.recall.state not in ("never", "covered") and not self.plans

    @property
    def is_at_stake(self) -> bool:
        """Whether another injection is near, or too much was given: then cautions matter (clinical_rules.md 2.6)."""
        return self.is_recalled or bool(self.plans) or self.recall.pair is not None or self.doses.is_too_much

    @property
    def is_later(self) -> bool:
        """Due for the face, but another injection puts the earliest advised day into the future."""
        earliest = self.recall.earliest
        return self.recall.state in ("due", "late") and earliest is not None and earliest > self.view.today

    @property
    def is_contraindicated(self) -> bool:
        return any(caution.is_contraindication for caution in self.cautions)

    @property
    def next_visit(self) -> tuple[date, date]:
        """From the earliest advised day, or today, to the end of the product's usual window, with time enough to
        arrange it.
        """
        start = max(self.view.today, self.recall.earliest or self.view.today)
        end = start + timedelta(days=self.view.limits["booking_days"])
        last = self.recall.last
        return start, max(end, usual_window(last, self.view)[1]) if last else end


def gather(view: View) -> Case:
    """The case of this view. Remarks and cautions are looked for only where they can change what is said."""
    record, today, limits = view.record, view.today, view.limits
    past = history(record, today, limits)
    state = recall(past, limits, today)
    arranged = plans(record, today, limits, past.last.on.latest if past.last else None)
    early = (plan for plan in arranged if _is_too_early(plan, past, state, limits))
    case = Case(
        view=view,
        history=past,
        recall=state,
        plans=arranged,
        too_early=next(early, None),
        doses=doses(past, limits, today),
        burden=burden(record, view.twitching, state.last.on.earliest) if state.last and state.state == "due" else None,
    )
    return case._replace(cautions=cautions(record, today, limits)) if case.is_at_stake else case


def _is_too_early(plan: Plan, past: BotulinumHistory, state: Recall, limits: Mapping[str, float]) -> bool:
    earliest = earliest_visit(past, state, limits)
    return earliest is not None and plan.is_before(earliest.day)


class Earliest(NamedTuple):
    """The earliest advised day for another injection, and the one from which it counts."""

    day: date
    after: Injection


def earliest_visit(past: BotulinumHistory, state: Recall, limits: Mapping[str, float]) -> Earliest | None:
    """After what was given, not after a later supply: that one may be for this very visit."""
    given = past.last_injected
    if state.earliest is None or state.any_last is None or given is None:
        return None
    after_given = given.on.latest + timedelta(days=interval_after(given.product, limits).min_days)
    return Earliest(after_given, given) if after_given < state.earliest else Earliest(state.earliest, state.any_last)


def day(on: PartialDate) -> Value:
    """A date as exact as it is known."""
    if on.is_exact:
        return on.earliest
    return on.written or Listed((on.earliest, on.latest), "–")


def usual_window(injection: Injection, view: View) -> tuple[date, date]:
    """The usual days for the next injection of this product (clinical_rules.md 2.4)."""
    usual, last = interval_after(injection.product, view.limits), injection.on.latest
    return last + timedelta(weeks=usual.usual_from_weeks), last + timedelta(weeks=usual.usual_to_weeks)


def values_of(case: Case) -> dict[str, Value]:
    """The blanks of this card's words, as far as they are known."""
    limits, state = case.view.limits, case.recall
    values: dict[str, Value] = {
        "today": case.view.today,
        "dose_days": round(limits["dose_days"]),
        "dose_limit": round(limits["dose_units"]),
        "facial_dose_days": round(limits["facial_dose_days"]),
        "facial_dose_limit": round(limits["facial_dose_units"]),
        "units": case.doses.units or 0,
        "facial_units": case.doses.facial_units or 0,
    }
    if state.earliest is not None:
        values["earliest"] = state.earliest
    if state.any_last is not None:
        values |= {
            "any_product": state.any_last.product.name,
            "any_date": day(state.any_last.on),
            "interval": interval_after(state.any_last.product, limits).min_days // 7,
        }
    if state.last is not None:
        window, usual = usual_window(state.last, case.view), interval_after(state.last.product, limits)
        values |= {
            "product": state.last.product.name,
            "date": day(state.last.on),
            "days": state.days,
            "weeks": state.days // 7,
            "recorded_as": state.last.evidence[0].display or state.last.product.name,
            "window_from": window[0],
            "window_to": window[1],
            "from_weeks": usual.usual_from_weeks,
            "to_weeks": usual.usual_to_weeks,
        }
    if state.pair is not None:
        values |= {
            "earlier_product": state.pair.earlier.product.name,
            "earlier_date": day(state.pair.earlier.on),
            "later_product": state.pair.later.product.name,
            "later_date": day(state.pair.later.on),
            "apart": state.pair.days,
        }
    if case.too_early is not None:
        values |= {"booked": case.too_early.evidence.display, "booked_date": _planned_day(case.too_early)}
    if case.cautions:
        values["caution"] = _named(case.cautions[0])
    return values


def _named(caution: Caution) -> Value:
    """An allergy is recorded by what it is to, and says nothing without that word."""
    what = caution.evidence.display
    return Phrase("caution/allergy", {"what": what}) if caution.kind == "hypersensitivity" and what else what


def values_after(earliest: Earliest) -> dict[str, Value]:
    """The blanks that tell of the earliest advised day and why it is that day."""
    last = earliest.after
    return {
        "earliest": earliest.day,
        "any_product": last.product.name,
        "any_date": day(last.on),
        "interval": (earliest.day - last.on.latest).days // 7,
    }


def _planned_day(plan: Plan) -> str:
    on = plan.on.end if plan.on else None
    return on.latest.isoformat() if on else ""
