"""What the safety card rests on: ancestry, the test's result, the medicines, the dose, and the resources it offers."""

from datetime import date
from typing import Any, get_args

import pytest

from cards.findings import facial_twitching
from cards.findings.ancestry import ancestry
from cards.findings.baclofen_dose import baclofen_a_day
from cards.findings.dosage_frequency import Range
from cards.findings.hla_b1502 import hla_b1502
from cards.findings.lab_orders import ordered_test
from cards.findings.oral_drugs import Drug, is_oral_drug, oral_drugs
from cards.value_sets import value_set
from cds_service.advice import Advice, OrderProposal, TaskProposal, View
from cds_service.deck import load_deck
from cds_service.fhir import writing
from cds_service.record import MedicationUse, PatientRecord
from tests.contract import EMITTED
from tests.patients import patient_record

TODAY = date(2026, 6, 15)
DECK = load_deck()
CARD = next(card for card in DECK.cards if card.id == "oral-therapy-safety")
LIMITS = DECK.limits_of(CARD)
HFS = {"code": "icd10cm G51.31", "status": "active"}
CARBAMAZEPINE = {"medication": "rxn 2002 Carbamazepine", "status": "active", "course": {"start": date(2026, 6, 1)}}


def advice(**record: Any) -> Advice:
    read = patient_record({"conditions": [HFS], **record})
    twitching = facial_twitching.notice(read, DECK.gate_limits, TODAY)
    verdict = CARD.advise(View(read, twitching, LIMITS, TODAY))
    assert isinstance(verdict, Advice)
    return verdict


# -- Ancestry


@pytest.mark.parametrize(
    ("race", "expected"),
    [
        ("", "unknown"),
        ("race 2028-9", "asian"),
        ("race 2034-7", "asian"),
        ("race 2106-3 White", "other"),
        ("race 2131-1 Other Race", "unknown"),
        ("race 2106-3", "other"),
        ("local 2106-3", "unknown"),
        ("Indian", "asian"),
        ("West Indian", "other"),
        ("American Indian or Alaska Native", "other"),
        ("race 2042-0 Malaysian", "asian"),
        ("local 2028-9", "unknown"),
        ("Asian", "asian"),
        ("Han Chinese", "asian"),
        ("Asian or Pacific Islander", "asian"),
        ("White", "other"),
        ("Caucasian", "other"),
        ("Non-Asian", "other"),
        ("no Asian ancestry", "other"),
        ("Native Hawaiian or Other Pacific Islander", "other"),
        ("Unknown", "unknown"),
        ("Patient declined", "unknown"),
        ("Asked but no answer", "unknown"),
        ("Other", "unknown"),
        ("Not specified", "unknown"),
    ],
)
def test_ancestry(race: str, expected: str) -> None:
    assert ancestry(patient_record({"patient": {"race": race}}).patient) == expected


# -- The result of HLA-B*15:02


@pytest.mark.parametrize(
    ("value", "sign"),
    [
        ("Positive", "positive"),
        ("Negative", "negative"),
        ("Not detected", "negative"),
        ("None detected", "negative"),
        ("No HLA-B*15:02 allele detected", "negative"),
        ("Patient does not carry HLA-B*1502", "negative"),
        ("not a carrier", "negative"),
        ("Heterozygous carrier of HLA-B 15:02", "positive"),
        ("HLA-B*15:02 nicht nachgewiesen", "negative"),
        ("HLA-B*15:02 nachgewiesen", "positive"),
        ("HLA-A*31:01 negative; HLA-B*15:02 positive", "positive"),
        ("HLA-A*31:01 positive, HLA-B*15:02 negative", "negative"),
        ("positive for HLA-B*15:02. Negative for HLA-A*31:01.", "positive"),
        ("negative control passed; HLA-B*15:02 detected", "positive"),
        ("HLA-B*15:02, HLA-A*31:01: negative", "unclear"),
        ("HLA-A*31:01 positive", "unclear"),
        ("HLA-B*15:021 positive", "unclear"),
        ("possible positive", "unclear"),
        ("see report", "unclear"),
        ("Negative. Carriers of HLA-B*15:02 have a higher risk.", "negative"),
        ("Positive. Patients negative for HLA-B*15:02 may still react.", "positive"),
        ("B*15:02 not detected, B*15:01 detected", "negative"),
        ("B*15:01 detected", "unclear"),
        ("loinc LA6576-8", "positive"),
        ("loinc LA9634-2", "negative"),
        ("sct 10828004", "positive"),
        ("loinc LA4489-6", "unclear"),
        ({"codings": ["loinc LA6576-8"], "text": "Negative"}, "unclear"),
    ],
)
def test_result_of_an_observation(value: Any, sign: str) -> None:
    record = patient_record({"observations": [{"code": "loinc 57979-7", "status": "final", "value_concept": value}]})
    result = hla_b1502(record)
    assert result is not None
    assert result.sign == sign


