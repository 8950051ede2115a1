"""What the examples of the metabolic card cannot say: orders in full, words of tests and cues, nothing raises."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.findings import facial_twitching
from cards.findings.lab_results import is_above_range, numbered
from cards.findings.metabolic_cues import metabolic_cues
from cards.findings.metabolic_tests import metabolic_tests
from cards.value_sets import value_set
from cds_service.advice import Advice, Phrase, Silence, View
from cds_service.deck import load_deck
from cds_service.record import LOINC, Observation, Quantity
from tests.patients import patient_record

DECK = load_deck()
CARD = next(card for card in DECK.cards if card.id == "metabolic-labs")
TODAY = date(2026, 6, 15)
SPASM = {"code": "icd10cm G51.31 Clonic hemifacial spasm, right", "status": "active"}
HYPOTHYROID = {"code": "icd10cm E03.9 Hypothyroidism", "status": "active"}
LOW_CALCIUM = {"code": "loinc 17861-6", "status": "final", "effective": date(2026, 5, 2), "value": "1.9 mmol/L"}


def view(*conditions: dict, **parts: list) -> View:
    record = patient_record({"conditions": [SPASM, *conditions], **parts})
    twitching = facial_twitching.notice(record, DECK.gate_limits, TODAY)
    return View(record, twitching, DECK.limits_of(CARD), TODAY)


def advice(*conditions: dict, **parts: list) -> Advice:
    said = CARD.advise(view(*conditions, **parts))
    assert isinstance(said, Advice)
    return said


def test_orders_carry_verified_codes_and_reasons() -> None:
    minerals, further = advice(HYPOTHYROID).suggestions
    assert [(c.system, c.code) for p in minerals.proposals for c in p.codes] == [
        (LOINC, code) for code in ("17861-6", "1751-7", "19123-9")
    ]
    assert [c.code for p in further.proposals for c in p.codes] == ["3016-3", "62292-8"]
    for proposal in (*minerals.proposals, *further.proposals):
        assert proposal.reasons == ("Condition/1", "Condition/2")
        assert proposal.category == "laboratory"
        assert not proposal.urgent


def test_a_low_calcium_makes_what_confirms_it_urgent() -> None:
    minerals, further = advice(observations=[LOW_CALCIUM]).suggestions
    assert [c.code for p in minerals.proposals for c in p.codes] == ["1994-3", "19123-9", "2731-8"]
    assert {p.urgent for p in minerals.proposals} == {True}
    assert {p.urgent for p in further.proposals} == {False}


def test_findings_carry_their_evidence() -> None:
    low, missing = advice(HYPOTHYROID, observations=[LOW_CALCIUM]).findings
    assert [(e.reference, e.date) for e in low.evidence] == [("Observation/1", "2026-05-02")]
    assert [e.reference for e in missing.evidence] == ["Condition/2"]
    low, missing = advice(observations=[LOW_CALCIUM]).findings
    assert missing.evidence == low.evidence


def test_the_set_kept_apart_still_agrees_with_the_terminology() -> None:
    known = {(r["system"], r["code"]) for name in ("red_flags", "facial_twitching_possible") for r in value_set(name)}
    assert {(r["system"], r["code"]) for r in value_set("metabolic_symptoms")} < known


@pytest.mark.parametrize(
    "text",
    [
        "Hypoparathyroidism after thyroidectomy",
        "hypocalcaemia",
        "Hypokalzämie",
        "Hypomagnesiämie",
        "Magnesiummangel",
        "Vitamin-D-Mangel",
        "Vit D deficiency",
        "Déficit en vitamine D",
        "Déficit de vitamina D",
        "Carenza di vitamina D",
        "Hypothyreose",
        "Schilddrüsenüberfunktion",
        "Hipotiroidismo",
        "Ipertiroidismo",
        "Hipertireoidismo",
        "Graves' disease",
        "Morbus Basedow",
        "甲状腺功能减退",
        "橋本病",
        "Paraesthesia of both hands",
        "Parästhesien",
        "Tingling around the mouth",
        "Kribbeln in den Händen",
        "Wadenkrämpfe",
        "Calambres nocturnos",
        "Carpopedal spasm",
        "こむら返り",
    ],
)
def test_how_cues_are_written(text: str) -> None:
    seen = view({"code": text, "status": "active"})
    assert [c.label for c in metabolic_cues(seen.record, seen.twitching, TODAY, seen.limits)] == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Hyperparathyroidism",
        "Lesiones graves",
        "Meralgia paresthetica",
        "Writer's cramp",
        "Abdominal cramps",
        "Thyroid nodule",
        "No paresthesia",
        "Mother has hypothyroidism",
        "",
    ],
)
def test_what_is_no_cue(text: str) -> None:
    seen = view({"code": text, "status": "active"})
    assert metabolic_cues(seen.record, seen.twitching, TODAY, seen.limits) == ()


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("Calcium, serum", {"calcium"}),
        ("Kalzium im Serum", {"calcium"}),
        ("CMP", {"calcium"}),
        ("Magnesium", {"magnesium"}),
        ("TSH basal", {"tsh"}),
        ("Thyroid function tests", {"tsh"}),
        ("25-OH-Vitamin D", {"vitamin-d"}),
        ("Parathormon intakt", {"pth"}),
        ("Calcium and PTH", {"calcium", "pth"}),
        ("Lipid panel", set()),
        ("Albumin", set()),
    ],
)
def test_how_tests_are_ordered(text: str, tests: set[str]) -> None:
    seen = view(orders=[{"code": text, "status": "active", "authored": date(2026, 6, 1)}])
    found = metabolic_tests(seen.record, TODAY, seen.limits)
    assert {name for name, test in found.items() if test.ordered is not None} == tests


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Observation(value=Quantity(2.6, 2.6), range_high=2.55), True),
        (Observation(value=Quantity(2.55, 2.55), range_high=2.55), False),
        (Observation(value=Quantity(2.55, 2.55, "", ">"), range_high=2.55), True),
        (Observation(value=Quantity(2.6, 2.6, "", "<"), range_high=2.55), None),
        (Observation(value=Quantity(2.6, 2.6, "", "<"), range_high=2.55, interpretations=("h",)), True),
        (Observation(value=Quantity(2.6, 2.6), interpretations=("HH",)), True),
        (Observation(value=Quantity(2.6, 2.6), interpretations=("N",)), False),
        (Observation(value=Quantity(2.6, 2.6), interpretations=("L",)), False),
        (Observation(value=Quantity(2.6, 2.6)), None),
        (Observation(), None),
    ],
)
def test_above_its_range(result: Observation, expected: bool | None) -> None:
    assert is_above_range(result) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("> 60", Quantity(60, 60, "", ">")),
        ("≥90 mL/min", Quantity(90, 90, "mL/min", ">=")),
        ("25 mL/min/1.73 m2", Quantity(25, 25, "mL/min/1.73 m2")),
        ("1,9 mmol/L", Quantity(1.9, 1.9, "mmol/L")),
        ("128 mmol/L (L)", Quantity(128, 128, "mmol/L")),
        ("128 L", Quantity(128, 128)),
        ("8.2 - 9.1 mg/dL", None),
        ("about 9", None),
        ("not done", None),
        ("", None),
    ],
)
def test_a_number_that_came_as_words(words: str, expected: Quantity | None) -> None:
    assert numbered(Observation(value_words=words)).value == expected


def test_a_number_is_not_read_from_the_words_beside_it() -> None:
    given = Observation(value=Quantity(2.1, 2.1, "mmol/L"), value_words="1.1 mmol/L")
    assert numbered(given) == given


when = st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2027, 1, 1)), st.sampled_from(["2026", "2026-06"]))
loinc = st.sampled_from(
    ["17861-6", "1994-3", "1751-7", "19123-9", "2601-3", "3016-3", "3024-7", "62292-8", "2731-8"]
).map(lambda code: f"loinc {code}")


def without_none(entry: dict) -> dict:
    return {key: value for key, value in entry.items() if value is not None}


observation = st.fixed_dictionaries(
    {
        "code": loinc,
        "status": st.sampled_from(["final", "amended", "preliminary", ""]),
        "effective": when,
        "value": st.sampled_from([None, "1.9 mmol/L", "8.9 mg/dL", "<1.5 mmol/L", "1-2 g/dL", "31 g/L", "4"]),
        "range_low": st.sampled_from([None, 2.15, 0.7]),
        "range_high": st.sampled_from([None, 2.55, 1.05]),
    }
).map(without_none)
order = st.fixed_dictionaries(
    {"code": loinc, "status": st.sampled_from(["active", "revoked", ""]), "authored": when}
).map(without_none)
condition = st.fixed_dictionaries(
    {"code": st.sampled_from(["icd10cm E03.9", "icd10cm R20.2", "leg cramps", "icd10cm I10"]), "onset": when}
).map(without_none)
medication = st.fixed_dictionaries(
    {"medication": st.sampled_from(["rxn 7646", "rxn 4603", "rxn 46041"]), "status": st.just("active"), "given": when}
).map(without_none)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(condition, max_size=3),
    st.lists(observation, max_size=6),
    st.lists(order, max_size=3),
    st.lists(medication, max_size=2),
)
def test_never_raises_and_every_word_is_there(conditions, observations, orders, medications) -> None:
    verdict = CARD.advise(view(*conditions, observations=observations, orders=orders, medications=medications))
    words = CARD.words
    if isinstance(verdict, Silence):
        assert words.plain(verdict.sentence)
        return
    summary = words.summary(Phrase(f"summary/{verdict.situation}", verdict.values))
    assert "()" not in summary
    assert "( on file)" not in summary
    assert words.detail(verdict.detail)
    assert all(words.plain(finding.sentence) for finding in verdict.findings)
    for suggestion in verdict.suggestions:
        assert words.plain(suggestion.label)
        for proposal in suggestion.proposals:
            assert words.plain(proposal.describe)
            assert words.plain(proposal.title)
            assert words.plain(proposal.note)
