"""What the examples of the emergency card cannot say: what is taken for an emergency and what not; nothing raises."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.findings import facial_twitching
from cards.findings.emergency import acute_entries, emergencies
from cards.value_sets import value_set
from cds_service.advice import Advice, Phrase, Silence, View
from cds_service.deck import load_deck
from tests.patients import patient_record

DECK = load_deck()
CARD = next(card for card in DECK.cards if card.id == "emergency-pathway")
TODAY = date(2026, 6, 15)
SPASM = {"code": "icd10cm G51.31 Clonic hemifacial spasm, right", "status": "active"}


def view(*conditions: dict) -> View:
    record = patient_record({"conditions": [SPASM, *conditions]})
    twitching = facial_twitching.notice(record, DECK.gate_limits, TODAY)
    return View(record, twitching, DECK.limits_of(CARD), TODAY)


def kinds(code: str) -> list[str]:
    seen = view({"code": code, "status": "active", "onset": TODAY})
    return [entry.kind for entry in emergencies(seen.record, seen.twitching, TODAY, seen.limits)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Stroke", "stroke"),
        ("Acute ischemic stroke, left MCA", "stroke"),
        ("CVA", "stroke"),
        ("TIA", "stroke"),
        ("Intracerebral hemorrhage", "stroke"),
        ("Subarachnoid haemorrhage", "stroke"),
        ("Apoplexie", "stroke"),
        ("AVC ischémique", "stroke"),
        ("Infarctus cérébral", "stroke"),
        ("ACV isquémico", "stroke"),
        ("Beroerte", "stroke"),
        ("Hjärninfarkt", "stroke"),
        ("急性脑梗死", "stroke"),
        ("脳梗塞", "stroke"),
        ("New onset seizure", "seizure"),
        ("Status epilepticus", "seizure"),
        ("Fokaler epileptischer Anfall", "seizure"),
        ("Crisis epiléptica focal", "seizure"),
        ("Crise convulsive", "seizure"),
        ("けいれん発作", "seizure"),
        ("Left facial droop", "facial-weakness"),
        ("Fazialisparese rechts", "facial-weakness"),
        ("Parálisis facial derecha", "facial-weakness"),
    ],
)
def test_how_it_is_written(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Heat stroke",
        "Stroke risk assessment",
        "Stroke prevention education",
        "At risk of stroke",
        "Mother had a stroke",
        "Old stroke",
        "Sequelae of cerebral infarction",
        "Residual facial weakness",
        "Post-stroke depression",
        "Seizure precautions",
        "Pseudoseizure",
        "History of seizures",
        "Zustand nach Schlaganfall",
        "Kein Anfall, kein Schlaganfall",
        "Graves disease",
        "",
    ],
)
def test_what_only_sounds_like_it(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize("name", ["stroke", "focal_motor_seizure", "bells_facial_palsy"])
def test_every_code_counts_but_what_is_left_of_an_old_stroke(name: str) -> None:
    systems = {"http://snomed.info/sct": "sct", "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm"}
    systems |= {"http://hl7.org/fhir/sid/icd-10": "icd10", "http://hl7.org/fhir/sid/icd-9-cm": "icd9"}
    for row in value_set(name):
        assert bool(kinds(f"{systems[row['system']]} {row['code']}")) is (row["code"] != "I69.392"), row["code"]


def test_the_weightiest_comes_first() -> None:
    seen = view(
        {"code": "icd10cm R29.810", "status": "active", "onset": TODAY},
        {"code": "sct 29753000", "status": "active", "onset": TODAY},
        {"code": "icd10cm I63.9", "status": "active", "onset": TODAY},
    )
    assert [e.kind for e in acute_entries(seen.record, seen.twitching, TODAY, seen.limits)] == [
        "stroke",
        "seizure",
        "facial-weakness",
    ]


def test_the_finding_carries_its_evidence() -> None:
    advice = CARD.advise(view({"code": "icd10cm R29.810 Facial weakness", "status": "active", "onset": TODAY}))
    assert isinstance(advice, Advice)
    ((reference, when, display),) = advice.findings[0].evidence
    assert (reference, when, display) == ("Condition/2", "2026-06-15", "Facial weakness")
    assert advice.suggestions == ()


when = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2040, 1, 1)), st.sampled_from(["2026", "2026-06", TODAY]))
condition = st.fixed_dictionaries(
    {
        "code": st.one_of(
            st.sampled_from(["icd10cm R29.810", "icd10cm I69.392", "sct 29753000", "Stroke", "facial droop"]),
            st.text(max_size=30).filter(lambda text: not text.startswith(("sct ", "cpt "))),
        ),
        "status": st.sampled_from(["", "active", "resolved", "inactive", "odd"]),
        "onset": when,
        "recorded": when,
    }
).map(lambda entry: {key: value for key, value in entry.items() if value is not None})


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(condition, max_size=4))
def test_never_raises_and_every_word_is_there(conditions: list[dict]) -> None:
    verdict = CARD.advise(view(*conditions))
    for line in verdict.quality:
        assert CARD.words.markdown(line)
    if isinstance(verdict, Silence):
        assert CARD.words.plain(verdict.sentence)
        return
    assert CARD.words.summary(Phrase(f"summary/{verdict.situation}", verdict.values))
    assert CARD.words.detail(verdict.detail)
    assert all(CARD.words.plain(finding.sentence) for finding in verdict.findings)
