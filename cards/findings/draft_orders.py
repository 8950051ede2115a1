"""The drafts that ask for something to be done: not those that are signed to end, revoke or forbid it.

Orders that are signed again may have any status of a standing order (order-sign 1.1), so only what takes them back is
left out.
"""

from typing import Final

from cds_service.record import Appointment, Drafts, MedicationUse, Order

_TAKEN_BACK: Final = frozenset(
    {"cancelled", "revoked", "rejected", "stopped", "ended", "completed", "entered-in-error", "not-taken", "failed"}
)
_NO_VISIT: Final = frozenset({"cancelled", "noshow", "fulfilled", "entered-in-error"})


def drafted_medicines(drafts: Drafts) -> tuple[MedicationUse, ...]:
    return tuple(use for use in drafts.medications if use.status not in _TAKEN_BACK)


def drafted_orders(drafts: Drafts) -> tuple[Order, ...]:
    return tuple(o for o in drafts.orders if o.status not in _TAKEN_BACK and not o.do_not_perform)


def drafted_visits(drafts: Drafts) -> tuple[Appointment, ...]:
    return tuple(visit for visit in drafts.appointments if visit.status not in _NO_VISIT)
