"""HLA-B*15:02 before carbamazepine or oxcarbazepine (clinical_rules.md 5–9, R7a; 11 [E4])."""

from collections.abc import Iterable, Iterator
from typing import Final

from cards.findings.labels import label
from cards.findings.oral_drugs import OralDrug
from cards.oral_therapy_safety import proposals
from cards.oral_therapy_safety.concern import Concern, medicines
from cards.oral_therapy_safety.genotype_case import Case, cases, values_of
from cds_service.advice import Evidence, Finding, Phrase, Suggestion, Value, View

# Asked for where the ancestry is not known: only while the risk is there for sure.
_AT_RISK: Final = ("ordered", "early", "reaction")
_INFO: Final = {"ancestry-unknown": 7, "hla-tolerated": 8, "hla-undated": 8}


def genotype_concerns(view: View, drugs: Iterable[OralDrug]) -> Iterator[Concern]:
    """One for each of the two medicines, or none."""
    for case in cases(view, drugs):
        if case.result is not None and case.result.sign == "positive":
            yield _positive(case)
            continue
        situation = _untested(case)
        if situation is not None:
            yield _missing(case, situation)


def _positive(case: Case) -> Concern:
    """Whatever the ancestry; critical while it is taken."""
    values, state = values_of(case), case.drug.state
    is_taken = state == "current"
    results = case.result.evidence if case.result else ()
    phrase = "finding/hla-b1502-positive" if is_taken else f"finding/hla-positive-{state}"
    long = (Phrase("line/hla-positive-tolerated", values),) if is_taken and case.stage == "tolerated" else ()
    return Concern(
        situation="hla-positive" if is_taken else f"hla-positive-{state}",
        indicator="critical" if is_taken else "warning",
        weight=0 if is_taken else 1,
        values=values,
        finding=Finding("hla-b1502-positive", values, (*results, *medicines(case.drug.uses)), phrase),
        lines=(
            Phrase("line/hla-result" if results[0].date else "line/hla-result-undated", values),
            *_course(case, values),
            Phrase("line/hla-positive"),
            *_reaction(case, values),
            *long,
            Phrase("line/hla-rash"),
            Phrase("line/hla-alternatives"),
        ),
        suggestions=(proposals.review(case.view, "hla-positive", values, case.drug.uses, urgent=True),),
    )


def _untested(case: Case) -> str | None:
    """What is to be said where no positive result is on file, or None. That there is none must have been shown."""
    is_shown = case.result is not None or not case.view.record.missing("observations")
    if case.drug.state == "unclear" or not is_shown or (case.result and case.result.sign == "negative"):
        return None
    if case.ancestry == "asian":
        return _asian(case)
    is_to_ask = case.ancestry == "unknown" and case.stage in _AT_RISK and case.awaited is None
    return "ancestry-unknown" if is_to_ask else None


def _asian(case: Case) -> str:
    if case.stage in ("tolerated", "undated"):
        return f"hla-{case.stage}"
    if case.result is not None:
        return "hla-unclear"
    if case.awaited is not None:
        return "hla-awaited"
    return "hla-untested-ordered" if case.stage == "ordered" else "hla-untested"


def _missing(case: Case, situation: str) -> Concern:
    values, patient = values_of(case), case.view.record.patient
    phrase = "finding/hla-b1502-missing" if situation == "hla-untested" else f"finding/{situation}"
    evidence = (
        *medicines(case.drug.uses),
        *(
            (Evidence(f"Patient/{patient.id}", "", label(patient.race, "asian_race")),)
            if patient.id and patient.race
            else ()
        ),
        *(case.result.evidence if case.result else ()),
        *((case.awaited,) if case.awaited else ()),
    )
    return Concern(
        situation=situation,
        indicator="info" if situation in _INFO else "warning",
        weight=_INFO.get(situation, 2),
        values=values,
        finding=Finding("hla-b1502-missing", values, evidence, phrase),
        lines=tuple(_lines(case, situation, values)),
        suggestions=tuple(_suggestions(case, situation, values)),
    )


def _lines(case: Case, situation: str, values: dict[str, Value]) -> Iterator[Phrase]:
    if situation not in ("hla-tolerated", "hla-undated"):
        yield from _course(case, values)
    yield from _reaction(case, values)
    if case.result is not None and situation != "hla-unclear":
        yield Phrase("line/hla-unclear", values)
    if case.awaited is not None and situation != "hla-awaited":
        yield Phrase("line/hla-awaited", values)
    yield Phrase("line/hla-before-a-change" if case.stage == "tolerated" else "line/hla-why", values)
    yield Phrase("line/hla-prevalence", values)
    if case.stage not in ("ordered", "tolerated"):
        yield Phrase("line/hla-rash")
    yield Phrase("line/ancestry-not-known" if case.ancestry == "unknown" else "line/ancestry-recorded")


def _course(case: Case, values: dict[str, Value]) -> Iterator[Phrase]:
    """Since when it is taken, or that it is not begun."""
    if case.drug.state == "ordered":
        yield Phrase("line/ordered", values)
    elif case.drug.state == "current":
        since = case.drug.since
        kind = "undated" if since is None else "since" if since.is_exact else "since-vague"
        yield Phrase(f"line/taken-{kind}", values)


def _reaction(case: Case, values: dict[str, Value]) -> Iterator[Phrase]:
    if case.reaction is not None:
        yield Phrase("line/reaction" if case.reaction.date else "line/reaction-undated", values)


def _suggestions(case: Case, situation: str, values: dict[str, Value]) -> Iterator[Suggestion]:
    """The test, unless it is ordered, done, or no longer of use; before it the question that decides about it."""
    if situation == "ancestry-unknown":
        yield proposals.ask_ancestry(case.view, values)
    if case.result is not None:
        yield proposals.read_result(case.view, values, case.result.evidence[0].reference)
    elif case.awaited is None and case.stage != "tolerated":
        is_urgent = case.ancestry == "asian" and case.stage in ("early", "reaction")
        yield proposals.order_hla(case.view, values, urgent=is_urgent)
