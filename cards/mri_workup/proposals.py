"""The orders and tasks that the card offers.

Codes: the verified ones of terminology.yaml, `emit_codes`; CPT without its descriptors, which are licensed.
"""

from typing import Final

from cards.findings.imaging_history import Study
from cards.mri_workup.case import Case
from cds_service.advice import OrderProposal, Phrase, Suggestion, TaskProposal, Values, View
from cds_service.record import CPT, LOINC, SNOMED, Coding

WITH_CONTRAST: Final = (
    Coding(LOINC, "24740-3", "MR Internal auditory canal and Posterior fossa WO and W contrast IV"),
    Coding(CPT, "70553"),
)
WITHOUT_CONTRAST: Final = (Coding(LOINC, "30658-9", "MR Internal auditory canal WO contrast"), Coding(CPT, "70551"))
MRA: Final = (Coding(LOINC, "36881-1", "MRA Head vessels WO contrast"), Coding(CPT, "70544"))
FACIAL_NERVE: Final = Coding(SNOMED, "56052001", "Facial nerve structure")
SIDES: Final = {"left": Coding(SNOMED, "7771000", "Left"), "right": Coding(SNOMED, "24028007", "Right")}


def suggestions(case: Case, values: Values) -> tuple[Suggestion, ...]:
    """At most one is to be picked. Metal or a device: the safety task alone (clinical_rules.md 1.2).

    A study to review comes first. Only a hard flag without any caution makes the MRI with contrast the recommended one.
    """
    view, urgent = case.view, case.flags.raised
    if case.concerns:
        return (safety_screening(view, values, device=True, urgent=urgent),)
    review = case.on_file.study if case.on_file.state == "review" else None
    contrast = Suggestion(
        Phrase("suggest/order-mri"),
        _orders(view, values, "order-mri", WITH_CONTRAST, urgent),
        recommended=bool(case.flags.hard) and not case.cautions and review is None,
    )
    plain = Suggestion(
        Phrase("suggest/order-mri-without-contrast"),
        _orders(view, values, "order-mri-without-contrast", WITHOUT_CONTRAST, urgent),
    )
    orders: tuple[Suggestion, ...] = (contrast, plain)
    if case.cautions:
        orders = (plain,) if any(caution.only for caution in case.cautions) else (plain, contrast)
    first = (_review(view, review, urgent),) if review else ()
    return (*first, *orders, safety_screening(view, values, device=False, urgent=urgent))


def _orders(
    view: View, values: Values, name: str, codes: tuple[Coding, ...], urgent: bool
) -> tuple[OrderProposal, ...]:
    side = SIDES.get(view.twitching.side)
    site = (FACIAL_NERVE, side) if side else (FACIAL_NERVE,)
    return tuple(
        OrderProposal(
            describe=Phrase(f"describe/{part}", values),
            codes=part_codes,
            title=Phrase(f"title/{part}"),
            category="imaging",
            urgent=urgent,
            body_site=where,
            reasons=view.twitching.conditions,
            note=Phrase(f"note/{part}", values),
        )
        for part, part_codes, where in ((name, codes, site), ("order-mra", MRA, ()))
    )


def safety_screening(view: View, values: Values, device: bool, urgent: bool) -> Suggestion:
    task = TaskProposal(
        describe=Phrase("describe/mri-safety-device" if device else "describe/mri-safety-screen", values),
        title=Phrase("title/mri-safety-screen"),
        urgent=urgent,
        reasons=view.twitching.conditions,
    )
    return Suggestion(Phrase("suggest/mri-safety-screen"), (task,), recommended=device)


def _review(view: View, study: Study, urgent: bool) -> Suggestion:
    task = TaskProposal(
        describe=Phrase("describe/review-existing-mri", {"what": study.evidence.display}),
        title=Phrase("title/review-existing-mri"),
        urgent=urgent,
        focus=study.evidence.reference,
        reasons=view.twitching.conditions,
    )
    return Suggestion(Phrase("suggest/review-existing-mri"), (task,))
