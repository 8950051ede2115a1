"""Caffeine and medicines: what holds for every record, however odd, and what its proposals may never be."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from random import Random
from typing import Any

import pytest

from cards.findings import facial_twitching
from cards.findings.medication_exposure import exposure, is_in, names
from cards.findings.vocabulary import table
from cards.value_sets import value_set
from cds_service import record as r
from cds_service.advice import Advice, Phrase, TaskProposal, View
from tests.patients import build, partial_date, patient_record
from tests.test_cards import DECK, examples, texts

CARD = next(card for card in DECK.cards if card.id == "fasciculation-check")
TODAY = date(2026, 6, 15)
HFS = build(r.Condition, {"code": "icd10cm G51.31", "status": "active", "onset": date(2025, 11, 3)})

NUMBERS = [0.0, -1.0, 0.3, 1.0, 2.0, 3.0, 60.0, 200.0, 400.0, 1e300, math.inf, -math.inf, math.nan]
DAYS = [
    partial_date(d) for d in ("2025", "2026-06", "2026-06-15", "2026-06-01", "2025-09-15", "1900-01-01", "2199-12-31")
]
UNITS = ["", "mg", "{tbl}", "mL", "g", "ug", "mg/d", "mg/(24.h)", "{cups}", "mmol/L", "m[IU]/L", "kg", "?"]
PRODUCTS = [
    r.Coding(r.RXNORM, "198520", "caffeine 200 MG Oral Tablet"),
    r.Coding(r.RXNORM, "849928", "caffeine citrate 20 MG/ML Oral Solution"),
    r.Coding(r.RXNORM, "308297"),
    r.Coding(r.ATC, "N05AN01", "lithium"),
    r.Coding(r.ATC, "N06AB"),
    r.Coding(r.ATC, "N06"),
    r.Coding(r.RXNORM, "7646", "omeprazole"),
    r.Coding(r.RXNORM, "10582", "levothyroxine"),
    r.Coding(r.RXNORM, "5093", "haloperidol"),
    r.Coding(r.RXNORM, "2002", "carbamazepine"),
    r.Coding("", ""),
]
TESTS = [
    r.Coding(r.LOINC, code) for code in ("80489-8", "19123-9", "17861-6", "2823-3", "3016-3", "29463-7", "82810-3")
]
DISORDERS = [r.Coding(r.SNOMED, "308374001"), r.Coding(r.ICD10CM, "G24.01"), r.Coding(r.ICD10CM, "Z33.1")]
WORDS = [
    "caffeine",
    "Caffeine citrate 0 mg",
    "coffee, beverages only",
    "1–2 tabs q6h prn, max 8/day",
    "1-0-1",
    "every 0 hours",
    "9" * 400 + " tablets daily",
    "about 500 mg",
    "| <b>*x*</b> {n}",
    "\x00\n",
]
STATUSES = ["", "active", "active", "unknown", "stopped", "completed", "final", "final", "not-taken", "on-hold", "?"]
CODES = ["", "BID", "Q6H", "?"]


class OddRecords:
    """Makes records of parts that are each possible and together often are not; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def often(self, choices: Sequence[Any], otherwise: Any = None) -> Any:
        return self.random.choice(choices) if self.random.random() < 0.7 else otherwise

    def several(self, make: Callable[[], Any], most: int) -> tuple[Any, ...]:
        return tuple(make() for _ in range(self.random.randint(0, most)))

    def concept(self, codings: Sequence[r.Coding]) -> r.Concept:
        return r.Concept(self.several(lambda: self.random.choice(codings), 2), self.often(WORDS, ""))

    def quantity(self) -> r.Quantity | None:
        low = self.often(NUMBERS)
        high = self.often(NUMBERS, low)
        return (
            low if low is None else r.Quantity(low, high, self.often(UNITS, ""), self.often(["<", ">", "<=", ">="], ""))
        )

    def period(self) -> r.Period:
        return r.Period(self.often(DAYS), self.often(DAYS))

    def timing(self) -> r.Timing:
        return r.Timing(
            code=self.often(CODES, ""),
            frequency=self.often(NUMBERS),
            frequency_max=self.often(NUMBERS),
            period=self.often(NUMBERS),
            period_max=self.often(NUMBERS),
            period_unit=self.often(["d", "h", "wk", "?"], ""),
            when=self.often([("MORN", "EVE")], ()),
            times_of_day=self.random.randint(-1, 4),
            days_of_week=self.random.randint(-1, 9),
            times=self.often([-1, 0, 3]),
            bounds=self.often([self.period()]),
        )

    def dosage(self) -> r.Dosage:
        return r.Dosage(
            text=self.often(WORDS, ""),
            sequence=self.often([0, 1, 2]),
            as_needed=self.random.random() < 0.5,
            dose=self.quantity(),
            timing=self.often([self.timing()]),
            max_dose=self.quantity(),
            max_dose_days=self.often(NUMBERS),
            route=self.random.choice([r.Concept(), r.Concept((), "oral"), self.concept(DISORDERS)]),
        )

    def use(self) -> r.MedicationUse:
        return r.MedicationUse(
            reference="Medication/1",
            kind=self.random.choice(["statement", "request", "administration", "dispense"]),
            medication=self.concept(PRODUCTS),
            ingredients=self.several(
                lambda: r.Ingredient(
                    self.concept(PRODUCTS), self.quantity(), self.often(NUMBERS, 1.0), self.often(UNITS, "")
                ),
                1,
            ),
            unresolved=self.random.random() < 0.3,
            status=self.random.choice(STATUSES),
            given=self.often(DAYS),
            course=self.often([self.period()]),
            authored=self.often(DAYS),
            asserted=self.often(DAYS),
            validity=self.often([self.period()]),
            dosages=self.several(self.dosage, 3),
        )

    def observation(self) -> r.Observation:
        return r.Observation(
            reference="Observation/1",
            code=self.concept(TESTS),
            status=self.random.choice(STATUSES),
            effective=self.often(DAYS),
            issued=self.often(["2026-06-01T10:00:00Z", "0001-01-01T00:00:00+14:00", "soon"], ""),
            value=self.quantity(),
            value_words=self.often(WORDS, ""),
            range_low=self.often(NUMBERS),
            interpretations=self.often([("L",), ("?",)], ()),
            components=self.several(
                lambda: r.Component(self.concept(TESTS), self.quantity(), self.often(WORDS, "")), 2
            ),
            notes=self.several(lambda: self.random.choice(WORDS), 1),
        )

    def condition(self) -> r.Condition:
        return r.Condition("Condition/2", self.concept(DISORDERS), self.random.choice(STATUSES), onset=self.often(DAYS))

    def record(self) -> r.PatientRecord:
        spasm = HFS._replace(onset=self.often(DAYS), recorded=self.often(DAYS))
        return r.PatientRecord(
            patient=r.Patient(born=self.often([*DAYS, partial_date("2012")])),
            conditions=(spasm, *self.several(self.condition, 2)),
            medications=self.several(self.use, 4),
            observations=self.several(self.observation, 5),
        )


