"""What the examples of the differential review cannot say: it never speaks beside the MRI card, and all its words."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from cards.findings import facial_twitching
from cards.findings.clinical_text import fold
from cards.findings.coexisting_conditions import Coexisting
from cards.findings.vocabulary import any_of, first_look, table
from cards.value_sets import value_set
from cds_service.advice import Advice, OrderProposal, Silence, View
from cds_service.deck import load_deck
from tests.patients import patient_record
from tests.test_cards import examples

DECK = load_deck()
CARDS = {card.id: card for card in DECK.cards}
CARD = CARDS["differential-review"]
TODAY = date(2026, 6, 15)
KINDS = tuple(table("coexisting_conditions")["labels"])


def view_of(example: dict, card_id: str) -> View:
    record, today = patient_record(example["record"]), example.get("today", TODAY)
    twitching = facial_twitching.notice(record, DECK.gate_limits, today)
    return View(record, twitching, DECK.limits_of(CARDS[card_id]), today)


def test_it_never_speaks_beside_the_mri_card() -> None:
    """Whatever patient any card tells of (clinical_rules.md 11, item 16)."""
    both = 0
    for _, example in (case.values for case in examples()):
        mri = CARDS["mri-workup"].advise(view_of(example, "mri-workup"))
        own = CARD.advise(view_of(example, "differential-review"))
        assert not (isinstance(mri, Advice) and isinstance(own, Advice)), example["name"]
        both += isinstance(mri, Advice) and isinstance(own, Silence) and own.reason == "on-the-mri-card"
    assert both


def test_the_mri_card_says_all_that_this_one_would() -> None:
    """The same patients, without the MRI on file: each finding stands on the MRI card."""
    moved = 0
    examples_toml = Path(__file__).parents[1] / "cards/differential_review/examples.toml"
    for example in tomllib.loads(examples_toml.read_text(encoding="utf-8"))["example"]:
        own = CARD.advise(view_of(example, "differential-review"))
        bare = {**example, "record": {k: v for k, v in example["record"].items() if k not in ("reports", "orders")}}
        mri = CARDS["mri-workup"].advise(view_of(bare, "mri-workup"))
        if isinstance(own, Advice) and isinstance(mri, Advice):
            said = {(f.code, f.sentence.block) for f in mri.findings}
            assert {(f.code, f.sentence.block) for f in own.findings} <= said, example["name"]
            moved += 1
    assert moved > 20


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("card_id", ["differential-review", "mri-workup"])
def test_every_kind_has_its_sentence_on_both_cards(kind: str, card_id: str) -> None:
    assert "{" not in CARDS[card_id].words.block(f"finding/coexisting-{kind}").replace("{what}", "")
    assert Coexisting(kind, ()).what == Coexisting(kind, ()).label != ""


def test_the_referral_for_both_sides_carries_no_code_and_no_side() -> None:
    record = patient_record({"conditions": [{"code": "icd10cm G51.33", "status": "active"}]})
    twitching = facial_twitching.notice(record, DECK.gate_limits, TODAY)
    advice = CARD.advise(View(record, twitching, DECK.limits_of(CARD), TODAY))
    assert isinstance(advice, Advice)
    (order,) = advice.suggestions[0].proposals
    assert isinstance(order, OrderProposal)
    assert (order.category, order.codes, [c.code for c in order.body_site]) == ("referral", (), ["56052001"])
    assert order.reasons == ("Condition/1",)


def test_a_site_can_keep_the_trigger_factors_from_making_a_card() -> None:
    spasm = {"code": "icd10cm G51.31", "status": "active", "onset": date(2021, 6, 1)}
    anxiety = {"code": "icd10cm F41.9 Anxiety disorder", "status": "active"}
    mri = {"code": "loinc 24740-3", "status": "final", "performed": date(2021, 7, 7)}
    record = patient_record({"conditions": [spasm, anxiety], "reports": [mri]})
    twitching = facial_twitching.notice(record, DECK.gate_limits, TODAY)
    limits = DECK.limits_of(CARD)
    assert isinstance(CARD.advise(View(record, twitching, limits, TODAY)), Advice)
    assert isinstance(CARD.advise(View(record, twitching, {**limits, "trigger_factors_alone": 2}, TODAY)), Silence)


def test_it_speaks_where_the_site_hides_the_mri_card() -> None:
    record = patient_record(
        {"conditions": [{"code": "icd10cm G51.31", "status": "active"}, {"code": "icd10cm G35", "status": "active"}]}
    )
    twitching = facial_twitching.notice(record, DECK.gate_limits, TODAY)
    view = View(record, twitching, DECK.limits_of(CARD), TODAY)
    assert isinstance(CARD.advise(view), Silence)
    assert isinstance(CARD.advise(view._replace(hidden=frozenset({"mri-workup"}))), Advice)
    assert isinstance(CARD.advise(view._replace(hidden=frozenset({"mvd-referral"}))), Silence)


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ([r"\bptosis", "lid droop"], "lid droop"),
        ([r"\bptosis", r"\bpalsy"], "facial palsy"),
        ([r"\ba|b"], "xb"),
        ([r"\b(?:one|two) eyes?\b"], "in two eyes"),
        ([r"\b[|x]y", r"\bz"], "a xy"),
        ([r"\b\(a\|b\)", r"\bc"], "c"),
        (["^start", r"\bend$"], "the end"),
    ],
)
def test_the_first_look_finds_what_the_whole_pattern_finds(terms: list[str], text: str) -> None:
    assert any_of(*terms).search(text)
    assert first_look(*terms).search(text)
    assert not first_look(*terms).search("nothing of it")


def test_the_first_look_of_the_red_flags_finds_every_label_that_a_flag_finds() -> None:
    terms = [term for flag in table("red_flags")["flags"].values() for term in flag.get("terms", ())]
    texts = {fold(row["display"]) for name in ("red_flags", "stroke", "multiple_sclerosis") for row in value_set(name)}
    found = {text for text in texts if any_of(*terms).search(text)}
    assert len(found) > 5
    assert {text for text in texts if first_look(*terms).search(text)} == found