@pytest.mark.parametrize(
    ("observation", "sign"),
    [
        ({"value_words": "Detected"}, "positive"),
        ({"value_words": "false"}, "negative"),
        ({"interpretations": ["POS"]}, "positive"),
        ({"interpretations": ["NEG"], "value_concept": "Negative"}, "negative"),
        ({"interpretations": ["NEG"], "value_concept": "Positive"}, "unclear"),
        ({"components": [{"code": "allele", "value_words": "HLA-B*15:02 present"}]}, "positive"),
        ({"value": 1}, "unclear"),
    ],
)
def test_wherever_the_result_stands(observation: dict[str, Any], sign: str) -> None:
    record = patient_record({"observations": [{"code": "HLA-B*15:02 genotype", "status": "final", **observation}]})
    result = hla_b1502(record)
    assert result is not None
    assert result.sign == sign


@pytest.mark.parametrize(
    "record",
    [
        {"observations": [{"code": "loinc 57979-7", "status": "preliminary", "value_concept": "Positive"}]},
        {"observations": [{"code": "cpt 81381", "status": "final", "value_concept": "Positive"}]},
        {"observations": [{"code": "HLA-B*57:01", "status": "final", "value_concept": "Positive"}]},
        {"conditions": [{"code": "HLA-B*15:02 positive", "verification": "refuted"}]},
        {"conditions": [{"code": "HLA-B*15:02 to be tested"}]},
        {"reports": [{"code": "Genetics", "status": "final", "conclusion": "HLA-B*57:01 positive"}]},
    ],
)
def test_what_is_no_result(record: dict[str, Any]) -> None:
    assert hla_b1502(patient_record(record)) is None


def test_a_panels_report_is_read_where_it_names_the_allele() -> None:
    report = {"code": "Pharmacogenomics panel", "status": "final", "conclusion": "HLA-B*15:02: positive"}
    result = hla_b1502(patient_record({"reports": [report]}))
    assert result is not None
    assert result.sign == "positive"


# -- The medicines