def verdict_on(record: r.PatientRecord) -> Any:
    twitching = facial_twitching.notice(record, DECK.gate_limits, TODAY)
    return CARD.advise(View(record, twitching, DECK.limits_of(CARD), TODAY))


def test_no_record_is_too_odd() -> None:
    situations: Counter[str] = Counter()
    for seed in range(1500):
        verdict = verdict_on(OddRecords(seed).record())
        situations[verdict.situation if isinstance(verdict, Advice) else verdict.reason] += 1
        if isinstance(verdict, Advice):
            assert texts(CARD, verdict), seed
            assert verdict.findings, seed
            assert all(finding.evidence for finding in verdict.findings), seed
            assert len(CARD.words.summary(Phrase(f"summary/{verdict.situation}", verdict.values))) <= 139, seed
    assert len(set(CARD.order) & set(situations)) >= 6, f"too tame: {situations}"


def test_every_situation_has_an_example() -> None:
    mine = [example for card, example in (p.values for p in examples()) if card.id == CARD.id]
    assert {example["expect"].get("situation") for example in mine} - {None} == set(CARD.order)


def test_nothing_that_is_proposed_stops_a_medicine_or_orders_a_test() -> None:
    """Every example's proposals: tasks about the entry. Tests are drafted by the card on metabolic tests alone."""
    for parameters in examples():
        card, example = parameters.values
        if card.id != CARD.id:
            continue
        verdict = verdict_on(patient_record(example["record"]))
        for suggestion in verdict.suggestions if isinstance(verdict, Advice) else ():
            for proposal in suggestion.proposals:
                said = CARD.words.plain(proposal.describe).lower()
                assert "stop" not in said.replace("not to be stopped abruptly", "")
                assert isinstance(proposal, TaskProposal)
                if proposal.title.block == "title/medication-review":
                    assert proposal.focus.startswith("Medication")


