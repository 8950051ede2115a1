"""Is a laboratory test ordered, and still awaited? (clinical_rules.md 1.4 item 2, taken over for tests.)"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from cards.findings.clinical_text import asserts, fold
from cards.findings.months import may_be_since
from cards.findings.vocabulary import vocabulary
from cds_service.advice import Evidence
from cds_service.record import Concept, PatientRecord

_OPEN: Final = frozenset(
    {"active", "draft", "on-hold", "proposed", "planned", "requested", "received", "accepted", "ready", "in-progress"}
)


def ordered_test(
    record: PatientRecord, is_meant: Callable[[Concept], object], today: date, within_days: float
) -> Evidence | None:
    """An open order or task for this test of the last `within_days` days, or for a day to come; undated ones may be
    forgotten ones and do not count.
    """
    first = today - timedelta(days=within_days)
    for order in record.orders:
        on = (order.occurrence.start or order.occurrence.end) if order.occurrence else None
        on = on if may_be_since(on, first) else order.authored
        if order.status in _OPEN and not order.do_not_perform and is_meant(order.code) and may_be_since(on, first):
            return Evidence(order.reference, on.written if on else "", order.code.label)
    return None


def is_written_as(code: Concept, test: str) -> bool:
    """Whether the words of an order ask for this test of the blood (`lab_orders.toml`)."""
    words, others = vocabulary("lab_orders")[test], vocabulary("lab_orders")["not_in_blood"]
    return any(asserts(text, words) and not others.search(fold(text)) for text in code.words)
