"""Everything that the card knows of this patient, gathered once."""

from typing import NamedTuple

from cards.findings.coexisting_conditions import Coexisting, coexisting_conditions
from cards.findings.imaging_history import Study, studies
from cds_service.advice import View


class Case(NamedTuple):
    """`studies` are those that show the facial nerve, the newest first."""

    view: View
    coexisting: tuple[Coexisting, ...]
    studies: tuple[Study, ...]


def gather(view: View) -> Case:
    record, twitching, today, limits = view.record, view.twitching, view.today, view.limits
    return Case(
        view,
        coexisting_conditions(record, twitching, today, limits),
        tuple(study for study in studies(record, today, limits) if study.shows == "facial-nerve"),
    )
