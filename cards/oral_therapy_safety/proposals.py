"""The orders and tasks that the card offers. Never one that stops, changes or begins a medicine.

Codes: the verified ones of terminology.yaml, `emit_codes`.
"""

from typing import Final

from cds_service.advice import OrderProposal, Phrase, Suggestion, TaskProposal, Values, View
from cds_service.record import LOINC, Coding, MedicationUse

HLA_B1502: Final = Coding(LOINC, "57979-7", "HLA-B*15:02 [Presence]")
SODIUM: Final = Coding(LOINC, "2951-2", "Sodium [Moles/volume] in Serum or Plasma")
CREATININE: Final = Coding(LOINC, "2160-0", "Creatinine [Mass/volume] in Serum or Plasma")


def order_hla(view: View, values: Values, urgent: bool) -> Suggestion:
    return _order(view, "order-hla", HLA_B1502, values, urgent=urgent)


def order_sodium(view: View, values: Values, urgent: bool) -> Suggestion:
    return _order(view, "order-sodium", SODIUM, values, urgent=urgent)


def order_creatinine(view: View, values: Values, reason: str) -> Suggestion:
    return _order(view, "order-creatinine", CREATININE, values, reason)


def _order(view: View, name: str, code: Coding, values: Values, *more: str, urgent: bool = False) -> Suggestion:
    order = OrderProposal(
        describe=Phrase(f"describe/{name}", values),
        codes=(code,),
        title=Phrase(f"title/{name}", values),
        category="laboratory",
        urgent=urgent,
        reasons=(*view.twitching.conditions, *more),
        note=Phrase(f"note/{name}", values),
    )
    return Suggestion(Phrase(f"suggest/{name}", values), (order,))


def review(view: View, name: str, values: Values, uses: tuple[MedicationUse, ...], urgent: bool = False) -> Suggestion:
    """A review with the prescriber; the task is about the first entry that says that it is taken or ordered."""
    return _task(view, f"review-{name}", values, uses[0].reference, urgent)


def ask_ancestry(view: View, values: Values) -> Suggestion:
    return _task(view, "ask-ancestry", values)


def read_result(view: View, values: Values, reference: str) -> Suggestion:
    return _task(view, "read-hla", values, reference, urgent=True)


def _task(view: View, name: str, values: Values, focus: str = "", urgent: bool = False) -> Suggestion:
    task = TaskProposal(
        describe=Phrase(f"describe/{name}", values),
        title=Phrase(f"title/{name}", values),
        urgent=urgent,
        focus=focus,
        reasons=view.twitching.conditions,
    )
    return Suggestion(Phrase(f"suggest/{name}", values), (task,))