@pytest.mark.parametrize(
    ("medication", "name", "expected"),
    [
        ("atc N03AF01", "carbamazepine", True),
        ("atc N03AF02", "carbamazepine", False),
        ("Oxcarbazepine 300 mg", "carbamazepine", False),
        ("Oxcarbazepine 300 mg", "oxcarbazepine", True),
        ("Eslicarbazepine 400 mg", "oxcarbazepine", False),
        ("Karbamazepin 200 mg", "carbamazepine", True),
        ("Rivotril 0.5 mg", "clonazepam", True),
        ("Clonidine 0.1 mg", "clonazepam", False),
        ("Lioresal", "baclofen", True),
        ("Baclofen 500 mcg/ml intrathecal solution", "baclofen", False),
        ("atc N02AA05", "opioids", True),
        ("atc N02BE01", "opioids", False),
        ("Codein 30 mg", "opioids", True),
        ("Naloxone nasal spray", "opioids", False),
        ("Apomorphine", "opioids", False),
    ],
)
def test_which_medicine_it_is(medication: str, name: Any, expected: bool) -> None:
    use = patient_record({"medications": [{"medication": medication}]}).medications[0]
    assert is_oral_drug(use, name) is expected


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        ({"status": "active"}, "current"),
        ({"status": "intended"}, "ordered"),
        ({"status": "active", "course": {"start": date(2026, 6, 16)}}, "ordered"),
        ({"status": "unknown"}, "unclear"),
        ({"kind": "dispense", "status": "completed", "given": date(2026, 6, 1)}, "unclear"),
        ({"status": "not-taken"}, None),
        ({"status": "stopped"}, None),
        ({"status": "entered-in-error"}, None),
        ({"kind": "request", "status": "active", "intent": "plan"}, "ordered"),
        ({"kind": "request", "status": "draft", "intent": "order"}, "ordered"),
        ({"kind": "request", "status": "on-hold", "intent": "order"}, "ordered"),
        (
            {"kind": "request", "status": "on-hold", "intent": "order", "course": {"end": date(2026, 6, 14)}},
            None,
        ),
        ({"kind": "request", "status": "cancelled", "intent": "order"}, None),
        ({"kind": "request", "status": "completed", "intent": "order"}, None),
    ],
)
def test_whether_it_is_taken(entry: dict[str, Any], state: str | None) -> None:
    record = patient_record({"medications": [{"medication": "Carbamazepine", **entry}]})
    found = oral_drugs(record, TODAY, LIMITS).get("carbamazepine")
    assert (found.state if found else None) == state


TID = {"frequency": 3, "period": 1, "period_unit": "d"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"medication": "baclofen", "dosages": [{"dose": "10 mg", "timing": TID}]}, (30, 30)),
        ({"medication": "rxn 197392", "dosages": [{"dose": "1 {tbl}", "timing": TID}]}, (60, 60)),
        ({"medication": "Lioresal 25 mg", "dosages": [{"text": "1-0-1"}]}, (50, 50)),
        ({"medication": "baclofen 5 mg/5 ml", "dosages": [{"dose": "10 mL", "timing": TID}]}, (30, 30)),
        ({"medication": "baclofen 10 mg", "dosages": [{"text": "1-2 tablets three times a day"}]}, (30, 60)),
        ({"medication": "baclofen 10 mg", "dosages": [{"text": "1 tablet q8h prn"}]}, (0, 30)),
        ({"medication": "baclofen", "dosages": [{"dose": "1 {tbl}", "timing": TID}]}, None),
        ({"medication": "baclofen 10 mg", "dosages": [{"text": "as directed"}]}, None),
        ({"medication": "baclofen 10 mg"}, None),
        (
            {
                "medication": "rxn 1292 Baclofen",
                "ingredients": [{"item": "rxn 1292 Baclofen", "strength": "20 mg"}],
                "dosages": [{"dose": "0.5 {tbl}", "timing": TID}],
            },
            (30, 30),
        ),
    ],
)
def test_baclofen_a_day(entry: dict[str, Any], expected: tuple[float, float] | None) -> None:
    uses = patient_record({"medications": [{"status": "active", **entry}]}).medications
    assert baclofen_a_day(uses, TODAY, LIMITS) == (Range(*expected) if expected else None)


def test_no_baclofen_no_dose() -> None:
    assert baclofen_a_day((), TODAY, LIMITS) is None


@pytest.mark.parametrize(
    ("order", "counts"),
    [
        ({"status": "active", "authored": date(2025, 6, 15)}, True),
        ({"status": "active", "authored": date(2025, 6, 14)}, False),
        ({"status": "active", "authored": date(2025, 6, 14), "occurrence": {"start": date(2026, 7, 1)}}, True),
        ({"status": "active"}, False),
        ({"status": "completed", "authored": date(2026, 6, 1)}, False),
        ({"status": "active", "authored": date(2026, 6, 1), "do_not_perform": True}, False),
    ],
)
def test_an_ordered_test(order: dict[str, Any], counts: bool) -> None:
    record = patient_record({"orders": [{"code": "loinc 2951-2", **order}]})
    assert bool(ordered_test(record, value_set("sodium").match, TODAY, within_days=365)) is counts
    assert ordered_test(record, value_set("egfr").match, TODAY, within_days=365) is None