def test_every_word_of_evidence_has_a_weight() -> None:
    settings_of = table("fasciculation_drugs")
    rows = value_set("fasciculation_medications").rows
    assert {row["evidence"] for row in rows} == set(settings_of["weights"])
    groups = {row["group"] for row in rows}
    assert {group for group in groups if group.startswith("electrolyte")} == set(settings_of["electrolyte"]["groups"])
    assert set(settings_of["short_use"]["groups"]) <= groups
    drugs = {row["drug"] for row in rows}
    special = settings_of["special"]
    assert {
        *special["spasm_treatment"],
        *special["thyroid"],
        *special["peri_anaesthetic"],
        *settings_of["names"],
    } <= drugs


@pytest.mark.parametrize(
    ("use", "state"),
    [
        ({"status": "active"}, "current"),
        ({"status": "active", "course": {"end": date(2026, 6, 14)}}, "stopped"),
        ({"status": "active", "course": {"end": date(2026, 6, 15)}}, "current"),
        ({"status": "active", "course": {"start": date(2026, 6, 16)}}, "none"),
        ({"status": "active", "given": date(2026, 6, 16)}, "none"),
        ({"status": "completed", "given": date(2026, 6, 1)}, "stopped"),
        ({"status": "on-hold"}, "stopped"),
        ({"status": "unknown"}, "unclear"),
        ({}, "unclear"),
        ({"status": "not-taken"}, "none"),
        ({"status": "intended"}, "none"),
        ({"status": "entered-in-error"}, "none"),
        ({"kind": "request", "status": "active", "intent": "order"}, "current"),
        ({"kind": "request", "status": "active"}, "current"),
        ({"kind": "request", "status": "active", "intent": "plan"}, "none"),
        ({"kind": "request", "status": "draft", "intent": "order"}, "none"),
        ({"kind": "request", "status": "active", "validity": {"end": date(2026, 6, 1)}}, "stopped"),
        ({"kind": "request", "status": "active", "dosages": [{"timing": {"bounds": {"end": "2026-05"}}}]}, "stopped"),
        (
            {"kind": "request", "status": "active", "dosages": [{"timing": {"bounds": {"end": "2026-05"}}}, {}]},
            "current",
        ),
        ({"kind": "administration", "status": "completed", "given": date(2026, 6, 15)}, "stopped"),
        ({"kind": "administration", "status": "in-progress", "given": date(2026, 6, 15)}, "current"),
        ({"kind": "administration", "status": "not-done", "given": date(2026, 6, 15)}, "none"),
        ({"kind": "dispense", "status": "completed", "given": date(2026, 6, 1)}, "unclear"),
    ],
)
def test_exposure(use: dict[str, Any], state: str) -> None:
    assert exposure(build(r.MedicationUse, use), TODAY).state == state


def test_start_and_end_of_an_exposure() -> None:
    use = {"course": {"start": "2025-09", "end": date(2026, 5, 20)}, "given": date(2025, 1, 1), "status": "stopped"}
    found = exposure(build(r.MedicationUse, use), TODAY)
    assert found.start == partial_date("2025-09")
    assert found.stopped == partial_date(date(2026, 5, 20))
    given = exposure(
        build(r.MedicationUse, {"kind": "administration", "status": "completed", "given": "2026-06-14"}), TODAY
    )
    assert given.stopped == given.start == partial_date("2026-06-14")


def test_a_product_is_known_by_code_else_by_its_ingredients_name() -> None:
    coded = build(r.MedicationUse, {"medication": "rxn 2002"})
    named = build(r.MedicationUse, {"medication": "rxn 99999 carbamazepine 200 MG Oral Tablet"})
    other = build(r.MedicationUse, {"medication": "rxn 99999 oxcarbazepine 300 MG Oral Tablet"})
    within = build(r.MedicationUse, {"ingredients": [{"item": "atc N03AF01"}]})
    assert [bool(is_in(use, "carbamazepine")) for use in (coded, named, other, within)] == [True, True, False, True]
    assert is_in(other, "carbamazepine", "oxcarbazepine")
    assert names(named) == ("carbamazepine", "200", "mg", "oral", "tablet")
