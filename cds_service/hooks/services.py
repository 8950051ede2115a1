"""The services: at which moment of the work each is asked, and what its request must hold.

They share one road. What a card has to say at which moment is the card's own (cards/README.md): a card's folder that
has an `order_sign.py` speaks when orders are signed. Nothing here names a card.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from cds_service.advice import Moment


class Service(NamedTuple):
    """`drafts` is the context's member that holds what is being signed or booked; empty where nothing is.

    `hook_version` is empty where the hook's own sources disagree about it (conformance, section 13).
    """

    id: str
    hook: str
    moment: Moment
    title: str
    description: str
    hook_version: str = ""
    drafts: Literal["", "draftOrders", "appointments"] = ""
    needs_encounter: bool = False
    usage: str = ""


PATIENT_VIEW: Final = Service(
    id="facial-twitching",
    hook="patient-view",
    moment="patient-view",
    title="Facial twitching and hemifacial spasm",
    description=(
        "Looks for unilateral facial twitching in the chart and suggests an MRI work-up, the timing of the next "
        "botulinum toxin injection, or a check for caffeine or medicines that can cause twitching. "
        "Answers with no card for everybody else."
    ),
    hook_version="1.0",
)
ENCOUNTER_START: Final = PATIENT_VIEW._replace(
    id="facial-twitching-encounter-start",
    hook="encounter-start",
    title="Facial twitching and hemifacial spasm, at the start of an encounter",
    description=f"{PATIENT_VIEW.description} The same advice as facial-twitching, when an encounter begins.",
    needs_encounter=True,
    usage="Call this or facial-twitching, as both say the same.",
)
ORDER_SIGN: Final = Service(
    id="facial-twitching-order-sign",
    hook="order-sign",
    moment="order-sign",
    title="Orders for facial twitching and hemifacial spasm",
    description=(
        "Looks at the orders being signed for a patient with facial twitching: botulinum toxin too early, too much or "
        "against a caution; carbamazepine or oxcarbazepine without HLA-B*15:02 where it matters; clonazepam together "
        "with an opioid; baclofen with reduced kidneys; an MRI that is already ordered or on file, or that lacks the "
        "sequences for the facial nerve. Answers with no card for any other order."
    ),
    drafts="draftOrders",
    usage="Without draftOrders the answer is no card. Cards are about the drafts alone, and name them.",
)
APPOINTMENT_BOOK: Final = Service(
    id="facial-twitching-appointment-book",
    hook="appointment-book",
    moment="appointment-book",
    title="Botulinum toxin visits for hemifacial spasm",
    description=(
        "Looks at the visits being booked for a patient with hemifacial spasm: an injection of botulinum toxin before "
        "the earliest advised date. Answers with no card for any other visit."
    ),
    hook_version="1.0",
    drafts="appointments",
    usage="Without appointments the answer is no card. Cards are about the drafts alone, and name them.",
)

SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {service.id: service for service in (PATIENT_VIEW, ORDER_SIGN, APPOINTMENT_BOOK, ENCOUNTER_START)}
)


def answering(hook: str) -> Service:
    """The service for a hook; the first one, which will refuse it, for a hook that none answers."""
    return next((service for service in SERVICES.values() if service.hook == hook), PATIENT_VIEW)
