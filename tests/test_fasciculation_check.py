"""Caffeine and medicines: what holds for every record, however odd, and what its proposals may never be."""

import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.findings import facial_twitching
from cards.findings.medication_exposure import exposure, is_in, names
from cards.findings.vocabulary import table
from cards.value_sets import value_set
from cds_service import record as r
from cds_service.advice import Advice, OrderProposal, Phrase, TaskProposal, View
from tests.patients import build, partial_date, patient_record
from tests.test_cards import DECK, examples, texts

CARD = next(card for card in DECK.cards if card.id == "fasciculation-check")
TODAY = date(2026, 6, 15)
HFS = build(r.Condition, {"code": "icd10cm G51.31", "status": "active", "onset": date(2025, 11, 3)})

numbers = st.one_of(
    st.sampled_from([0.0, -1.0, 1.0, 3.0, 200.0, 400.0, 1e300, math.inf, -math.inf, math.nan]), st.floats(0, 1000)
)
maybe = st.none() | numbers
days = st.none() | st.sampled_from(
    [partial_date(d) for d in ("2025", "2026-06", "2026-06-15", "2025-09-15", "1900-01-01", "2199-12-31")]
)
periods = st.none() | st.builds(r.Period, days, days)
units = st.sampled_from(
    ["", "mg", "{tbl}", "mL", "g", "ug", "mg/d", "mg/(24.h)", "{cups}", "mmol/L", "m[IU]/L", "kg", "?"]
)
quantities = st.none() | st.builds(r.Quantity, numbers, numbers, units, st.sampled_from(["", "<", ">", "<=", ">="]))
codes = st.sampled_from(
    [
        r.Coding(r.RXNORM, "198520", "caffeine 200 MG Oral Tablet"),
        r.Coding(r.RXNORM, "849928", "caffeine citrate 20 MG/ML Oral Solution"),
        r.Coding(r.RXNORM, "308297"),
        r.Coding(r.ATC, "N05AN01", "lithium"),
        r.Coding(r.ATC, "N06AB"),
        r.Coding(r.ATC, "N06"),
        r.Coding(r.RXNORM, "7646", "omeprazole"),
        r.Coding(r.RXNORM, "10582", "levothyroxine"),
        r.Coding(r.RXNORM, "5093", "haloperidol"),
        r.Coding(r.LOINC, "80489-8"),
        r.Coding(r.LOINC, "19123-9"),
        r.Coding(r.LOINC, "3016-3"),
        r.Coding(r.LOINC, "29463-7"),
        r.Coding(r.SNOMED, "308374001"),
        r.Coding(r.ICD10CM, "G24.01"),
        r.Coding(r.ICD10CM, "Z33.1"),
        r.Coding("", ""),
    ]
)
words = st.sampled_from(
    [
        "",
        "caffeine",
        "Caffeine citrate 0 mg",
        "coffee, beverages only",
        "1–2 tabs q6h prn, max 8/day",
        "1-0-1",
        "every 0 hours",
        "9" * 400 + " tablets daily",
        "| <b>*x*</b>",
        "facial twitching\nleft",
    ]
) | st.text(max_size=20)
concepts = st.builds(r.Concept, st.lists(codes, max_size=2).map(tuple), words)
statuses = st.sampled_from(["", "active", "unknown", "stopped", "completed", "final", "not-taken", "on-hold", "?"])
timings = st.none() | st.builds(
    r.Timing,
    code=st.sampled_from(["", "BID", "Q6H", "?"]),
    frequency=maybe,
    frequency_max=maybe,
    period=maybe,
    period_max=maybe,
    period_unit=st.sampled_from(["", "d", "h", "wk", "?"]),
    when=st.sampled_from([(), ("MORN", "EVE")]),
    times_of_day=st.integers(-1, 5),
    days_of_week=st.integers(-1, 9),
    times=st.none() | st.integers(-1, 9),
    bounds=periods,
)
dosages = st.builds(
    r.Dosage,
    text=words,
    sequence=st.none() | st.integers(0, 2),
    as_needed=st.booleans(),
    dose=quantities,
    timing=timings,
    max_dose=quantities,
    max_dose_days=maybe,
    route=concepts,
)
uses = st.builds(
    r.MedicationUse,
    reference=st.sampled_from(["", "MedicationStatement/1"]),
    kind=st.sampled_from(["statement", "request", "administration", "dispense"]),
    medication=concepts,
    ingredients=st.lists(st.builds(r.Ingredient, concepts, quantities, numbers, units), max_size=1).map(tuple),
    unresolved=st.booleans(),
    status=statuses,
    given=days,
    course=periods,
    authored=days,
    asserted=days,
    validity=periods,
    reasons=st.lists(concepts, max_size=1).map(tuple),
    dosages=st.lists(dosages, max_size=3).map(tuple),
)
observations = st.builds(
    r.Observation,
    code=concepts,
    status=statuses,
    effective=days,
    issued=st.sampled_from(["", "2026-06-01T10:00:00Z", "0001-01-01T00:00:00+14:00", "soon"]),
    value=quantities,
    value_words=words,
    range_low=maybe,
    interpretations=st.sampled_from([(), ("L",), ("?",)]),
    components=st.lists(st.builds(r.Component, concepts, quantities, words), max_size=2).map(tuple),
    notes=st.lists(words, max_size=1).map(tuple),
)
conditions = st.builds(r.Condition, code=concepts, status=statuses, onset=days, recorded=days)
records = st.builds(
    r.PatientRecord,
    patient=st.builds(r.Patient, born=days),
    conditions=st.lists(conditions, max_size=2).map(lambda more: (HFS, *more)),
    medications=st.lists(uses, max_size=4).map(tuple),
    observations=st.lists(observations, max_size=4).map(tuple),
)


def verdict_on(record: r.PatientRecord) -> Any:
    twitching = facial_twitching.notice(record, DECK.gate_limits, TODAY)
    return CARD.advise(View(record, twitching, DECK.limits_of(CARD), TODAY))


@settings(max_examples=400, deadline=None)
@given(records)
def test_no_record_is_too_odd(record: r.PatientRecord) -> None:
    verdict = verdict_on(record)
    if isinstance(verdict, Advice):
        assert texts(CARD, verdict)
        assert verdict.findings
        assert all(finding.evidence for finding in verdict.findings)
        assert len(CARD.words.summary(Phrase(f"summary/{verdict.situation}", verdict.values))) <= 139


def test_nothing_that_is_proposed_stops_a_medicine_or_uses_another_code() -> None:
    """Every example's proposals: tasks about the entry, and the three laboratory codes that may be emitted."""
    emitted = set()
    for parameters in examples():
        card, example = parameters.values
        if card.id != CARD.id:
            continue
        verdict = verdict_on(patient_record(example["record"]))
        for suggestion in verdict.suggestions if isinstance(verdict, Advice) else ():
            for proposal in suggestion.proposals:
                said = CARD.words.plain(proposal.describe).lower()
                assert "stop" not in said.replace("not to be stopped abruptly", "")
                assert isinstance(proposal, TaskProposal | OrderProposal)
                if isinstance(proposal, OrderProposal):
                    emitted |= {(coding.system, coding.code) for coding in proposal.codes}
                elif proposal.title.block == "title/medication-review":
                    assert proposal.focus.startswith("Medication")
    assert emitted == {(r.LOINC, "17861-6"), (r.LOINC, "1751-7"), (r.LOINC, "19123-9")}


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
