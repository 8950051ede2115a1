"""Has neurology been asked already, or is a visit there to come? (clinical_rules.md 5–9, R8)"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from cards.findings.clinical_text import asserts
from cards.findings.imaging_history import order_date
from cards.findings.months import may_be_since, months_before
from cards.findings.vocabulary import vocabulary
from cds_service.record import PatientRecord

_ORDER: Final = frozenset(
    {"active", "on-hold", "draft", "requested", "received", "accepted", "in-progress", "completed"}
)
_VISIT: Final = frozenset({"proposed", "pending", "booked", "waitlist", "arrived", "checked-in", "fulfilled"})


def is_with_neurology(record: PatientRecord, today: date, limits: Mapping[str, float]) -> bool:
    """Whether an order or a visit of the last months, or to come, says so. Limit used: `imaging_order_months`."""
    first = months_before(today, limits["imaging_order_months"])
    neurology = vocabulary("neurology_plans")["neurology"]
    asked = [
        words
        for order in record.orders
        if order.status in _ORDER and not order.do_not_perform and may_be_since(order_date(order), first)
        for words in order.code.words
    ]
    seen = [
        words
        for visit in record.appointments
        if visit.status in _VISIT and may_be_since(visit.start or visit.created, first)
        for words in (visit.description, *(word for about in visit.about for word in about.words))
    ]
    return any(asserts(words, neurology) for words in (*asked, *seen))
