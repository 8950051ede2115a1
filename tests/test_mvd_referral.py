"""What the examples of the decompression card cannot say: remarks in many wordings, the referral in full, no raise."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.findings.botulinum_history import BotulinumHistory
from cards.findings.surgery_choice import refusal_of_surgery, wish_for_surgery
from cards.findings.treatment_response import responses, speaks_of_the_one_before
from cds_service import record as r
from cds_service.advice import Advice, FacialTwitching, OrderProposal, Phrase, Silence, Verdict, View
from cds_service.deck import load_deck
from tests.patients import concept, partial_date, patient_record

DECK = load_deck()
CARD = next(card for card in DECK.cards if card.id == "mvd-referral")
LIMITS = DECK.limits_of(CARD)
TODAY = date(2026, 6, 15)
SPASM = FacialTwitching("hemifacial-spasm", Phrase("gate/hemifacial-spasm"), "right", conditions=("Condition/1",))
MRI = {"code": "loinc 24740-3 MR IAC", "status": "final", "performed": date(2021, 7, 7)}


def verdict(record: r.PatientRecord, twitching: FacialTwitching = SPASM) -> Verdict:
    return CARD.advise(View(record, twitching, LIMITS, TODAY))


def candidate(**parts: object) -> r.PatientRecord:
    failed = [
        {"code": "cpt 64612", "status": "completed", "performed": date(2025, month, 2), "notes": ["No effect."]}
        for month in (2, 6, 10)
    ]
    return patient_record({"procedures": failed, "reports": [MRI], **parts})


@pytest.mark.parametrize(
    ("remark", "said"),
    [
        ("No effect.", {"poor"}),
        ("No ptosis, no effect.", {"poor"}),
        ("Poor control, dose increased", {"poor"}),
        ("Did not help", {"poor"}),
        ("Treatment failure", {"poor"}),
        ("No longer responding", {"poor"}),
        ("Refractory", {"poor"}),
        ("Keine Wirkung", {"poor"}),
        ("pas d'effet", {"poor"}),
        ("效果不佳", {"poor"}),
        ("効果なし", {"poor"}),
        ("Good effect, but wore off after 5 weeks", {"good", "short"}),
        ("wore off at week 6", {"short"}),
        ("Effect lasted only about 5-6 weeks", {"short"}),
        ("Lasted six weeks.", {"short"}),
        ("Relief for 1 month", {"short"}),
        ("effet pendant 5 semaines", {"short"}),
        ("效果仅维持5周", {"short"}),
        ("Marked ptosis", {"adverse"}),
        ("Lidschwäche, Doppelbilder", {"adverse"}),
        ("Good response at 6 weeks", {"good"}),
        ("Good relief within 3 days", {"good"}),
        ("Successful", {"good"}),
        # None of it:
        ("", set()),
        ("No effect yet", set()),
        ("No effect on the smile", set()),
        ("No side effects", set()),
        ("Not ineffective", set()),
        ("Partially successful", set()),
        ("Wore off after 8 weeks", set()),
        ("Lasted 2 months", set()),
        ("Wore off 5 weeks ago", set()),
        ("Wore off, review in 6 weeks", set()),
        ("Wirkung nach 5 Tagen", set()),
        ("Ptosis resolved", set()),
        ("Slight ptosis for 3 days", set()),
        ("Told to watch for ptosis", set()),
        ("Aufgeklärt über Doppelbilder", set()),
        ("sans effet secondaire", set()),
        ("Should there be no effect, increase the dose", set()),
        ("Patient failed to attend", set()),
        ("Botox failed to attend", set()),
        ("50 units, right orbicularis oculi", set()),
        # As a form asks for it:
        ("Response: poor", {"poor"}),
        ("Outcome: failed", {"poor"}),
        ("Effect: none", {"poor"}),
        ("Response: good. Side effects: none", {"good"}),
        ("Adverse effects: nil", set()),
        ("Ptosis (-)", set()),
        ("Efectos adversos: ninguno", set()),
        ("Effets secondaires: aucun", set()),
        ("Bijwerkingen: geen", set()),
        ("不良反应无", set()),
        ("Ptosis, no diplopia", {"adverse"}),
        ("Onset of effect: 5 days. Duration of effect: 11 weeks", set()),
        ("Peak effect: 2 weeks", set()),
        # Of another complaint, or there before:
        ("No improvement in migraine", set()),
        ("Good benefit for spasm, no effect on tinnitus", {"good"}),
        ("No effect on the spasm", {"poor"}),
        ("History of dry eye", set()),
        ("Pre-existing facial weakness unchanged", set()),
        ("Facial asymmetry at baseline", set()),
        # The ordinary wearing off is no failure, an early one is:
        ("Waning effect at 11 weeks", set()),
        ("Nachlassende Wirkung nach 12 Wochen", set()),
        ("Loss of effect after 5 weeks", {"short"}),
        ("Loss of effect", {"poor"}),
        ("Effect lasting 6 weeks so far", set()),
        ("Botox held for 6 weeks because of infection", set()),
        ("Effect lasted 6/52", {"short"}),
        ("Only lasted a month", {"short"}),
        ("Wirkung hat nach 6 Wochen nachgelassen", {"short"}),
        ("Wirkungsdauer nur 6 Wochen", {"short"}),
        ("Spasmen nach 5 Wochen wieder da", {"short"}),
        ("Duración del efecto: 6 semanas", {"short"}),
        # Without an effect, and without a side effect:
        ("sin efecto secundario", set()),
        ("Nessun effetto indesiderato", set()),
        ("sem efeito adverso", set()),
        ("without untoward effect", set()),
        ("No hubo mejoría", {"poor"}),
        ("Nessuna risposta", {"poor"}),
        ("Peu efficace", {"poor"}),
        ("Kein Erfolg", {"poor"}),
        ("效果不好", {"poor"}),
        ("Spasms poorly controlled despite Botox", {"poor"}),
        ("Botox doesnt work", {"poor"}),
        ("Not well tolerated", {"adverse"}),
        ("Could not tolerate the injections", {"adverse"}),
        ("Ptose", {"adverse"}),
        ("Ptosis links, komplett rückläufig", set()),
        ("Works great, very happy", {"good"}),
        ("Not happy with the outcome", {"poor"}),
        ("Doing well", {"good"}),
        ("Not working well", {"poor"}),
        ("Patientin sehr zufrieden", {"good"}),
        ("Unzufrieden", {"poor"}),
    ],
)
def test_how_a_remark_is_read(remark: str, said: set[str]) -> None:
    assert responses(remark, LIMITS) == said


@pytest.mark.parametrize(
    ("remark", "back"),
    [
        ("Good effect after the last one", True),
        ("Previous injection did not help", True),
        ("Letzte Injektion ohne Wirkung", True),
        ("No effect for the last 3 weeks", False),
        ("No effect", False),
    ],
)
def test_a_remark_may_speak_of_the_injection_before(remark: str, back: bool) -> None:
    assert speaks_of_the_one_before(remark) is back


@pytest.mark.parametrize(
    ("note", "wish", "refusal"),
    [
        ("Prefers surgery", True, False),
        ("Prefers to have MVD", True, False),
        ("Would like to be referred for microvascular decompression", True, False),
        ("Interested in MVD", True, False),
        ("Wünscht eine operative Dekompression", True, False),
        ("Desea cirugía", True, False),
        ("手術を希望", True, False),
        ("Prefers injections to surgery", False, True),
        ("Prefers to avoid surgery", False, True),
        ("Wants to discuss surgery", False, False),
        ("Not interested in surgery", False, True),
        ("Surgery was declined", False, True),
        ("Lehnt eine Operation ab", False, True),
        ("拒绝手术", False, True),
        ("Mother wants surgery", False, False),
        ("Family history of stroke surgery", False, False),
        ("Declined Botox", False, False),
        ("Wants cataract surgery", False, False),
        ("Surgery discussed", False, False),
        ("Requests referral to neurosurgery", True, False),
        ("Prefers Botox over Dysport", False, False),
        ("Prefers Botox over surgery", False, True),
        ("Prefers non surgical treatment", False, True),
        ("Would like to be considered for surgery", True, False),
        ("Quiere operarse", True, False),
        ("Vill ha operation", True, False),
        ("Patient prefers non-surgical treatment", False, True),
        ("Wishes non-operative treatment", False, False),
        ("Offered MVD but prefers to continue Botox", False, True),
        ("Declines referral to neurosurgery", False, True),
        ("Declined neurosurgical referral", False, True),
        ("MVD discussed. Patient declined.", False, True),
        ("Offered MVD, declined", False, True),
        ("Botox discussed. Patient declined.", False, False),
        ("Not a surgical candidate", False, True),
        ("Unfit for general anaesthesia", False, True),
        ("Neurosurgeon does not recommend surgery", False, True),
        ("Keine OP gewünscht", False, True),
        ("Não deseja cirurgia", False, True),
        ("不要求手术", False, True),
        ("手術希望せず", False, True),
        ("Decided against surgery", False, True),
        ("Wants surgery if Botox fails", False, False),
        ("Wants surgery only as a last resort", False, False),
        ("Möchte Operation vermeiden", False, False),
        ("Möchte sich über MVD informieren", False, False),
        ("Husband prefers surgery", False, False),
        ("Requests surgical records", False, False),
        ("Patient requested operative report", False, False),
        ("Wants gallbladder surgery", False, False),
    ],
)
def test_what_the_patient_says_of_surgery(note: str, wish: bool, refusal: bool) -> None:
    record = patient_record({"conditions": [{"code": "icd10cm G51.31", "status": "active", "notes": [note]}]})
    none = BotulinumHistory()
    assert (wish_for_surgery(record, SPASM, none) is not None) is wish
    assert (refusal_of_surgery(record, SPASM, none, TODAY, LIMITS) is not None) is refusal


@pytest.mark.parametrize(
    ("note", "silent"),
    [
        ("Referred to neurosurgery 2026-03", "referred"),
        ("Has been referred for MVD", "referred"),
        ("Seen by neurosurgery", "referred"),
        ("On waiting list for MVD", "referred"),
        ("MVD planned", "referred"),
        ("Seen by neurosurgery for back pain", None),
        ("An Neurochirurgie überwiesen", "referred"),
        ("Überweisung an die Neurochirurgie", "referred"),
        ("s/p MVD 2018", "operated"),
        ("Had MVD in 2018, recurrence 2020, wishes surgery again", "operated"),
        ("MVD 2018 with good result", "operated"),
        ("Z.n. Jannetta-OP 2012", "operated"),
        ("Consider referral to neurosurgery", None),
        ("Referral to neurosurgery was discussed", None),
        ("MVD discussed in 2018", None),
        ("Never had MVD", None),
        ("Also MVD 2018 (mitral valve disease)", None),
        ("s/p MVD for trigeminal neuralgia", None),
        ("Mother had MVD in 2018", None),
    ],
)
def test_a_remark_may_tell_that_surgery_is_on_the_way_or_done(note: str, silent: str | None) -> None:
    spasm = {"code": "icd10cm G51.31", "status": "active", "notes": [note]}
    found = verdict(candidate(conditions=[spasm]))
    assert (found.reason if isinstance(found, Silence) else None) == silent


def test_the_referral_in_full() -> None:
    advice = verdict(candidate())
    assert isinstance(advice, Advice)
    (suggestion,) = advice.suggestions
    (order,) = suggestion.proposals
    assert isinstance(order, OrderProposal)
    assert (order.category, order.urgent, order.codes) == ("referral", False, ())  # CPT 61458 would order the operation
    assert [c.code for c in order.body_site] == ["56052001", "24028007"]
    assert order.reasons == ("Condition/1",)
    note = CARD.words.plain(order.note or "")
    assert "3 botulinum toxin injections" in note
    assert "MR IAC, 2021-07-07" in note
    assert not suggestion.recommended


def test_once_it_is_drafted_the_card_is_silent() -> None:
    advice = verdict(candidate())
    assert isinstance(advice, Advice)
    title = CARD.words.plain(advice.suggestions[0].proposals[0].title)
    again = verdict(candidate(orders=[{"code": title, "status": "draft", "authored": TODAY}]))
    assert isinstance(again, Silence)
    assert again.reason == "referred"


REMARKS = st.sampled_from(
    ["No effect.", "Wore off after 5 weeks", "Good effect", "Ptosis", "Wants surgery", "", "|<b>{n}"]
)
DATES = st.none() | st.builds(
    lambda day, span: r.PartialDate(day, min(day + timedelta(days=span), date.max) if day.year < 9999 else day),
    st.sampled_from([date.min, date.max]) | st.dates(date(2020, 1, 1), date(2027, 12, 31)),
    st.sampled_from([0, 0, 30, 400]),
)
STATUSES = st.sampled_from(["completed", "active", "stopped", "not-done", "revoked", "draft", "booked", "final", ""])
CODES = st.sampled_from(
    [
        concept(c)
        for c in (
            "cpt 64612",
            "cpt 61458",
            "rxn 203279 Botox",
            "rxn 2002 Carbamazepine",
            "loinc 24740-3",
            "Neurosurgery",
            "",
        )
    ]
)
TEXTS = st.lists(REMARKS, max_size=2).map(tuple)
REASONS = st.lists(REMARKS.map(lambda text: r.Concept((), text)), max_size=1).map(tuple)
RECORDS = st.builds(
    r.PatientRecord,
    patient=st.builds(r.Patient, st.just("p"), DATES),
    conditions=st.lists(st.builds(r.Condition, st.just("Condition/1"), CODES, notes=TEXTS), max_size=2).map(tuple),
    medications=st.lists(
        st.builds(
            r.MedicationUse,
            st.just("M/1"),
            medication=CODES,
            status=STATUSES,
            status_reasons=REASONS,
            given=DATES,
            notes=TEXTS,
        ),
        max_size=3,
    ).map(tuple),
    procedures=st.lists(
        st.builds(
            r.Procedure,
            st.just("P/1"),
            CODES,
            STATUSES,
            REASONS,
            DATES,
            outcome=REMARKS.map(lambda t: r.Concept((), t)),
            notes=TEXTS,
        ),
        max_size=5,
    ).map(tuple),
    orders=st.lists(
        st.builds(r.Order, st.just("S/1"), code=CODES, status=STATUSES, status_reasons=REASONS, authored=DATES),
        max_size=1,
    ).map(tuple),
    reports=st.just((r.Report("D/1", code=concept("loinc 24740-3"), status="final", performed=partial_date("2026")),)),
    appointments=st.lists(
        st.builds(r.Appointment, st.just("A/1"), STATUSES, DATES, about=CODES.map(lambda c: (c,))), max_size=1
    ).map(tuple),
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(record=RECORDS)
def test_no_record_makes_it_raise_and_every_word_is_there(record: r.PatientRecord) -> None:
    found = verdict(record)
    if isinstance(found, Silence):
        assert CARD.words.plain(found.sentence)
        return
    assert found.indicator == "info"
    assert {finding.code for finding in found.findings} == {"mvd-candidate"}
    assert all(finding.evidence and CARD.words.plain(finding.sentence) for finding in found.findings)
    assert len(CARD.words.summary(Phrase(f"summary/{found.situation}", found.values))) <= 139
    assert CARD.words.detail(found.detail)
