"""Which injections of botulinum toxin fell short, as far as anybody wrote it down (clinical rules 5–9, R6).

A remark may stand with the injection after the one that it speaks of. What is written without an injection – a course
that was stopped for want of effect, a note of the problem list – counts as a failure, but not as an injection.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from cards.findings.botulinum_entries import said_by
from cards.findings.botulinum_history import BotulinumHistory, Injection
from cards.findings.botulinum_products import mentions_toxin, named, product_used
from cards.findings.botulinum_purpose import purpose_of
from cards.findings.oral_drug_failure import names_another_treatment
from cards.findings.treatment_response import Shortfall, about, responses, shortfall, speaks_of_the_one_before
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import MedicationUse, PartialDate, PatientRecord

_ENDED: Final = frozenset({"stopped", "not-taken", "cancelled", "completed", "on-hold"})


class Failure(NamedTuple):
    """`on` is the day of what failed, None where none is known; `remark` the words that say so."""

    how: Shortfall
    on: PartialDate | None
    remark: str
    evidence: tuple[Evidence, ...]
    product: str = ""


class BotulinumResponse(NamedTuple):
    """`injections`: those that failed, from the earliest. `besides`: failures that are told of without an injection.

    `good_since`: an injection later than every dated failure, of which only good is said.
    """

    injections: tuple[Failure, ...] = ()
    besides: tuple[Failure, ...] = ()
    good_since: Injection | None = None

    @property
    def failures(self) -> tuple[Failure, ...]:
        return (*self.injections, *self.besides)


def botulinum_response(
    record: PatientRecord, twitching: FacialTwitching, past: BotulinumHistory, limits: Mapping[str, float]
) -> BotulinumResponse:
    """How the face's injections did. Limit used: `wear_off_weeks`."""
    given = past.for_the_face
    remarks = _by_injection(given)
    failed = tuple(f for place, said in sorted(remarks.items()) if (f := _failure(given[place], said, limits)))
    besides = (*_stopped(record, limits), *_noted(record, twitching, limits))
    good = [
        given[place]
        for place, said in sorted(remarks.items())
        if any("good" in responses(_of_it(r), limits) for r, _ in said) and not _failure(given[place], said, limits)
    ]
    last = good[-1] if good else None
    days = [failure.on.latest for failure in (*failed, *besides) if failure.on is not None]
    is_newest = last is not None and all(last.on.latest > day for day in days)
    return BotulinumResponse(failed, besides, last if is_newest else None)


_Remark: TypeAlias = tuple[str, tuple[Evidence, ...]]


def _by_injection(given: tuple[Injection, ...]) -> Mapping[int, list[_Remark]]:
    """The remarks on each injection, by its place; those that speak of the one before are put there."""
    found: dict[int, list[_Remark]] = {}
    for place, injection in enumerate(given):
        for remark in injection.remarks:
            meant = max(place - 1, 0) if speaks_of_the_one_before(remark) else place
            found.setdefault(meant, []).append((remark, injection.evidence))
    return found


def _failure(injection: Injection, said: list[_Remark], limits: Mapping[str, float]) -> Failure | None:
    for remark, evidence in said:
        how = shortfall(_of_it(remark), limits)
        if how is not None:
            all_of_it = tuple(dict.fromkeys((*injection.evidence, *evidence)))
            return Failure(how, injection.on, remark, all_of_it, injection.product.name)
    return None


def _of_it(remark: str, from_start: bool = True) -> str:
    """What is said of the toxin: "refractory to carbamazepine" is why it was given, not how it did."""
    return about(remark, mentions_toxin, names_another_treatment, from_start)


def _stopped(record: PatientRecord, limits: Mapping[str, float]) -> Iterator[Failure]:
    """Treatments for the face that were ended because they did not do, or were not tolerated."""
    problems = {condition.reference: condition.code for condition in record.conditions}
    for use in record.medications:
        product = product_used(use) if use.status in _ENDED and use.status_reasons else None
        if product is None or purpose_of(said_by(use, problems)) == "other":
            continue
        for reason in (word for concept in use.status_reasons for word in concept.words):
            how = shortfall(_of_it(reason), limits)
            if how is not None:
                on = _last_day(use)
                evidence = Evidence(use.reference, on.written if on else "", named(use.medication))
                yield Failure(how, on, reason, (evidence,), product.name)
                break


def _last_day(use: MedicationUse) -> PartialDate | None:
    return (use.course.end or use.course.start if use.course else None) or use.given or use.asserted or use.authored


def _noted(record: PatientRecord, twitching: FacialTwitching, limits: Mapping[str, float]) -> Iterator[Failure]:
    """What the entries about the spasm say of the toxin: "refractory to botulinum toxin"."""
    for condition in record.conditions:
        if condition.reference not in twitching.conditions:
            continue
        for text in (*condition.code.words, *condition.notes):
            how = shortfall(_of_it(text, from_start=False), limits)
            if how is not None:
                written = condition.recorded.written if condition.recorded else ""
                yield Failure(how, None, text, (Evidence(condition.reference, written, condition.code.label),))
                break
