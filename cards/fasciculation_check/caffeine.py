"""The half about caffeine (clinical_rules.md 3.3): the outcome, its finding, its lines, what can be done."""

from typing import Final, Literal

from cards.fasciculation_check.limit import CaffeineLimit, caffeine_limit
from cards.fasciculation_check.parts import MISSING, Part, day, rounded, span, whole
from cards.fasciculation_check.proposals import asking, counselling, weeks_to_reassess
from cards.findings.caffeine_dose import Portion
from cards.findings.caffeine_intake import CaffeineIntake, CaffeineSource, caffeine_intake
from cards.findings.caffeine_observation import ObservedIntake
from cards.findings.labels import label
from cds_service.advice import Evidence, Finding, Phrase, Values, View
from cds_service.record import Condition

Outcome = Literal["exceeds", "possible", "diagnosis", "borderline", "unknown"]

# Which half speaks: caffeine above guidance, a medicine that warns (1), caffeine that may be above, a medicine (3),
# the rest.
_WEIGHTS: Final[dict[Outcome, int]] = {"exceeds": 0, "possible": 2, "diagnosis": 4, "borderline": 5, "unknown": 6}
_UNKNOWN: Final = {"strength": "no-strength", "dose": "no-dose", "frequency": "no-frequency", "as-needed": "no-maximum"}


def caffeine_part(view: View) -> Part | None:
    """What caffeine gives to say, or None."""
    intake, limit = caffeine_intake(view.record, view.today, view.limits), caffeine_limit(view)
    outcome = outcome_of(intake, limit.mg, view.limits["caffeine_borderline_share"])
    if outcome is None:
        return None
    values = _values(outcome, intake, limit)
    findings = [Finding(f"caffeine-{outcome}", values, _evidence(outcome, intake, limit))]
    if intake.diagnoses and outcome != "diagnosis":
        findings.append(Finding("caffeine-diagnosis", {"what": _diagnosis(intake)}, _conditions(intake.diagnoses)))
    return Part(
        situation=f"caffeine-{outcome}",
        indicator="warning" if outcome == "exceeds" else "info",
        weight=_WEIGHTS[outcome],
        values=values,
        findings=tuple(findings),
        detail=(Phrase("line/caffeine-heading"), findings[0].sentence, *_lines(view, outcome, intake, limit)),
        suggestions=(asking(view, values) if outcome in ("unknown", "diagnosis") else counselling(view, values),),
    )


def outcome_of(intake: CaffeineIntake, limit: float, borderline_share: float) -> Outcome | None:
    """The first row of the table in clinical_rules.md 3.3 that holds; strictly greater is above."""
    if intake.low > limit:
        return "exceeds"
    if intake.high > limit:
        return "possible"
    if intake.diagnoses:
        return "diagnosis"
    if intake.low >= borderline_share * limit:
        return "borderline"
    return "unknown" if intake.has_unknown and intake.sources else None


def _values(outcome: Outcome, intake: CaffeineIntake, limit: CaffeineLimit) -> Values:
    amount = intake.high if outcome == "possible" else intake.low
    values = {"n": whole(amount), "low": whole(intake.low), "limit": whole(limit.mg)}
    if outcome == "diagnosis":
        return {**values, "what": _diagnosis(intake)}
    unknown = next((s.product.label for s in intake.sources if s.has_unknown), "")
    return {**values, "what": unknown}


def _diagnosis(intake: CaffeineIntake) -> str:
    return label(intake.diagnoses[0].code, "caffeine_conditions")


def _evidence(outcome: Outcome, intake: CaffeineIntake, limit: CaffeineLimit) -> tuple[Evidence, ...]:
    if outcome == "diagnosis":
        return _conditions(intake.diagnoses)
    found = [Evidence(s.use.reference, _since(s), s.product.label) for s in intake.sources]
    if intake.observed is not None:
        observation = intake.observed.observation
        found.append(Evidence(observation.reference, intake.observed.date, observation.code.label))
    return (*found, *limit.evidence)


