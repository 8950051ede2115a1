"""What `examples.toml` cannot say: odd spans of dates, the days of a proposed visit, that nothing makes it raise."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.botulinum_recall.rule import advise
from cards.findings.botulinum_history import history
from cds_service import record as r
from cds_service.advice import (
    Advice,
    AppointmentProposal,
    FacialTwitching,
    Phrase,
    Silence,
    TaskProposal,
    Verdict,
    View,
)
from cds_service.deck import load_deck
from tests.patients import concept, partial_date, patient_record

DECK = load_deck()
CARD = next(card for card in DECK.cards if card.id == "botulinum-recall")
LIMITS = DECK.limits_of(CARD)
TODAY = date(2026, 6, 15)
SPASM = FacialTwitching("hemifacial-spasm", Phrase("gate/code"), "right", conditions=("Condition/1",))


def verdict(
    record: r.PatientRecord, today: date = TODAY, twitching: FacialTwitching = SPASM, **limits: float
) -> Verdict:
    return advise(View(record, twitching, {**LIMITS, **limits}, today))


def injected(on: r.PartialDate) -> r.PatientRecord:
    use = r.MedicationUse(
        "MedicationAdministration/1", "administration", concept("Botox"), status="completed", given=on
    )
    return r.PatientRecord(medications=(use,))


def days_ago(days: int) -> r.PartialDate:
    return partial_date(TODAY - timedelta(days=days))


@pytest.mark.parametrize(("span", "situation"), [(61, "due"), (62, "due"), (63, "date-unknown")])
def test_a_date_of_more_than_62_days_is_no_date(span: int, situation: str) -> None:
    latest = TODAY - timedelta(days=100)
    found = verdict(injected(r.PartialDate(latest - timedelta(days=span), latest)))
    assert isinstance(found, Advice)
    assert found.situation == situation


@pytest.mark.parametrize(
    ("days", "earliest", "latest"),
    [
        (75, TODAY + timedelta(days=9), TODAY + timedelta(days=37)),  # window opens: 12 to 16 weeks after the injection
        (84, TODAY, TODAY + timedelta(days=28)),
        (168, TODAY, TODAY + timedelta(days=28)),  # the usual window is over: four weeks to arrange it
        (300, TODAY, TODAY + timedelta(days=28)),
    ],
)
def test_the_visit_proposed_is_never_before_the_earliest_advised_day(days: int, earliest: date, latest: date) -> None:
    found = verdict(injected(days_ago(days)))
    assert isinstance(found, Advice)
    visit = found.suggestions[0].proposals[0]
    assert isinstance(visit, AppointmentProposal)
    assert (visit.earliest, visit.latest) == (earliest, latest)
    assert visit.reasons == ("Condition/1",)


def test_a_visit_and_asking_about_the_plan_exclude_each_other() -> None:
    overdue, due = verdict(injected(days_ago(200))), verdict(injected(days_ago(100)))
    assert isinstance(overdue, Advice)
    assert isinstance(due, Advice)
    assert (overdue.pick, len(overdue.suggestions)) == ("at-most-one", 2)
    assert (due.pick, len(due.suggestions), due.suggestions[0].recommended) == ("any", 1, True)


def test_a_task_names_what_it_is_about() -> None:
    record = injected(days_ago(30))._replace(
        appointments=(r.Appointment("Appointment/7", "booked", days_ago(-10), description="Botox"),)
    )
    found = verdict(record)
    assert isinstance(found, Advice)
    task = found.suggestions[0].proposals[0]
    assert isinstance(task, TaskProposal)
    assert task.focus == "Appointment/7"
    assert [e.reference for e in found.findings[0].evidence] == ["Appointment/7", "MedicationAdministration/1"]


def test_a_site_may_lengthen_a_products_interval() -> None:
    found = verdict(injected(days_ago(90)), min_days_onabotulinumtoxina=100)
    assert isinstance(found, Advice)
    assert found.situation == "window-opens"
    assert found.values["earliest"] == TODAY + timedelta(days=10)


@pytest.mark.parametrize("apart", [0, 3, 4])
def test_entries_up_to_three_days_apart_are_one_injection(apart: int) -> None:
    record = patient_record(
        {
            "medications": [
                {"kind": "statement", "status": "completed", "medication": "Dysport", "given": date(2026, 3, 1)},
            ],
            "procedures": [
                {"code": "cpt 64612", "status": "completed", "performed": date(2026, 3, 1) + timedelta(days=apart)}
            ],
        }
    )
    found = history(record, TODAY, LIMITS).injections
    assert len(found) == (1 if apart <= 3 else 2)
    assert found[-1].source == "given"
    if apart <= 3:
        assert found[0].product.name == "abobotulinumtoxinA"
        assert {e.reference for e in found[0].evidence} == {"MedicationStatement/1", "Procedure/1"}


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_entries_does_not_matter(order: int) -> None:
    entries = [("2026-03-01", "completed"), ("2026-03-03", "unknown"), ("2026-02", "completed"), ("2026", "completed")]
    uses = [
        {"kind": "administration", "status": status, "medication": "Botox", "given": on, "reference": f"M/{on}"}
        for on, status in entries
    ]
    injections = history(patient_record({"medications": uses[::order]}), TODAY, LIMITS).injections
    # The year goes with the exact date that it allows, as does the unknown entry; February is another.
    assert [i.on.written for i in injections] == ["2026-02", "2026-03-01"]


WORDS = st.sampled_from(
    ["Botox", "Dysport", "botulinum toxin", "gentamicin", "Hemifacial spasm", "Migraine", "", "±|<b>"]
)
CONCEPTS = st.builds(
    r.Concept,
    st.lists(st.sampled_from([r.Coding(r.CPT, "64612"), r.Coding(r.ATC, "M03AX01"), r.Coding("", "")]), max_size=2).map(
        tuple
    ),
    WORDS,
)
DATES = st.none() | st.builds(
    lambda day, span: r.PartialDate(day, min(day + timedelta(days=span), date.max) if day.year < 9999 else day),
    st.sampled_from([date.min, date.max]) | st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.sampled_from([0, 0, 0, 30, 400]),
)
PERIODS = st.none() | st.builds(r.Period, DATES, DATES)
STATUSES = st.sampled_from(
    ["completed", "active", "unknown", "stopped", "on-hold", "not-taken", "booked", "requested", ""]
)
CONCEPT_LISTS = st.lists(CONCEPTS, max_size=2).map(tuple)
QUANTITIES = st.none() | st.builds(r.Quantity, st.floats(0, 500), st.floats(0, 500), st.sampled_from(["U", "mL", ""]))
USES = st.builds(
    r.MedicationUse,
    reference=st.just("M/1"),
    kind=st.sampled_from(["statement", "request", "administration", "dispense"]),
    medication=CONCEPTS,
    unresolved=st.booleans(),
    status=STATUSES,
    status_reasons=CONCEPT_LISTS,
    given=DATES,
    course=PERIODS,
    authored=DATES,
    asserted=DATES,
    validity=PERIODS,
    reasons=CONCEPT_LISTS,
    dosages=st.lists(st.builds(r.Dosage, dose=QUANTITIES, site=CONCEPTS), max_size=2).map(tuple),
)
RECORDS = st.builds(
    r.PatientRecord,
    conditions=st.lists(
        st.builds(r.Condition, st.just("Condition/1"), CONCEPTS, notes=st.just(("driving",))), max_size=2
    ).map(tuple),
    medications=st.lists(USES, max_size=4).map(tuple),
    procedures=st.lists(
        st.builds(r.Procedure, st.just("P/1"), CONCEPTS, STATUSES, CONCEPT_LISTS, DATES), max_size=3
    ).map(tuple),
    orders=st.lists(
        st.builds(r.Order, st.just("S/1"), code=CONCEPTS, status=STATUSES, authored=DATES, occurrence=PERIODS),
        max_size=2,
    ).map(tuple),
    appointments=st.lists(
        st.builds(r.Appointment, st.just("A/1"), STATUSES, DATES, PERIODS, CONCEPT_LISTS, WORDS), max_size=2
    ).map(tuple),
    allergies=st.lists(st.builds(r.Allergy, st.just("L/1"), CONCEPTS), max_size=1).map(tuple),
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(record=RECORDS, dormant=st.booleans())
def test_no_record_makes_it_raise_and_every_word_is_there(record: r.PatientRecord, dormant: bool) -> None:
    found = verdict(record, twitching=SPASM._replace(dormant=dormant))
    words = CARD.words
    for line in found.quality:
        assert words.markdown(line)
    if isinstance(found, Silence):
        assert words.plain(found.sentence)
        return
    assert not dormant or found.indicator == "info"
    assert len(words.summary(Phrase(f"summary/{found.situation}", found.values))) <= 139
    assert words.detail(found.detail)
    assert all(words.plain(finding.sentence) for finding in found.findings)
    for suggestion in found.suggestions:
        assert words.plain(suggestion.label)
        for proposal in suggestion.proposals:
            assert words.plain(proposal.describe)
            assert words.plain(proposal.title)
            if isinstance(proposal, AppointmentProposal):
                assert TODAY <= proposal.earliest <= (proposal.latest or date.max)
