"""The tests of the metabolic workup: what is on file of the last months, how it lies, what is ordered
(clinical_rules.md 5–9, R5; 11, item 30).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from cards.findings.clinical_text import asserts
from cards.findings.electrolytes import electrolyte_results, low_electrolytes
from cards.findings.lab_orders import ordered_test
from cards.findings.lab_results import is_above_range, is_below_range, newest
from cards.findings.months import months_before
from cards.findings.vocabulary import vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Concept, Observation, PatientRecord

LabTest: TypeAlias = Literal["calcium", "magnesium", "tsh", "vitamin-d", "pth"]
Level: TypeAlias = Literal["low", "high", "in-range", "unknown"]
MINERALS: Final[tuple[LabTest, ...]] = ("calcium", "magnesium")

_SETS: Final[Mapping[LabTest, str]] = {
    "calcium": "calcium",
    "magnesium": "magnesium",
    "tsh": "thyroid",
    "vitamin-d": "vitamin_d",
    "pth": "pth",
}
_ALBUMIN: Final = frozenset({"1751-7"})
_FREE_T4: Final = frozenset({"3024-7"})
_IONISED: Final = frozenset({"1994-3", "1995-0"})
# What stands in the sets besides the test itself.
_NOT_THE_TEST: Final = _ALBUMIN | _FREE_T4


class LabOnFile(NamedTuple):
    """The latest result of the last months, and the open order for one. `level` is told of minerals only."""

    test: LabTest
    result: Observation | None = None
    level: Level = "unknown"
    ordered: Evidence | None = None

    @property
    def is_missing(self) -> bool:
        return self.result is None and self.ordered is None

    @property
    def is_ionised(self) -> bool:
        """Ionised calcium, which albumin does not change."""
        return self.result is not None and _has(self.result.code, _IONISED)


def metabolic_tests(record: PatientRecord, today: date, limits: Mapping[str, float]) -> dict[LabTest, LabOnFile]:
    """Each test of the last `labs_months` calendar months."""
    days = _days(today, limits)
    # The same readings as for medicines, over the months of this workup.
    own_window = {**limits, "electrolyte_days": days, "oral_order_days": days}
    minerals = electrolyte_results(record, today, own_window)
    low = {found.electrolyte for found in low_electrolytes(record, today, own_window)}
    found: dict[LabTest, LabOnFile] = {}
    for test in get_args(LabTest):
        result = minerals.get(test) if test in MINERALS else _latest(record.observations, test, today, days)
        said = result if result is not None and _says_something(result) else None
        level: Level = "unknown"
        if said is not None and test in MINERALS:
            level = "low" if test in low else _level(said)
        ordered = ordered_test(record, _meant(test), today, own_window)
        found[test] = LabOnFile(test, said, level, ordered)
    return found


def albumin(record: PatientRecord, today: date, limits: Mapping[str, float]) -> tuple[Observation | None, bool]:
    """The latest albumin of the same months, and whether it is low: total calcium then reads too low."""
    result = newest((o for o in record.observations if _has(o.code, _ALBUMIN)), today, _days(today, limits))
    unit = result.value.unit.lower() if result is not None and result.value is not None else ""
    usual = {"g/l": limits["albumin_low_g_l"], "g/dl": limits["albumin_low_g_dl"]}.get(unit)
    return result, bool(result is not None and is_below_range(result, usual))


def _days(today: date, limits: Mapping[str, float]) -> int:
    return (today - months_before(today, limits["labs_months"])).days


def _latest(observations: Iterable[Observation], test: LabTest, today: date, days: float) -> Observation | None:
    return newest((o for o in observations if _is_coded(o.code, test)), today, days)


def _says_something(result: Observation) -> bool:
    return bool(result.value or result.value_words or result.value_concept or result.interpretations)


def _level(result: Observation) -> Level:
    if is_above_range(result):
        return "high"
    return "in-range" if is_above_range(result) is False or is_below_range(result) is False else "unknown"


def _meant(test: LabTest) -> Callable[[Concept], bool]:
    """Whether an order is for this test: by its code, else by its words."""
    pattern = vocabulary("metabolic_tests")[test]
    return lambda code: _is_coded(code, test) or any(asserts(words, pattern) for words in code.words)


def _is_coded(code: Concept, test: LabTest) -> bool:
    return value_set(_SETS[test]).match(code) is not None and not _has(code, _NOT_THE_TEST)


def _has(code: Concept, codes: frozenset[str]) -> bool:
    return any(coding.code in codes for coding in code.codings)
