"""What the examples of the MRI card cannot say: proposals in full, value sets that were set apart, nothing raises."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.findings import facial_twitching
from cards.findings.imaging_history import shows
from cards.findings.months import months_before, years_between
from cards.mri_workup import proposals
from cards.value_sets import value_set
from cds_service.advice import Advice, OrderProposal, Silence, TaskProposal, View
from cds_service.deck import load_deck
from cds_service.record import CPT, LOINC, SNOMED, Coding, Concept
from tests.patients import patient_record

DECK = load_deck()
CARD = next(card for card in DECK.cards if card.id == "mri-workup")
TODAY = date(2026, 6, 15)
SPASM = {"code": "icd10cm G51.31 Clonic hemifacial spasm, right", "status": "active", "onset": date(2025, 12, 1)}
NUMB = {"code": "sct 309557009 Numbness of face", "status": "active", "onset": date(2026, 2, 1)}
PACEMAKER = {"code": "icd10cm Z95.0", "status": "active"}
PREGNANT = {"code": "icd10cm Z33.1", "status": "active"}
# terminology.yaml, meta.code_system_uris.emit_codes
EMITTED = {
    *((LOINC, code) for code in ("24740-3", "30658-9", "36881-1")),
    *((CPT, code) for code in ("70553", "70551", "70544")),
    *((SNOMED, code) for code in ("56052001", "89545001", "7771000", "24028007")),
}


def verdict(*conditions: dict, **parts: list):
    record = patient_record({"conditions": list(conditions), **parts})
    twitching = facial_twitching.notice(record, DECK.gate_limits, TODAY)
    return CARD.advise(View(record, twitching, DECK.limits_of(CARD), TODAY))


def test_orders_carry_verified_codes_side_reason_and_no_cpt_descriptor() -> None:
    advice = verdict(SPASM)
    assert advice.pick == "at-most-one"
    mri, mra = advice.suggestions[0].proposals
    assert [(c.system, c.code) for c in mri.codes] == [(LOINC, "24740-3"), (CPT, "70553")]
    assert [(c.system, c.code) for c in mra.codes] == [(LOINC, "36881-1"), (CPT, "70544")]
    assert [c.code for c in mri.body_site] == ["56052001", "24028007"]
    assert mri.reasons == ("Condition/1",)
    assert mri.category == "imaging"
    for suggestion in advice.suggestions:
        for proposal in suggestion.proposals:
            if isinstance(proposal, OrderProposal):
                assert {(c.system, c.code) for c in (*proposal.codes, *proposal.body_site)} <= EMITTED
                assert not any(c.display for c in proposal.codes if c.system == CPT)


def test_without_contrast_is_30658() -> None:
    plain = verdict(SPASM).suggestions[1].proposals[0]
    assert [(c.system, c.code) for c in plain.codes] == [(LOINC, "30658-9"), (CPT, "70551")]


@pytest.mark.parametrize(("side", "code"), [("links", "7771000"), ("rechts", "24028007")])
def test_side_of_the_order(side: str, code: str) -> None:
    advice = verdict({"code": f"Hemispasmus facialis {side}", "status": "active"})
    assert [c.code for c in advice.suggestions[0].proposals[0].body_site] == ["56052001", code]


def test_side_unknown_gives_the_nerve_alone() -> None:
    advice = verdict({"code": "icd10cm G51.39", "status": "active"})
    assert advice.suggestions[0].proposals[0].body_site == (proposals.FACIAL_NERVE,)


def urgent_and_recommended(advice: Advice) -> tuple[set[bool], list[str]]:
    urgent = {p.urgent for s in advice.suggestions for p in s.proposals}
    return urgent, [s.label.block for s in advice.suggestions if s.recommended]


def test_nothing_is_recommended_or_urgent_on_an_info_card() -> None:
    assert urgent_and_recommended(verdict(SPASM)) == ({False}, [])


def test_hard_flag_makes_orders_urgent_and_recommends_contrast() -> None:
    assert urgent_and_recommended(verdict(SPASM, NUMB)) == ({True}, ["suggest/order-mri"])


def test_hard_flag_in_pregnancy_recommends_nothing() -> None:
    assert urgent_and_recommended(verdict(SPASM, NUMB, PREGNANT)) == ({True}, [])


def test_device_leaves_the_safety_task_alone() -> None:
    advice = verdict(SPASM, PACEMAKER)
    (suggestion,) = advice.suggestions
    assert suggestion.recommended
    assert isinstance(suggestion.proposals[0], TaskProposal)


def test_review_points_to_the_study() -> None:
    report = {
        "code": "loinc 24590-2 MR Brain",
        "status": "final",
        "performed": date(2026, 1, 1),
        "reference": "DiagnosticReport/x",
    }
    task = verdict(SPASM, reports=[report]).suggestions[0].proposals[0]
    assert task.focus == "DiagnosticReport/x"


def test_findings_carry_their_evidence() -> None:
    for finding in verdict(SPASM, NUMB, PACEMAKER, PREGNANT).findings:
        assert finding.evidence, finding.code
        assert all(e.reference for e in finding.evidence)


def codes(name: str) -> set[tuple[str, str]]:
    return {(row["system"], row["code"]) for row in value_set(name)}


def test_sets_kept_apart_still_agree_with_the_terminology() -> None:
    assert codes("egfr") < codes("renal_labs")
    assert codes("imaging_refused") < codes("not_done")
    assert codes("imaging_adequacy") - {(SNOMED, "816077007")} < codes("mri_procedures")
    for system, code in codes("red_flag_symptoms") | codes("bells_facial_palsy"):
        assert Coding(system, code) in value_set("red_flags"), code


@pytest.mark.parametrize("row", value_set("mri_studies"), ids=lambda row: row["code"])
def test_every_known_study_is_classified(row: dict[str, str]) -> None:
    coding = Coding(row["system"], row["code"])
    assert shows([Concept((coding,))]) == ("facial-nerve" if coding in value_set("mri_sufficient") else "brain")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MRI IAC w/o contrast", "facial-nerve"),
        ("MRI head, not including internal auditory canals", "brain"),
        ("MRI brain and IACs with contrast", "facial-nerve"),
        ("MRA head without contrast", "angiography"),
        ("MR-Angiographie Schädel", "angiography"),
        ("MRI IAC and MRA head", "facial-nerve"),
        ("CT temporal bone", None),
        ("MRI of the facial bones", None),
        ("Mr. Head, referral letter", None),
        ("", None),
    ],
)
def test_words_of_imaging(text: str, expected: str | None) -> None:
    assert shows([Concept((), text)]) == expected


def test_months() -> None:
    assert months_before(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert months_before(date(2026, 6, 15), 24) == date(2024, 6, 15)
    assert months_before(date(2026, 1, 15), 12) == date(2025, 1, 15)
    assert months_before(date(1, 1, 1), 24) == date(1, 1, 1)
    assert years_between(date(2008, 2, 29), date(2026, 2, 28)) == 17


when = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2040, 1, 1)), st.sampled_from(["2025", "2026-06", "1969"]))
label = st.one_of(
    st.sampled_from(
        [
            "icd10cm G51.31", "icd10cm G51.8", "loinc 24740-3", "loinc 24590-2", "cpt 61458", "sct 309557009",
            "icd10cm Z95.0", "sct 183944003", "left eyelid twitching", "MRI IAC", "icd10cm R20.0", "icd10cm G50.0",
            "icd10cm Z33.1", "loinc 98979-8", "icd10cm S06.0X0A", "Hospice",
        ]
    ),
    st.text(max_size=30).filter(lambda t: not t.startswith(("sct ", "cpt "))),
)  # fmt: skip
status = st.sampled_from(
    ["", "active", "completed", "final", "booked", "draft", "not-done", "revoked", "resolved", "odd"]
)


def entries(*dates: str) -> st.SearchStrategy:
    fields = {"code": label, "status": status, **dict.fromkeys(dates, when)}
    return st.lists(
        st.fixed_dictionaries(fields).map(lambda d: {k: v for k, v in d.items() if v is not None}), max_size=4
    )


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    conditions=entries("onset", "recorded", "abatement"),
    procedures=entries("performed"),
    reports=entries("performed"),
    orders=entries("authored"),
    observations=entries("effective"),
    born=when,
    with_spasm=st.booleans(),
)
def test_never_raises_and_every_word_is_there(
    conditions, procedures, reports, orders, observations, born, with_spasm
) -> None:
    patient = {"id": "p", **({"born": born} if born is not None else {})}
    if with_spasm:
        conditions = [{"code": "icd10cm G51.31", "status": "active"}, *conditions]
    found = verdict(
        *conditions, patient=patient, procedures=procedures, reports=reports, orders=orders, observations=observations
    )
    if isinstance(found, Silence):
        assert CARD.words.plain(found.sentence)
        return
    summary = CARD.words.summary(type(found.detail[0])(f"summary/{found.situation}", found.values))
    assert 0 < len(summary) <= 139
    assert found.situation in CARD.order
    assert CARD.words.detail(found.detail)
    assert (found.indicator == "warning") == (CARD.order[found.situation] == 30)
    for finding in found.findings:
        assert CARD.words.plain(finding.sentence)
