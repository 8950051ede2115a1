"""Is a laboratory test ordered, and still awaited? (clinical_rules.md 1.4 item 2, taken over for tests.)"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from cards.findings.months import may_be_since
from cds_service.advice import Evidence
from cds_service.record import Concept, PatientRecord

_OPEN: Final = frozenset(
    {"active", "draft", "on-hold", "proposed", "planned", "requested", "received", "accepted", "ready", "in-progress"}
)


def ordered_test(
    record: PatientRecord, is_meant: Callable[[Concept], object], today: date, limits: Mapping[str, float]
) -> Evidence | None:
    """An open order or task for this test of the last `oral_order_days`, or for a day to come; undated ones may be
    forgotten ones and do not count.
    """
    first = today - timedelta(days=limits["oral_order_days"])
    for order in record.orders:
        on = (order.occurrence.start or order.occurrence.end) if order.occurrence else None
        on = on if may_be_since(on, first) else order.authored
        if order.status in _OPEN and not order.do_not_perform and is_meant(order.code) and may_be_since(on, first):
            return Evidence(order.reference, on.written if on else "", order.code.label)
    return None
