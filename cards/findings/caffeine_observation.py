"""The recorded caffeine intake in mg a day (clinical_rules.md 3.2, decision 27): units, comparators, ranges,
servings, components.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import NamedTuple

from cards.findings.clinical_text import fold
from cards.findings.dosage_frequency import Range
from cards.findings.lab_results import latest, taken_on
from cards.findings.vocabulary import table, vocabulary
from cds_service.record import Component, Observation, PatientRecord, Quantity


class ObservedIntake(NamedTuple):
    """`amount` in mg a day, None where it could not be read. `estimated`: from servings. `drinks_only`: medicines
    come on top.
    """

    observation: Observation
    amount: Range | None = None
    estimated: bool = False
    drinks_only: bool = False

    @property
    def date(self) -> str:
        taken = taken_on(self.observation)
        return taken.written if taken else ""


def observed_intake(record: PatientRecord, today: date, limits: Mapping[str, float]) -> ObservedIntake | None:
    """The newest usable intake observation of the last `caffeine_observation_days` days; never a blood level (LOINC
    3422-3).
    """
    observation = latest(record, "caffeine_intake", today, limits["caffeine_observation_days"])
    if observation is None:
        return None
    step = limits["caffeine_comparator_step_mg"]
    words = (*observation.code.words, observation.value_words, *observation.value_concept.words, *observation.notes)
    about = [fold(w) for w in words if w]
    drinks_only = any(vocabulary("caffeine_intake")["beverages_only"].search(w) for w in about)
    if observation.value is not None:
        amount, estimated = _amount(observation.value, about, step)
        return ObservedIntake(observation, amount, estimated, drinks_only)
    if observation.components:
        return _from_components(observation, about, drinks_only, step)
    return ObservedIntake(observation, _written(observation.value_words, step), False, drinks_only)


def _from_components(observation: Observation, about: list[str], drinks_only: bool, step: float) -> ObservedIntake:
    """The sum of what is listed; when each is a drink, it is drinks only."""
    parts, estimated, drinks = [], False, True
    for component in observation.components:
        words = [fold(w) for w in (*component.code.words, component.value_words) if w]
        amount, guessed = _component(component, words, step)
        if amount is None:
            return ObservedIntake(observation, None, False, drinks_only)
        parts.append(amount)
        estimated = estimated or guessed
        drinks = drinks and any(vocabulary("caffeine_intake")["beverage"].search(w) for w in (*words, *about))
    total = Range(sum(p.low for p in parts), sum(p.high for p in parts))
    return ObservedIntake(observation, total, estimated, drinks_only or drinks)


def _component(component: Component, words: list[str], step: float) -> tuple[Range | None, bool]:
    if component.value is None:
        return _written(component.value_words, step), False
    return _amount(component.value, words, step)


def _amount(value: Quantity, about: list[str], step: float) -> tuple[Range | None, bool]:
    """Milligrams a day, and whether they are an estimate from servings."""
    unit = fold(value.unit)
    for ending in sorted(table("caffeine_intake")["units"]["a_day"], key=len, reverse=True):
        unit = unit.removesuffix(ending)
    mass = table("caffeine_products")["mass"].get(unit.strip(" {}"))
    if mass is not None:
        return _compared(value.low * mass, value.high * mass, value.comparator, step), False
    if unit.strip(" {}()").removesuffix("(s)") not in table("caffeine_intake")["serving_units"]["names"]:
        return None, False
    serving = next((mg for pattern, mg in _servings() if any(pattern.search(w) for w in (unit, *about))), None)
    if serving is None:
        return None, False
    return _compared(value.low * serving, value.high * serving, value.comparator, step), True


def _compared(low: float, high: float, comparator: str, step: float) -> Range | None:
    """`>400` is from 400.01; `<400` is from nothing to 399.99 (clinical_rules.md 3.2, decision 27)."""
    if not Range(low, high).is_sound:
        return None
    if comparator == ">":
        return Range(low + step, high + step)
    if comparator == "<":
        return Range(0, max(high - step, 0))
    return Range(0 if comparator == "<=" else low, high)


def _written(words: str, step: float) -> Range | None:
    found = vocabulary("caffeine_intake")["written_amount"].search(fold(words))
    if found is None:
        return None
    low = float(found["low"].replace(",", "."))
    high = float((found["high"] or found["low"]).replace(",", "."))
    mass = table("caffeine_products")["mass"][found["unit"]]
    return _compared(low * mass, high * mass, found["comparator"] or "", step)


@cache
def _servings() -> tuple[tuple[re.Pattern[str], float], ...]:
    return tuple((re.compile(entry["pattern"]), float(entry["mg"])) for entry in table("caffeine_intake")["serving"])
