"""The referral that the card offers: in words, because no code for a referral is among those that may be emitted.

The operation's own code (CPT 61458) would order the operation.
"""

from typing import Final

from cards.mvd_referral.case import Case, values_of
from cds_service.advice import OrderProposal, Phrase, Suggestion
from cds_service.record import SNOMED, Coding

_FACIAL_NERVE: Final = Coding(SNOMED, "56052001", "Facial nerve structure")
_SIDES: Final = {"left": Coding(SNOMED, "7771000", "Left"), "right": Coding(SNOMED, "24028007", "Right")}


def suggestions(case: Case, situation: str) -> tuple[Suggestion, ...]:
    """One draft referral to neurosurgery, for assessment."""
    values, side = values_of(case), _SIDES.get(case.view.twitching.side)
    order = OrderProposal(
        describe=Phrase("describe/referral", values),
        codes=(),
        title=Phrase("title/referral"),
        category="referral",
        body_site=(_FACIAL_NERVE, side) if side else (_FACIAL_NERVE,),
        reasons=case.view.twitching.conditions,
        note=Phrase(f"note/{situation}", values),
    )
    return (Suggestion(Phrase("suggest/referral"), (order,)),)
