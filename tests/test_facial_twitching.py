"""The gate: every case of cards/findings/facial_twitching_examples.toml, and what must hold for any record."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cards.findings import twitching_terms as terms
from cards.findings.clinical_text import fold
from cards.findings.facial_twitching import notice
from cards.findings.twitching_codes import SETS
from cards.findings.twitching_meaning import meaning
from cards.findings.twitching_mentions import CODES, TEXTS, mentioned
from cards.value_sets import value_set
from cds_service.advice import FacialTwitching
from cds_service.record import Coding, Concept, Condition, PatientRecord
from cds_service.wording import read_words
from tests.patients import SYSTEMS, patient_record

FINDINGS = Path(__file__).parents[1] / "cards" / "findings"
CASES = tomllib.loads((FINDINGS / "facial_twitching_examples.toml").read_text(encoding="utf-8"))
WORDS = read_words((FINDINGS.parent / "words.md").read_text(encoding="utf-8"), "cards/words.md")
LIMITS = {n: v["value"] for n, v in tomllib.loads((FINDINGS / "limits.toml").read_text(encoding="utf-8")).items()}
TODAY = date(2026, 6, 15)
EXPECTED = {
    "kind", "side", "reason", "confirmed", "dormant", "eyelid_only", "neuralgia", "onset", "onset_is_recorded_date",
    "conditions", "evidence", "quality",
}  # fmt: skip
USUAL = {"confirmed": True, "dormant": False, "eyelid_only": False, "neuralgia": False, "quality": []}


def seen(twitching: FacialTwitching) -> dict[str, Any]:
    return {
        "kind": twitching.kind,
        "side": twitching.side,
        "reason": twitching.reason.block.removeprefix("gate/"),
        "confirmed": twitching.confirmed,
        "dormant": twitching.dormant,
        "eyelid_only": twitching.eyelid_only,
        "neuralgia": twitching.with_trigeminal_neuralgia,
        "onset": twitching.onset.written if twitching.onset else "",
        "onset_is_recorded_date": twitching.onset_is_recorded_date,
        "conditions": list(twitching.conditions),
        "evidence": [e.reference for e in twitching.evidence],
        "quality": [q.block.removeprefix("quality/") for q in twitching.quality],
    }


def check(record: PatientRecord, expect: dict[str, Any], today: date = TODAY) -> None:
    assert expect.keys() <= EXPECTED, f"unknown: {expect.keys() - EXPECTED}"
    twitching = notice(record, LIMITS, today)
    found = seen(twitching)
    assert {key: found[key] for key in USUAL | expect} == USUAL | expect
    for phrase in (twitching.reason, *twitching.quality):
        assert WORDS.plain(phrase)
        assert "{" not in WORDS.markdown(phrase)


@pytest.mark.parametrize("example", [pytest.param(e, id=e["name"]) for e in CASES["example"]])
def test_example(example: dict[str, Any]) -> None:
    assert example.keys() <= {"name", "vignettes", "today", "record", "expect"}
    check(patient_record(example["record"]), example["expect"], example.get("today", TODAY))


@pytest.mark.parametrize("phrase", [pytest.param(p, id=p["text"]) for p in CASES["phrase"]])
def test_phrase(phrase: dict[str, Any]) -> None:
    expect = {key: value for key, value in phrase.items() if key not in ("text", "vignettes")}
    usual = {"reason": "denied"} if expect["kind"] == "none" else {"side": "unknown"}
    record = patient_record({"conditions": [{"code": {"text": phrase["text"]}, "status": "active"}]})
    check(record, usual | expect)


def test_there_are_enough_cases() -> None:
    assert len(CASES["example"]) + len(CASES["phrase"]) >= 120
    vignettes = {v for case in (*CASES["example"], *CASES["phrase"]) for v in case.get("vignettes", ())}
    assert vignettes >= {"5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "29b", "39"}


ORDINARY = """Hypertension|Type 2 diabetes|Prediabetes|Acute bronchitis|Surface wound|Face-to-face encounter|Asthma
Arthritic pain|Contraception|Intracranial haemorrhage|Facial laceration|Efficacy of treatment|Essential tremor
Plantar fasciitis|Bronchospasm|Muscle spasm of back|Coronary vasospasm|Restricted movement of shoulder|Tick bite
Lidocaine allergy
Lipidaemia|Facet joint pain|Diabetic retinopathy|Chronic sinusitis (disorder)
Full-time employment (finding)|Stress (finding)
Received higher education (finding)|Hallux valgus|Menopause|Bell's palsy|Gesichtsrose|Arthrose links
Prótesis de cadera|高血压|糖尿病|高血圧症"""


@pytest.mark.parametrize("text", re.split(r"[|\n]", ORDINARY))
def test_ordinary_problems_are_not_mentions(text: str) -> None:
    assert not mentioned(set(), [text])


def test_every_code_is_there_in_every_spelling() -> None:
    assert {"G51.31", "G5131", "R25.3", "R253", "13753008", "351.8", "3518", "HP:0010828"} <= CODES


STEMS = {
    "strong": terms.STRONG, "neuralgia": terms.WITH_NEURALGIA, "weak": terms.WEAK, "tic": terms.FACIAL_TIC,
    "synkinesis": terms.SYNKINESIS, "abbreviation": terms.ABBREVIATION, **terms.MIMICS,
}  # fmt: skip


@pytest.mark.parametrize("name", STEMS)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_every_wording_of_every_term_is_mentioned(name: str, data: st.DataObject) -> None:
    """The roots of the fast look leave no term out, whichever of its wordings is written."""
    text = data.draw(
        st.from_regex(STEMS[name], fullmatch=True).filter(lambda t: STEMS[name].search(fold(t)) is not None)
    )
    assert TEXTS.search(fold(text))
    assert mentioned(set(), [text])
    assert mentioned(set(), ["Hypertension", f"  {text}\t"])


PHRASES = [p["text"] for p in CASES["phrase"]]
AROUND = [
    "",
    "no ",
    "denies ",
    "kein ",
    "sin ",
    "pas de ",
    "无",
    "?",
    "suspected ",
    "left ",
    "rechts ",
    "h/o ",
    "family history of ",
]
AFTER = [
    "",
    " left",
    " links",
    " derecho",
    " gauche",
    "なし",
    " ruled out",
    ", both sides",
    " (R)",
    "; no pain",
    "\nno pain",
]
CODED = [
    Coding(row["system"], row["code"], row["display"])
    for name in (*SETS, "facial_site", "facial_nerve_disorder", "multiple_sclerosis")
    for row in value_set(name)
]


def _accented(text: str) -> str:
    return text.replace("a", "á").replace("o", "ô").replace(" ", "\u00a0")


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    text = draw(st.sampled_from(AROUND)) + draw(st.sampled_from(PHRASES)) + draw(st.sampled_from(AFTER))
    text = draw(st.sampled_from([str, str.upper, str.title, _accented]))(text)
    codings = draw(st.lists(st.sampled_from(CODED), max_size=2))
    if draw(st.booleans()):
        codings = [c._replace(code=c.code.replace(".", "").lower(), display="") for c in codings]
    sites = draw(st.lists(st.sampled_from(["Left eyelid", "right cheek", "calf", "Gesicht"]), max_size=2))
    return Condition(
        "Condition/1",
        Concept(tuple(codings), draw(st.sampled_from([text, ""]))),
        body_sites=tuple(Concept((), site) for site in sites),
        notes=tuple(draw(st.lists(st.sampled_from(PHRASES), max_size=1))),
        onset_age_years=draw(st.one_of(st.none(), st.floats())),
    )


@settings(max_examples=1500, deadline=None)
@given(condition=conditions(), minor=st.booleans())
def test_whatever_means_something_is_mentioned(condition: Condition, minor: bool) -> None:
    """The fast look never says no where the gate, asked without it, would find something."""
    codes = {coding.code.upper() for coding in condition.code.codings}
    if meaning(condition, minor) is not None:
        assert mentioned(codes, condition.code.words)


@settings(max_examples=300, deadline=None)
@given(found=st.lists(conditions(), max_size=4), odd=st.text(max_size=40), born=st.sampled_from([None, "1970", "2016"]))
def test_notice_never_raises_and_always_gives_a_reason(found: list[Condition], odd: str, born: str | None) -> None:
    record = patient_record({"patient": {"born": born} if born else {}})
    record = record._replace(conditions=(*found, Condition(code=Concept((Coding(odd, odd, odd),), odd))))
    twitching = notice(record, LIMITS, TODAY)
    assert WORDS.plain(twitching.reason)
    assert all(WORDS.plain(q) for q in twitching.quality)
    if twitching.kind == "none":
        assert not twitching.conditions


@settings(max_examples=2000)
@given(st.text(max_size=60))
@example("hemifacialŉ spasm")
@example("ǰ ΐ İ ﬁ ´ ｹ゛")
def test_fold_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_fold() -> None:
    assert fold("  Große\tHémi‑spasme  “L’œil” ÄÖÜ ｶﾞ がん ") == "grosse hemi-spasme “l'œil” aou ガ がん"


def test_systems_of_the_value_sets_are_known_to_the_examples() -> None:
    assert {coding.system for coding in CODED} <= set(SYSTEMS.values())
