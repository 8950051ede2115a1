"""When an MRI of the head is ordered (clinical_rules.md 1.1, 1.2, 1.4).

When   an order being signed is for an MRI of the facial nerve's region or of the brain.
Then   implants and metal on record: a warning, and safety first. Such an MRI ordered or booked already: a warning. An
       adequate one on file, and no hard red flag after it: tell. Neither, and the order names no sequence that shows
       the nerve (CISS, FIESTA, SPACE): tell, and offer to add it [S2][E3][E7].
Unless an order for the brain stands beside an MRI that shows the nerve, on file or ordered: it looks for something
       else.
Never  for a patient to whom the rule above does not speak at all. Whether contrast is given is left to who orders it.
"""

from cards.findings.draft_orders import drafted_orders
from cards.findings.imaging_history import name, shows
from cards.findings.mri_safety import safety_concerns
from cards.findings.red_flags import red_flags
from cards.mri_workup.case import Case
from cards.mri_workup.lines import safety, trigger
from cards.mri_workup.on_file import OnFile, adequate_study
from cards.mri_workup.order_notices import Notice, order_notices, order_suggestions
from cards.mri_workup.rule import NEEDS, lacks_red_flag, not_for_this_card
from cds_service.advice import Advice, Phrase, Silence, View
from cds_service.record import Drafts, Order

_OF_THE_HEAD = ("facial-nerve", "brain")


def concerns(drafts: Drafts) -> bool:
    return bool(_of_the_head(drafts))


def _of_the_head(drafts: Drafts) -> tuple[Order, ...]:
    return tuple(order for order in drafted_orders(drafts) if shows([order.code]) in _OF_THE_HEAD)


def advise(view: View) -> Advice | Silence:
    """One card for all such orders; the weightiest finding speaks in its summary."""
    orders = _of_the_head(view.record.drafts)
    silence = not_for_this_card(view) or (None if orders else Silence("no-draft"))
    if silence is not None:
        return silence
    flags = red_flags(view.record, view.twitching, view.today, view.limits)
    silence = lacks_red_flag(view, flags)
    if silence is not None:
        return silence
    concerned = safety_concerns(view.record, view.today)
    case = Case(view, flags, OnFile("nothing"), concerned, cautions=(), eyelid=False, coexisting=())
    adequate = adequate_study(view, flags)
    noticed = order_notices(case, orders, adequate)
    if not noticed:
        fits = all(shows([order.code]) == "facial-nerve" for order in orders)
        return Silence("draft-fits" if fits else "order-for-another-reason", {"draft": name(orders[0].code)})
    return _advice(case, noticed)


def _advice(case: Case, noticed: tuple[Notice, ...]) -> Advice:
    first = min(noticed, key=lambda notice: notice.weight)
    drafts = dict.fromkeys(name(notice.draft.code) for notice in noticed)
    return Advice(
        situation=first.situation,
        indicator="warning" if any(notice.indicator == "warning" for notice in noticed) else "info",
        values=first.finding.values,
        findings=tuple(notice.finding for notice in noticed),
        detail=(
            *safety(case),
            *(notice.finding.sentence for notice in noticed if notice.situation != "order-safety"),
            *(Phrase("line/draft-order", {"draft": draft}) for draft in drafts),
            Phrase("line/why"),
            *trigger(case),
            Phrase("line/not-a-diagnosis"),
        ),
        suggestions=order_suggestions(case, noticed),
        pick="any",
        not_assessed=case.view.record.missing(*NEEDS),
    )
