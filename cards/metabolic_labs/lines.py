"""What stands below the summary: the twitching, what is abnormal, why these tests, what is on file."""

from collections.abc import Iterator

from cards.findings.lab_results import is_below_range
from cards.findings.metabolic_cues import Cue
from cards.findings.metabolic_tests import LabOnFile, albumin
from cards.metabolic_labs.case import Case, called, day, evidence, name, value
from cds_service.advice import Finding, Phrase, Values


def findings(case: Case) -> tuple[Finding, ...]:
    """Each abnormal result, then what is missing with what asks for it."""
    return (*(_abnormal(test) for test in case.abnormal), *([_missing(case)] if case.missing else []))


def _abnormal(test: LabOnFile) -> Finding:
    values = _values(test)
    return Finding("labs-abnormal", values, evidence(test), f"finding/labs-abnormal-{test.level}")


def _missing(case: Case) -> Finding:
    asked_by = tuple(entry for cue in case.cues for entry in cue.evidence)
    by_result = tuple(entry for test in case.abnormal for entry in evidence(test))
    return Finding("labs-missing", {"tests": called(case.missing), "months": _months(case)}, asked_by or by_result)


def detail(case: Case) -> tuple[Phrase, ...]:
    """The whole text, in order."""
    return (
        *_trigger(case),
        *_abnormal_lines(case),
        *_cue_lines(case),
        *([_missing(case).sentence] if case.missing else []),
        *_others(case),
        *_consider(case),
        Phrase("line/not-a-diagnosis"),
    )


def _trigger(case: Case) -> Iterator[Phrase]:
    for seen in case.view.twitching.evidence:
        block = "line/triggered-by" if seen.date else "line/triggered-by-undated"
        yield Phrase(block, {"what": seen.display, "date": seen.date[:10]})


def _abnormal_lines(case: Case) -> Iterator[Phrase]:
    for test in case.abnormal:
        yield _abnormal(test).sentence
        if test.level == "low":
            yield from _low_lines(case, test)
    if any(test.level == "high" for test in case.abnormal):
        yield Phrase("line/high")


def _low_lines(case: Case, test: LabOnFile) -> Iterator[Phrase]:
    if test.result is not None and is_below_range(test.result) is None:
        yield Phrase("line/usual-limit")
    if test.test == "calcium" and not test.is_ionised and not test.counts_albumin:
        result, is_low = albumin(case.view.record, case.view.today, case.view.limits)
        if result is None:
            yield Phrase("line/albumin-missing")
        elif is_low:
            yield Phrase("line/albumin-low", {"value": value(result), "date": day(result)})
    yield Phrase(f"line/low-{test.test}")


def _cue_lines(case: Case) -> Iterator[Phrase]:
    if case.cues:
        yield Phrase("line/cues")
    for cue in case.cues:
        yield _cue(cue)


def _cue(cue: Cue) -> Phrase:
    block = f"line/cue-{cue.kind}" if cue.since else f"line/cue-{cue.kind}-undated"
    return Phrase(block, {"what": cue.label, "date": cue.since})


def _others(case: Case) -> Iterator[Phrase]:
    """What is on file besides, and what is ordered."""
    tests = [test for test in case.tests.values() if test not in case.abnormal]
    rows = [Phrase("line/result", _values(test)) for test in tests if test.result is not None]
    rows += [
        Phrase("line/ordered", {"test": called((test.test,)), "date": test.ordered.date[:10]})
        for test in case.tests.values()
        if test.ordered is not None
    ]
    if rows:
        yield Phrase("line/on-file", {"months": _months(case)})
        yield from rows


def _consider(case: Case) -> Iterator[Phrase]:
    """What holds for these tests altogether; none of it for a high result alone."""
    if not case.missing and all(test.level == "high" for test in case.abnormal):
        return
    yield Phrase("line/why")
    if any("potassium" in cue.disturbs for cue in case.cues):
        yield Phrase("line/potassium")
    yield Phrase("line/supplement")


def _values(test: LabOnFile) -> Values:
    result = test.result
    return {"test": name(test), "value": value(result) if result else "", "date": day(result) if result else ""}


def _months(case: Case) -> int:
    return int(case.view.limits["labs_months"])
