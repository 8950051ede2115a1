"""The card's findings and what stands below its summary: what failed, what was wished, the MRI, results and risks."""

from collections.abc import Iterator
from typing import Final

from cards.findings.botulinum_response import Failure
from cards.findings.clinical_text import asserts
from cards.findings.neurovascular_conflict import REPORTED, neurovascular_conflict
from cards.findings.red_flags import red_flags
from cards.findings.vocabulary import any_of, table
from cards.mvd_referral.case import Case, values_of
from cds_service.advice import Evidence, Finding, Name, Phrase, Values

_SHOWN: Final = 5
# Diseases that may be behind the spasm, so that decompression may not be the operation to think of.
_SECONDARY: Final = ("tumour", "neurofibromatosis-2", "multiple-sclerosis")


def findings(case: Case) -> tuple[Finding, ...]:
    """One for each reason that holds, all of one code."""
    return tuple(_findings(case))


def _findings(case: Case) -> Iterator[Finding]:
    values = values_of(case)
    if case.has_failed_often:
        yield Finding("mvd-candidate", values, _evidence(case.response.injections))
    elif case.has_failed_with_drug:
        yield Finding("mvd-candidate", values, _evidence(case.failures), "finding/toxin-failed")
    if case.failures and case.drugs:
        evidence = tuple(failure.evidence for failure in case.drugs)
        yield Finding("mvd-candidate", values, evidence, "finding/drug-failed")
    if case.wish is not None:
        yield Finding("mvd-candidate", values, (case.wish.evidence,), "finding/wish")


def _evidence(failures: tuple[Failure, ...]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(evidence for failure in failures for evidence in failure.evidence))


def detail(case: Case) -> tuple[Phrase, ...]:
    """The whole text, in order."""
    return (
        *_trigger(case),
        *(finding.sentence for finding in _findings(case)),
        *_told(case),
        *_mri(case),
        Phrase("line/consider"),
        *_before(case),
        *_results(case),
        Phrase("line/not-a-diagnosis"),
    )


def _trigger(case: Case) -> Iterator[Phrase]:
    for seen in case.view.twitching.evidence:
        yield _dated("line/trigger", {"what": seen.display, "date": seen.date[:10]})
    if case.age is None:
        yield Phrase("line/age-unknown", {"years": int(case.view.limits["adult_years"])})


def _told(case: Case) -> Iterator[Phrase]:
    """The record's own words, the latest injections first."""
    failures = case.failures[::-1]
    for failure in failures[:_SHOWN]:
        product = failure.product or Name("botulinum toxin")
        values = {"product": product, "remark": failure.remark, "date": _day(failure)}
        yield _dated(f"line/failure-{failure.how}", values)
    if len(failures) > _SHOWN:
        yield Phrase("line/failures-more", {"number": len(failures) - _SHOWN})
    for drug in case.drugs if case.failures else ():
        yield Phrase(f"line/drug-{drug.how}", {"drug": drug.drug, "remark": drug.remark})
    if case.wish is not None:
        yield Phrase("line/wish", {"remark": case.wish.remark})


def _day(failure: Failure) -> str:
    return (failure.on.written[:10] or failure.on.latest.isoformat()) if failure.on else ""


def _mri(case: Case) -> Iterator[Phrase]:
    """The MRI, and the vessel that it or another report names."""
    if case.study is not None:
        yield _dated("line/mri", {"what": case.study.evidence.display, "date": case.study.evidence.date[:10]})
    conflict = neurovascular_conflict(case.view.record, case.view.today)
    if conflict is None:
        yield Phrase("line/no-conflict")
    elif case.study is not None and conflict.reference == case.study.evidence.reference:
        yield Phrase("line/conflict-there")
    else:
        yield _dated("line/conflict", {"what": conflict.display, "date": conflict.date[:10]})


def _before(case: Case) -> Iterator[Phrase]:
    """What to weigh before a referral."""
    if case.failures:
        yield Phrase("line/technique")
    view = case.view
    hard = red_flags(view.record, view.twitching, view.today, view.limits).hard
    labels = (*(flag.label for flag in hard if flag.kind in _SECONDARY), *_reported_tumour(case))
    yield from (Phrase("line/secondary", {"flag": label}) for label in dict.fromkeys(labels))


def _reported_tumour(case: Case) -> Iterator[Name]:
    """What the red flags call a tumour, where a report names one: it need not have reached the problem list."""
    about = table("red_flags")["flags"]["tumour"]
    said = (report.conclusion for report in case.view.record.reports if report.status in REPORTED)
    if any(asserts(text, any_of(*about["terms"])) for text in said):
        yield Name(about["label"])


def _results(case: Case) -> Iterator[Phrase]:
    yield Phrase("line/results")
    years = int(case.view.limits["young_years"])
    if case.age is not None and case.age < years:
        yield Phrase("line/young", {"years": years})
    if case.view.twitching.with_trigeminal_neuralgia:
        yield Phrase("line/tic-convulsif")
    yield Phrase("line/risks")


def _dated(block: str, values: Values) -> Phrase:
    return Phrase(block if values["date"] else f"{block}-undated", values)
