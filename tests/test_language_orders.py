"""What was accepted is known again whatever language it was written in.

An EHR stores what a card proposed, with our words; a task or referral without a code is then recognised by these words
alone. Those of each language must do as the English do, or the card would ask again for what is on its way.
"""

import pytest

from cds_service.advice import Advice, AppointmentProposal, OrderProposal, Phrase, TaskProposal, View
from cds_service.deck import Card, load_deck
from cds_service.languages import LANGUAGES
from cds_service.record import Appointment, Concept, Order, PartialDate, Period
from cds_service.wording import Words
from tests.said import Said, said_of_examples

DECK = load_deck()
ACCEPTED = [said for said in said_of_examples() if isinstance(said.verdict, Advice) and said.verdict.suggestions]


@pytest.mark.parametrize("card", DECK.cards, ids=lambda card: card.id)
def test_in_every_language(card: Card) -> None:
    for said in ACCEPTED:
        if said.card.id == card.id:
            after = {language: outcome(said, card.words.of(language)) for language in LANGUAGES}
            assert after == dict.fromkeys(LANGUAGES, after["en"]), said.example


def test_the_words_decide() -> None:
    """Else the test above would show nothing: some cards fall silent by them."""
    changed = {said.card.id for said in ACCEPTED if outcome(said, said.card.words) != told(said.advise(said.view))}
    assert changed >= {"botulinum-recall", "mri-workup", "mvd-referral"}


def outcome(said: Said, words: Words) -> object:
    """What the card says once all that it proposed was made, in these words."""
    return told(said.advise(with_all_made(said, words)))


def told(verdict: object) -> object:
    if isinstance(verdict, Advice):
        return verdict.situation, verdict.indicator, [button.label.block for button in verdict.suggestions]
    return verdict.reason  # type: ignore[attr-defined]


def with_all_made(said: Said, words: Words) -> View:
    """As an EHR stores what was accepted: orders active, tasks requested, visits booked for their first day."""
    view, orders, appointments = said.view, [], []
    today = PartialDate(view.today, view.today, view.today.isoformat())
    assert isinstance(said.verdict, Advice)
    for number, proposal in enumerate(p for button in said.verdict.suggestions for p in button.proposals):
        match proposal:
            case OrderProposal():
                code = Concept(proposal.codes, words.plain(proposal.title))
                notes = (words.plain(proposal.note),) if isinstance(proposal.note, Phrase) else ()
                orders.append(Order(f"ServiceRequest/{number}", "order", code, "active", authored=today, notes=notes))
            case TaskProposal():
                code = Concept((), words.plain(proposal.title))
                orders.append(Order(f"Task/{number}", "task", code, "requested", authored=today))
            case AppointmentProposal():
                first = PartialDate(proposal.earliest, proposal.earliest, proposal.earliest.isoformat())
                said_of_it = words.plain(proposal.title)
                visit = Appointment(f"Appointment/{number}", "booked", first, Period(first), (), said_of_it)
                appointments.append(visit)
    record = view.record
    made = record._replace(orders=(*record.orders, *orders), appointments=(*record.appointments, *appointments))
    return view._replace(record=made)
