"""Is the patient already on the way to microvascular decompression: referred to neurosurgery, seen there, booked?

clinical_rules.md 5–9, R6: "not already referred". A referral counts whatever its age, a visit that is to come or was
kept, and a completed consultation. Neurosurgery for something else (a disc, the trigeminal nerve), or before the spasm
began, is none.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from cards.findings.clinical_text import asserts, fold
from cards.findings.months import may_be_since
from cards.findings.vocabulary import vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import Concept, PartialDate, PatientRecord

_NO_ORDER: Final = frozenset(
    {"", "revoked", "cancelled", "rejected", "failed", "entered-in-error", "unknown", "not-done", "stopped"}
)
_VISIT: Final = frozenset({"proposed", "pending", "booked", "waitlist", "arrived", "checked-in", "fulfilled"})
_PROCEDURE: Final = frozenset({"preparation", "in-progress", "completed", "on-hold"})


def referral(record: PatientRecord, twitching: FacialTwitching) -> Evidence | None:
    """The first entry that tells of it, or None."""
    return next(_referrals(record, twitching), None)


def _referrals(record: PatientRecord, twitching: FacialTwitching) -> Iterator[Evidence]:
    for order in record.orders:
        if order.status in _NO_ORDER or order.do_not_perform:
            continue
        others = _other_problems(record, twitching, order.reason_references)
        said = (order.code, *order.reasons)
        is_in_time = _is_in_time(order.authored, said, order.reason_references, twitching)
        if is_in_time and leads_to_decompression(said, order.notes, others):
            yield _evidence(order.reference, order.authored, order.code)
    for visit in record.appointments:
        on = visit.start or visit.created
        is_meant = visit.status in _VISIT and _is_in_time(on, visit.about, (), twitching)
        if is_meant and leads_to_decompression(visit.about, (visit.description,)):
            called = Concept((), visit.description) if visit.description else next(iter(visit.about), Concept())
            yield _evidence(visit.reference, on, called)
    for procedure in record.procedures:
        if procedure.status not in _PROCEDURE:
            continue
        others = _other_problems(record, twitching, procedure.reason_references)
        said = (procedure.code, *procedure.reasons)
        is_in_time = _is_in_time(procedure.performed, said, procedure.reason_references, twitching)
        if is_in_time and leads_to_decompression(said, (), others):
            yield _evidence(procedure.reference, procedure.performed, procedure.code)


def _is_in_time(
    on: PartialDate | None, said: Iterable[Concept], reasons: Iterable[str], twitching: FacialTwitching
) -> bool:
    """Not before the spasm began, unless it names the spasm."""
    facial = vocabulary("nerve_decompression")["facial"]
    if set(reasons) & set(twitching.conditions) or any(facial.search(fold(w)) for code in said for w in code.words):
        return True
    onset = None if twitching.onset_is_recorded_date else twitching.onset
    return on is None or onset is None or may_be_since(on, onset.earliest)


def _other_problems(record: PatientRecord, twitching: FacialTwitching, reasons: Iterable[str]) -> list[Concept]:
    """The problems that it is for, unless the spasm is one of them."""
    reasons = frozenset(reasons)
    if reasons & set(twitching.conditions):
        return []
    return [condition.code for condition in record.conditions if condition.reference in reasons]


def leads_to_decompression(codes: Iterable[Concept], texts: Iterable[str], others: Iterable[Concept] = ()) -> bool:
    """Whether it names the operation or neurosurgery, and nothing else as its purpose."""
    codes = tuple(codes)
    words, operation = vocabulary("decompression_plans"), vocabulary("nerve_decompression")
    said = [fold(text) for text in (*(w for code in codes for w in code.words), *texts)]
    named = any(asserts(text, words["neurosurgery"]) or asserts(text, operation["decompression"]) for text in said)
    if not (named or any(is_for_decompression(code) for code in codes)):
        return False
    about = " ; ".join((*said, *(fold(word) for other in others for word in other.words)))
    if operation["facial"].search(about):
        return True
    return not (words["something_else"].search(about) or operation["other_nerve"].search(about))


def is_for_decompression(code: Concept) -> bool:
    """Whether a code or its words name microvascular decompression, not that of another nerve."""
    operation = vocabulary("nerve_decompression")
    about = " ; ".join(fold(word) for word in code.words)
    if operation["other_nerve"].search(about) and not operation["facial"].search(about):
        return False
    by_letters = operation["letters"].search(about) and operation["facial"].search(about)
    return bool(value_set("mvd").match(code) or asserts(about, operation["decompression"]) or by_letters)


def _evidence(reference: str, on: PartialDate | None, code: Concept) -> Evidence:
    return Evidence(reference, on.written if on else "", code.label)
