"""The latest result that can be relied on, and whether it lies below its reference range (clinical_rules.md 3.2, 4)."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cards.findings.clinical_text import fold
from cards.findings.vocabulary import table, vocabulary
from cards.value_sets import value_set
from cds_service.record import LOINC, Concept, Observation, PartialDate, PatientRecord, Quantity

USABLE = frozenset({"final", "amended", "corrected", "appended"})
_LOW = frozenset({"L", "LL", "<", "LU"})
_HIGH = frozenset({"H", "HH", ">", "HU"})
_NOT_LOW = _HIGH | {"N"}
_NOT_HIGH = _LOW | {"N"}
# A whole result in words: ">60", "25 mL/min/1.73 m2", "128 mmol/L (L)".
_NUMBER: Final = re.compile(
    r"(?P<sign>[<>]=?|[≤≥])?\s*(?P<amount>\d+(?:[.,]\d+)?)\s*(?P<unit>[^\W\d_]+/\S*(?: ?m[²2])?)?"
    r"(?:\s*\(?(?:HH?|LL?|N|\*)\)?)?"
)
_SIGNS: Final = {"≤": "<=", "≥": ">="}


def latest(record: PatientRecord, value_set_name: str, today: date, within_days: float) -> Observation | None:
    """The newest usable result of these codes, dated surely within `within_days` days before today (both ends
    included).
    """
    return newest((o for o in record.observations if is_test(o.code, value_set_name)), today, within_days)


def is_test(code: Concept, value_set_name: str) -> bool:
    """Whether this is the test of that value set, in whatever unit the laboratory reports it."""
    if value_set(value_set_name).match(code):
        return True
    more = table("lab_results")["also_read"].get(value_set_name, ())
    return any(coding.system == LOINC and coding.code in more for coding in code.codings)


def numbered(observation: Observation) -> Observation:
    """With its number as a number, where the laboratory sent it in words."""
    found = _NUMBER.fullmatch(observation.value_words.strip()) if observation.value is None else None
    if found is None:
        return observation
    amount, sign = float(found["amount"].replace(",", ".")), found["sign"] or ""
    return observation._replace(value=Quantity(amount, amount, found["unit"] or "", _SIGNS.get(sign, sign)))


def newest(observations: Iterable[Observation], today: date, within_days: float) -> Observation | None:
    """The newest usable one of these; on one day the one issued last. A vague date counts when all of it is recent
    enough. One that says nothing ("haemolysed", "see comment") hides no earlier one.
    """
    first = today - timedelta(days=within_days)
    recent = []
    for observation in observations:
        taken = taken_on(observation)
        is_usable = observation.status in USABLE and _says_something(observation)
        if is_usable and taken is not None and first <= taken.earliest <= today:
            recent.append((min(taken.latest, today), _instant(observation), observation))
    return max(recent, key=lambda entry: entry[:2])[2] if recent else None


def is_without_result(observation: Observation) -> bool:
    """Whether its words say that the test was not done, is awaited, or failed."""
    return _is_worded(observation, "no_result")


def _says_something(observation: Observation) -> bool:
    if observation.value or observation.components:
        return True
    if is_without_result(observation) or _is_worded(observation, "elsewhere"):
        return False
    return bool(observation.value_words or observation.value_concept or observation.interpretations)


def _is_worded(observation: Observation, terms: str) -> bool:
    words = (observation.value_words, *observation.value_concept.words)
    return any(vocabulary("lab_results")[terms].search(fold(text)) for text in words if text)


def taken_on(observation: Observation) -> PartialDate | None:
    """When it was taken, else the day on which it was issued."""
    if observation.effective is not None:
        return observation.effective
    try:
        day = date.fromisoformat(observation.issued[:10])
    except ValueError:
        return None
    return PartialDate(day, day, observation.issued)


def _instant(observation: Observation) -> float:
    """Order within a day: by `issued`, else by the time of taking; 0 where neither has a time."""
    for written in (observation.issued, observation.effective.written if observation.effective else ""):
        try:
            moment = datetime.fromisoformat(written)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    return 0.0


def is_below_range(observation: Observation, usual_low: float | None = None) -> bool | None:
    """Below the reference range given with it, else by its interpretation, else below `usual_low` (in its own unit);
    None if unknown.
    """
    value, low = observation.value, observation.range_low
    if value is not None and low is not None and value.comparator not in (">", ">="):
        return value.high < low or (value.comparator == "<" and value.high <= low)
    flags = {flag.upper() for flag in observation.interpretations}
    if flags & _LOW:
        return True
    if flags & _NOT_LOW:
        return False
    if value is None or usual_low is None or value.comparator in (">", ">="):
        return None
    return value.high < usual_low or (value.comparator == "<" and value.high <= usual_low)


def is_above_range(observation: Observation) -> bool | None:
    """Above the reference range given with it, else by its interpretation; None if unknown."""
    value, high = observation.value, observation.range_high
    if value is not None and high is not None and value.comparator not in ("<", "<="):
        return value.low > high or (value.comparator == ">" and value.low >= high)
    flags = {flag.upper() for flag in observation.interpretations}
    return True if flags & _HIGH else False if flags & _NOT_HIGH else None