def _conditions(conditions: tuple[Condition, ...]) -> tuple[Evidence, ...]:
    return tuple(Evidence(c.reference, _noted(c), c.code.label) for c in conditions)


def _noted(condition: Condition) -> str:
    when = condition.onset or condition.recorded
    return when.written if when else ""


def _since(source: CaffeineSource) -> str:
    return source.exposure.start.written if source.exposure.start else ""


def _lines(view: View, outcome: Outcome, intake: CaffeineIntake, limit: CaffeineLimit) -> list[Phrase]:
    lines = _table(intake)
    lines += _sums(intake)
    lines.append(limit.why)
    if outcome != "diagnosis":
        lines += [_dated("line/caffeine-diagnosis", c) for c in intake.diagnoses]
    lines += [_dated("line/caffeine-withdrawal", c) for c in intake.withdrawal]
    asks = outcome in ("unknown", "diagnosis")
    advice = Phrase("line/caffeine-ask") if asks else Phrase("line/caffeine-advice", weeks_to_reassess(view))
    return [*lines, advice, Phrase("line/caffeine-explains-little"), Phrase("line/rest")]


def _dated(block: str, condition: Condition) -> Phrase:
    return Phrase(block, {"what": label(condition.code, "caffeine_conditions"), "date": _noted(condition) or MISSING})


def _table(intake: CaffeineIntake) -> list[Phrase]:
    rows = [_row(source, portion) for source in intake.sources for portion in source.portions]
    if intake.observed is not None:
        rows.append(_observed(intake.observed))
    return [Phrase("line/caffeine-table"), *rows] if rows else []


def _row(source: CaffeineSource, portion: Portion) -> Phrase:
    values: Values = {
        "product": source.product.label,
        "since": day(source.exposure.start),
        "dose": span(portion.dose, 2),
        "times": span(portion.times, 2),
        "written": portion.written or MISSING,
    }
    if portion.unknown:
        return Phrase(f"line/caffeine-{_UNKNOWN[portion.unknown]}", values)
    if portion.as_needed:
        block = "as-needed" if portion.dose is not None and portion.times is not None else "most"
        return Phrase(f"line/caffeine-{block}", {**values, "mg": whole(portion.as_needed)})
    block = "fixed" if source.certain else "unclear"
    return Phrase(f"line/caffeine-{block}", {**values, "mg": span(portion.fixed)})


def _observed(observed: ObservedIntake) -> Phrase:
    value = observed.observation.value
    values: Values = {
        "what": label(observed.observation.code, "caffeine_intake"),
        "date": observed.date or MISSING,
        "recorded": rounded(value) if value is not None else observed.observation.value_words or MISSING,
    }
    if observed.amount is None:
        return Phrase("line/caffeine-observed-unread", values)
    block = "observed-drinks" if observed.drinks_only else "observed"
    block = "observed-estimate" if observed.estimated else block
    return Phrase(f"line/caffeine-{block}", {**values, "mg": span(observed.amount)})


def _sums(intake: CaffeineIntake) -> list[Phrase]:
    values: Values = {"low": whole(intake.low), "high": whole(intake.high)}
    read = intake.observed is not None and intake.observed.amount is not None
    if not intake.sources:
        return [Phrase("line/caffeine-no-medicines")] if read else []
    lines = []
    if read and intake.observed is not None:
        block = "drinks-only" if intake.observed.drinks_only else "overlapping"
        lines.append(Phrase(f"line/caffeine-sum-{block}", values))
    elif intake.high:
        exact = "-exact" if intake.low == intake.high else ""
        lines.append(Phrase(f"line/caffeine-sum-medicines{exact}", values))
    return [*lines, Phrase("line/caffeine-partly-unknown")] if lines and intake.has_unknown else lines
