"""Everything that the card knows of this patient, gathered once: what failed, what is wished, which MRI was done."""

from typing import NamedTuple

from cards.findings.botulinum_history import history
from cards.findings.botulinum_response import BotulinumResponse, Failure, botulinum_response
from cards.findings.imaging_history import Study, studies
from cards.findings.months import may_be_since, years_between
from cards.findings.oral_drug_failure import DrugFailure, failed_oral_drugs
from cards.findings.surgery_choice import (
    Choice,
    refusal_of_surgery,
    surgery_done,
    surgery_under_way,
    wish_for_surgery,
)
from cds_service.advice import Listed, Name, Values, View


class Case(NamedTuple):
    """`age` in completed years, the youngest that a vague date of birth allows; None where none is recorded.

    `studies` are those that show the facial nerve and may have been done for this spasm, the newest first.
    """

    view: View
    response: BotulinumResponse
    drugs: tuple[DrugFailure, ...]
    wish: Choice | None
    refusal: Choice | None
    under_way: Choice | None
    done: Choice | None
    studies: tuple[Study, ...]
    age: int | None

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What counts against the toxin: nothing, where a later injection did well."""
        return () if self.response.good_since else self.response.failures

    @property
    def has_failed_often(self) -> bool:
        """At least three injections that fell short."""
        enough = len(self.response.injections) >= self.view.limits["failed_injections"]
        return enough and not self.response.good_since

    @property
    def has_failed_with_drug(self) -> bool:
        return bool(self.failures and self.drugs)

    @property
    def study(self) -> Study | None:
        """The newest that was reported on."""
        return next((study for study in self.studies if not study.awaited), None)


def gather(view: View) -> Case:
    """The case of this view. Limits of the card used: `wear_off_weeks`, `surgery_refusal_months`."""
    record, twitching, today, limits = view.record, view.twitching, view.today, view.limits
    past = history(record, today, limits)
    return Case(
        view=view,
        response=botulinum_response(record, twitching, past, limits),
        drugs=failed_oral_drugs(record, twitching, limits, today),
        wish=wish_for_surgery(record, twitching, past),
        refusal=refusal_of_surgery(record, twitching, past, today, limits),
        under_way=surgery_under_way(record, twitching, past),
        done=surgery_done(record, twitching, past),
        studies=_studies(view),
        age=age(view),
    )


def age(view: View) -> int | None:
    born = view.record.patient.born
    return years_between(born.latest, view.today) if born else None


def _studies(view: View) -> tuple[Study, ...]:
    """Of any age, but none that was surely done before the recorded onset."""
    onset = None if view.twitching.onset_is_recorded_date else view.twitching.onset
    done = (s for s in studies(view.record, view.today, view.limits) if s.shows == "facial-nerve")
    return tuple(s for s in done if s.on is None or onset is None or may_be_since(s.on, onset.earliest))


def values_of(case: Case) -> Values:
    """What the summary and the referral may name."""
    study = case.study
    return {
        "side": Name(case.view.twitching.side),
        "number": len(case.response.injections),
        "weeks": int(case.view.limits["wear_off_weeks"]),
        "drug": Listed(tuple(failure.drug for failure in case.drugs)),
        "mri": study.evidence.display if study else "",
        "mri_date": (study.evidence.date[:10] if study else "") or Name("no date"),
    }
