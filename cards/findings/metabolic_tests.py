"""The tests of the metabolic workup: what is on file of the last months, how it lies, what is ordered
(clinical_rules.md 5–9, R5; 11, item 30).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from cards.findings.electrolytes import electrolyte_results, low_electrolytes
from cards.findings.lab_orders import is_written_as, ordered_test
from cards.findings.lab_results import is_above_range, is_below_range, is_test, newest, numbered
from cards.findings.months import months_before
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
_CORRECTED: Final = frozenset({"29265-6"})
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

    @property
    def counts_albumin(self) -> bool:
        """Calcium that was corrected for albumin by the laboratory."""
        return self.result is not None and _has(self.result.code, _CORRECTED)


def metabolic_tests(record: PatientRecord, today: date, limits: Mapping[str, float]) -> dict[LabTest, LabOnFile]:
    """Each test of the last `labs_months` calendar months."""
    days = _days(today, limits)
    # The same readings as for medicines, over the months of this workup.
    own_window = {**limits, "electrolyte_days": days}
    minerals = electrolyte_results(record, today, own_window)
    low = {found.electrolyte for found in low_electrolytes(record, today, own_window)}
    found: dict[LabTest, LabOnFile] = {}
    for test in get_args(LabTest):
        result = minerals.get(test) if test in MINERALS else _latest(record.observations, test, today, days)
        level: Level = "unknown"
        if result is not None and test in MINERALS:
            level = "low" if test in low else _level(result)
        found[test] = LabOnFile(test, result, level, awaited(record, test, today, days))
    return found


def awaited(record: PatientRecord, test: LabTest, today: date, within_days: float) -> Evidence | None:
    """An open order for this test, by its code or its words."""
    return ordered_test(record, lambda code: _is_coded(code, test) or is_written_as(code, test), today, within_days)


def albumin(record: PatientRecord, today: date, limits: Mapping[str, float]) -> tuple[Observation | None, bool]:
    """The latest albumin of the same months, and whether it is low: total calcium then reads too low."""
    results = (numbered(o) for o in record.observations if _has(o.code, _ALBUMIN))
    result = newest(results, today, _days(today, limits))
    unit = result.value.unit.lower() if result is not None and result.value is not None else ""
    usual = {"g/l": limits["albumin_low_g_l"], "g/dl": limits["albumin_low_g_dl"]}.get(unit)
    return result, bool(result is not None and is_below_range(result, usual))


def _days(today: date, limits: Mapping[str, float]) -> int:
    return (today - months_before(today, limits["labs_months"])).days


def _latest(observations: Iterable[Observation], test: LabTest, today: date, days: float) -> Observation | None:
    return newest((o for o in observations if _is_coded(o.code, test)), today, days)


def _level(result: Observation) -> Level:
    if is_above_range(result):
        return "high"
    return "in-range" if is_above_range(result) is False or is_below_range(result) is False else "unknown"


def _is_coded(code: Concept, test: LabTest) -> bool:
    return is_test(code, _SETS[test]) and not _has(code, _NOT_THE_TEST)


def _has(code: Concept, codes: frozenset[str]) -> bool:
    return any(coding.code in codes for coding in code.codings)
