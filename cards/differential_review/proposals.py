"""A referral to neurology where the spasm is recorded on both sides and neurology was not asked lately; nothing else
here calls for an order.

In words: no code for a referral is among those that may be emitted. An MRI is not offered, because contrast and safety
belong to the MRI card; the referral asks for it.
"""

from typing import Final

from cards.differential_review.case import Case
from cards.findings.neurology_plans import is_with_neurology
from cds_service.advice import OrderProposal, Phrase, Suggestion
from cds_service.record import SNOMED, Coding

_FACIAL_NERVE: Final = Coding(SNOMED, "56052001", "Facial nerve structure")


def suggestions(case: Case) -> tuple[Suggestion, ...]:
    view = case.view
    if view.twitching.kind != "bilateral" or is_with_neurology(view.record, view.today, view.limits):
        return ()
    order = OrderProposal(
        describe=Phrase("describe/neurology"),
        codes=(),
        title=Phrase("title/neurology"),
        category="referral",
        body_site=(_FACIAL_NERVE,),
        reasons=case.view.twitching.conditions,
        note=Phrase("note/neurology"),
    )
    return (Suggestion(Phrase("suggest/neurology"), (order,)),)