@pytest.mark.parametrize("name", get_args(Drug))
def test_every_display_of_the_value_sets_is_known_by_name(name: Drug) -> None:
    """A product without its code is told by the same words."""
    for row in value_set(name):
        record = patient_record({"medications": [{"medication": row["display"], "status": "active"}]})
        assert set(oral_drugs(record, TODAY, LIMITS)) == {name}, row["display"]


# -- What is offered


EVERYTHING: dict[str, Any] = {
    "patient": {"race": "race 2028-9 Asian"},
    "medications": [
        CARBAMAZEPINE,
        {"medication": "Clonazepam", "status": "active"},
        {"medication": "rxn 7804 Oxycodone", "status": "active"},
        {"medication": "Baclofen", "status": "active"},
    ],
    "observations": [
        {"code": "loinc 2951-2", "status": "final", "effective": date(2026, 6, 10), "value": "130 mmol/L"},
        {"code": "loinc 98979-8", "status": "final", "effective": date(2025, 12, 1), "value": "25 mL/min"},
    ],
}


@pytest.mark.parametrize("release", ["DSTU2", "STU3", "R4", "R4B", "R5"])
def test_every_proposal_can_be_written(release: writing.Release) -> None:
    """Only verified codes leave, and no medicine is stopped, changed or begun."""
    about = writing.About("p1", "e1", "Practitioner/x", TODAY, CARD.words.plain)
    found = advice(**EVERYTHING)
    proposals = [proposal for suggestion in found.suggestions for proposal in suggestion.proposals]
    codes = [c.code for p in proposals if isinstance(p, OrderProposal) for c in p.codes]
    assert codes == ["57979-7", "2160-0", "2951-2"]
    assert set(codes) <= set(EMITTED["http://loinc.org"].split())
    for proposal in proposals:
        kind = writing.write(proposal, about, release)["resourceType"]
        assert kind not in ("MedicationRequest", "MedicationOrder", "MedicationStatement")


@pytest.mark.parametrize(("sodium", "urgent"), [(124, True), (125, False)])
def test_very_low_sodium_is_urgent(sodium: int, urgent: bool) -> None:
    result = {"code": "loinc 2951-2", "status": "final", "effective": date(2026, 6, 10), "value": f"{sodium} mmol/L"}
    found = advice(patient={"race": "White"}, medications=[CARBAMAZEPINE], observations=[result])
    proposals = [p for s in found.suggestions for p in s.proposals if isinstance(p, OrderProposal | TaskProposal)]
    assert [proposal.urgent for proposal in proposals] == [urgent, urgent]


def test_the_test_is_urgent_while_the_medicine_is_taken() -> None:
    asian = {"race": "race 2028-9 Asian"}
    draft = {**CARBAMAZEPINE, "kind": "request", "intent": "order", "status": "draft"}
    for medication, urgent in ((CARBAMAZEPINE, True), (draft, False)):
        first = advice(patient=asian, medications=[medication]).suggestions[0].proposals[0]
        assert isinstance(first, OrderProposal)
        assert first.urgent is urgent


def test_race_is_looked_at_for_this_test_alone() -> None:
    """No other finding changes with it."""
    rest = {**EVERYTHING, "medications": EVERYTHING["medications"][1:]}
    said = {race: advice(**{**rest, "patient": {"race": race}}) for race in ("", "race 2028-9 Asian", "White")}
    assert said[""] == said["White"] == said["race 2028-9 Asian"]


def test_an_empty_record_has_none_of_them() -> None:
    assert oral_drugs(PatientRecord(), TODAY, LIMITS) == {}
    assert not is_oral_drug(MedicationUse(), "opioids")
    assert hla_b1502(PatientRecord()) is None
