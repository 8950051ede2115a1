"""Caffeine a day from everything on file: medicines, the recorded intake, diagnoses (clinical_rules.md 3.1–3.3).

LOINC's intake terms mean all sources, so a recorded intake may already hold the medicines: at least `max(intake,
medicines)`, at most
their sum with all as-needed doses; where the intake is of drinks alone, at least the sum.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from cards.findings.caffeine_dose import Portion, portions
from cards.findings.caffeine_observation import ObservedIntake, observed_intake
from cards.findings.caffeine_products import DosedProduct, caffeine_product
from cards.findings.clinical_text import fold
from cards.findings.condition_status import is_current
from cards.findings.dosage_frequency import Range
from cards.findings.medication_exposure import Exposure, exposure
from cards.findings.vocabulary import table, vocabulary
from cards.value_sets import value_set
from cds_service.record import ICD10CM, Condition, MedicationUse, PatientRecord

# Beyond this, a difference comes from the arithmetic (a third of a day), not from a dose.
_DECIMALS = 6


class CaffeineSource(NamedTuple):
    """One caffeine product that is taken. `certain` is false where the record leaves open whether it is (status
    unknown).
    """

    use: MedicationUse
    product: DosedProduct
    exposure: Exposure
    portions: tuple[Portion, ...]

    @property
    def certain(self) -> bool:
        return self.exposure.state == "current"

    @property
    def fixed(self) -> Range:
        low = sum(p.fixed.low for p in self.portions) if self.certain else 0.0
        return Range(low, sum(p.fixed.high for p in self.portions))

    @property
    def as_needed(self) -> float:
        return sum(p.as_needed for p in self.portions)

    @property
    def has_unknown(self) -> bool:
        return any(p.unknown for p in self.portions)


class CaffeineIntake(NamedTuple):
    """mg a day: surely `low`, possibly `high`. `has_unknown`: some source could not be turned into a number."""

    low: float
    high: float
    sources: tuple[CaffeineSource, ...] = ()
    observed: ObservedIntake | None = None
    diagnoses: tuple[Condition, ...] = ()
    withdrawal: tuple[Condition, ...] = ()

    @property
    def has_unknown(self) -> bool:
        unread = self.observed is not None and self.observed.amount is None
        return unread or any(source.has_unknown for source in self.sources)


def caffeine_intake(record: PatientRecord, today: date, limits: Mapping[str, float]) -> CaffeineIntake:
    """Everything on file about caffeine. Limits: `caffeine_observation_days`, `caffeine_comparator_step_mg`,
    `caffeine_most_pieces`.
    """
    sources = _sources(record, today, limits)
    observed = observed_intake(record, today, limits)
    fixed = Range(sum(s.fixed.low for s in sources), sum(s.fixed.high for s in sources))
    as_needed = sum(s.as_needed for s in sources)
    intake = observed.amount if observed is not None and observed.amount is not None else Range(0, 0)
    adds_up = observed is not None and observed.drinks_only
    low = intake.low + fixed.low if adds_up else max(intake.low, fixed.low)
    current = [c for c in record.conditions if is_current(c, today, limits, record.conditions)]
    return CaffeineIntake(
        low=round(low, _DECIMALS),
        high=round(intake.high + fixed.high + as_needed, _DECIMALS),
        sources=sources,
        observed=observed,
        diagnoses=tuple(c for c in current if _is_caffeine_diagnosis(c)),
        withdrawal=tuple(c for c in current if any(k.code in _diagnoses()["not_intake"] for k in c.code.codings)),
    )


def _sources(record: PatientRecord, today: date, limits: Mapping[str, float]) -> tuple[CaffeineSource, ...]:
    """The caffeine products taken today; a statement and an order of one product are one source (3.1)."""
    uses = [use for use in record.medications if use.kind in ("statement", "request")]
    found = [(use, product) for use in uses if (product := caffeine_product(use)) is not None]
    statements = [(use, product) for use, product in found if use.kind == "statement"]
    taken = []
    for use, product in found:
        state = exposure(use, today)
        amounts = portions(product, use.dosages, today, limits) if state.state in ("current", "unclear") else ()
        source = CaffeineSource(use, product, state, amounts)
        denied = use.kind == "request" and _is_denied(use, product, statements)
        if not denied and (source.has_unknown or source.fixed.high or source.as_needed):
            taken.append(source)
    sources: list[CaffeineSource] = []
    # A statement goes before an order, unless only the order says how much.
    for source in sorted(taken, key=lambda s: (s.has_unknown, s.use.kind != "statement")):
        if not any(_is_same(source, other) for other in sources):
            sources.append(source)
    return tuple(sources)


def _key(product: DosedProduct) -> tuple[object, ...]:
    return (product.composition, product.mg if product.mg is None else round(product.mg, 3), product.per_ml)


def _is_same(source: CaffeineSource, other: CaffeineSource) -> bool:
    """An order behind a statement of the same product; or the same entry of one kind twice over, to the dose: two
    statements only where they say the very same, as one in the morning and one at noon add up.
    """
    if _key(source.product) != _key(other.product):
        return False
    if source.use.kind != other.use.kind:
        return True
    if source.use.kind == "statement":
        return bool(source.use.dosages) and source.use.dosages == other.use.dosages
    return (source.fixed, source.as_needed) == (other.fixed, other.as_needed)


def _is_denied(
    order: MedicationUse, product: DosedProduct, statements: list[tuple[MedicationUse, DosedProduct]]
) -> bool:
    """A statement that it is not taken, not older than the order."""
    for use, stated in statements:
        if use.status != "not-taken" or _key(stated) != _key(product):
            continue
        said = use.asserted or use.given or (use.course.start if use.course else None)
        if said is None or order.authored is None or said.latest >= order.authored.earliest:
            return True
    return False


def _is_caffeine_diagnosis(condition: Condition) -> bool:
    """Caffeine's own disorder, poisoning or adverse effect; a general stimulant code only with the word itself."""
    says_so = any(vocabulary("caffeine_products")["caffeine"].search(fold(w)) for w in condition.code.words)
    for coding in condition.code.codings:
        if coding.code in _diagnoses()["not_intake"]:
            continue
        if coding in value_set("caffeine_conditions") and (says_so or coding.code not in _diagnoses()["need_the_word"]):
            return True
        underdosed = any(coding.code.startswith(prefix) for prefix in _diagnoses()["not_these_prefixes"])
        if coding.system == ICD10CM and coding.code.startswith(_diagnoses()["icd10cm_prefix"]) and not underdosed:
            return True
    return False


def _diagnoses() -> Mapping[str, Any]:
    found: Mapping[str, Any] = table("caffeine_intake")["diagnoses"]
    return found
