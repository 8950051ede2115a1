"""Carbamazepine or oxcarbazepine, ancestry and the test: what question (a) rests on, gathered once."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from cards.findings.ancestry import Ancestry, ancestry
from cards.findings.hla_b1502 import HlaResult, hla_b1502, is_hla_b1502
from cards.findings.lab_orders import ordered_test
from cards.findings.labels import label
from cards.findings.oral_drugs import OralDrug
from cards.findings.skin_reactions import skin_reaction
from cards.oral_therapy_safety.concern import MISSING, day
from cds_service.advice import Evidence, Listed, Name, Value, View

ALLELE: Final = "HLA-B*15:02"
# `ordered`: not begun. `early`: begun within the days of risk. `tolerated`: longer, without a reaction on file.
# `reaction`: with one. `undated`: nobody knows since when.
Stage: TypeAlias = Literal["ordered", "early", "tolerated", "reaction", "undated"]


class Case(NamedTuple):
    """One of the two medicines. `awaited` is an open order for the test."""

    view: View
    drug: OralDrug
    ancestry: Ancestry
    result: HlaResult | None
    reaction: Evidence | None
    awaited: Evidence | None

    @property
    def days(self) -> int | None:
        """Days that it has surely been taken."""
        since = self.drug.since
        return max((self.view.today - since.latest).days, 0) if since else None

    @property
    def stage(self) -> Stage:
        if self.drug.state == "ordered":
            return "ordered"
        if self.reaction is not None:
            return "reaction"
        if self.days is not None and self.days > self.view.limits["hla_risk_days"]:
            return "tolerated"
        return "undated" if self.days is None or self.drug.is_open else "early"


def cases(view: View, drugs: Iterable[OralDrug]) -> Iterator[Case]:
    result, people = hla_b1502(view.record), ancestry(view.record.patient)
    awaited = ordered_test(view.record, is_hla_b1502, view.today, view.limits["oral_order_days"])
    for drug in drugs:
        yield Case(view, drug, people, result, skin_reaction(view.record, drug.name, drug.since), awaited)


def values_of(case: Case) -> dict[str, Value]:
    """The blanks of the words about the test, as far as they are known."""
    race, seen = case.view.record.patient.race, case.result.evidence[0] if case.result else None
    values: dict[str, Value] = {
        "drug": Name(case.drug.name),
        "Drug": Name(case.drug.name.capitalize()),
        "allele": ALLELE,
        "since": day(case.drug.since),
        "days": MISSING if case.days is None else case.days,
        "risk_days": round(case.view.limits["hla_risk_days"]),
        "race": Listed(tuple(dict.fromkeys(race.words)) or (label(race, "asian_race"),)),
        "result": seen.display if seen else "",
        "date": day(seen.date if seen else None),
    }
    if case.awaited is not None:
        values |= {"ordered": case.awaited.display or ALLELE, "ordered_on": day(case.awaited.date)}
    if case.reaction is not None:
        values |= {"reaction": case.reaction.display, "reaction_on": day(case.reaction.date)}
    return values
