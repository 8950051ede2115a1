"""Everything that the card knows of this patient, gathered once, and how it is named."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from cards.findings.lab_results import taken_on
from cards.findings.labels import dated
from cards.findings.metabolic_cues import Cue, metabolic_cues
from cards.findings.metabolic_tests import MINERALS, LabOnFile, LabTest, metabolic_tests
from cds_service.advice import Evidence, Listed, Name, Value, View
from cds_service.record import Observation


class Case(NamedTuple):
    """`abnormal` are calcium and magnesium out of their range, the low ones first; `missing` neither on file nor
    ordered.
    """

    view: View
    cues: tuple[Cue, ...]
    tests: Mapping[LabTest, LabOnFile]
    abnormal: tuple[LabOnFile, ...]
    missing: tuple[LabTest, ...]

    @property
    def low_calcium(self) -> LabOnFile | None:
        calcium = self.tests["calcium"]
        return calcium if calcium.level == "low" else None

    @property
    def reason(self) -> Value:
        """What asks for the tests, in a few words: abnormal results, else the first cue."""
        return results(self.abnormal) if self.abnormal else next((cue.label for cue in self.cues), "")


def gather(view: View) -> Case:
    tests = metabolic_tests(view.record, view.today, view.limits)
    minerals = [tests[name] for name in MINERALS]
    return Case(
        view,
        cues=metabolic_cues(view.record, view.twitching, view.today, view.limits),
        tests=tests,
        abnormal=tuple(test for level in ("low", "high") for test in minerals if test.level == level),
        missing=tuple(test.test for test in minerals if test.is_missing),
    )


def minerals_wanted(case: Case) -> Iterator[str]:
    """What is missing; what confirms and explains a low calcium; a low magnesium once more."""
    calcium = case.low_calcium
    if calcium is not None and not calcium.is_ionised and calcium.ordered is None:
        yield "ionised-calcium"
    if "calcium" in case.missing:
        yield from ("calcium", "albumin")
    magnesium = case.tests["magnesium"]
    if magnesium.is_missing or (magnesium.level == "low" and magnesium.ordered is None):
        yield "magnesium"
    if calcium is not None and case.tests["pth"].is_missing:
        yield "pth"


def further_wanted(case: Case) -> Iterator[str]:
    """What is asked for beside the minerals, where it is not on file."""
    if case.missing and case.tests["tsh"].is_missing:
        yield "tsh"
    if (case.missing or case.low_calcium) and case.tests["vitamin-d"].is_missing:
        yield "vitamin-d"


@cache
def _labels() -> Mapping[str, Name]:
    file = resources.files("cards.metabolic_labs") / "labels.toml"
    names = tomllib.loads(file.read_text(encoding="utf-8"))["tests"]
    return {test: Name(called) for test, called in names.items()}


def called(tests: Iterable[str]) -> Listed:
    """The tests by their short names, as a list."""
    return Listed(tuple(_labels()[test] for test in tests))


def name(test: LabOnFile) -> Name:
    return _labels()["ionised-calcium" if test.is_ionised else test.test]


def value(result: Observation) -> Value:
    """`1.9 mmol/L`, as it was measured; else its words."""
    if result.value is not None:
        return result.value
    return result.value_words or result.value_concept.label or "/".join(result.interpretations)


def day(result: Observation) -> str:
    taken = taken_on(result)
    return taken.written[:10] if taken else ""


def evidence(test: LabOnFile) -> tuple[Evidence, ...]:
    if test.result is None:
        return ()
    taken = taken_on(test.result)
    return (Evidence(test.result.reference, taken.written if taken else "", name(test)),)


def results(tests: Iterable[LabOnFile]) -> Listed:
    """`calcium 1.9 mmol/L (2026-05-02), magnesium 0.5 mmol/L (2026-05-02)`."""
    measured = [(name(test), test.result) for test in tests if test.result is not None]
    return Listed(tuple(dated(Listed((called, value(result)), " "), day(result)) for called, result in measured))
