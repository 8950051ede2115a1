"""What the record says of surgery for the spasm: a wish for it, a refusal, that it is on the way, that it was done
(clinical_rules.md 5–9, R6; 11, item 19).

Read are the entries about the spasm, the remarks on the injections, and observations that name the operation. A
refusal may also be coded: an order or procedure given up, or "procedure refused" (or contraindicated) with the
operation's name.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from cards.findings.botulinum_history import BotulinumHistory
from cards.findings.clinical_text import clauses, fold, mentions
from cards.findings.condition_status import is_usable
from cards.findings.decompression_plans import is_for_decompression, leads_to_decompression
from cards.findings.lab_results import USABLE
from cards.findings.months import may_be_since, months_before
from cards.findings.vocabulary import any_of, table, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence, FacialTwitching
from cds_service.record import Concept, PartialDate, PatientRecord

_TOLD = ("done", "under_way")
_GIVEN_UP = frozenset({"not-done", "revoked", "cancelled", "rejected", "failed", "stopped"})


class Choice(NamedTuple):
    """`on` is None where the record does not say when; `remark` the words."""

    on: PartialDate | None
    remark: str
    evidence: Evidence


def wish_for_surgery(record: PatientRecord, twitching: FacialTwitching, past: BotulinumHistory) -> Choice | None:
    """A clear wish, said now and not denied."""
    return next((c for c in _remarks(record, twitching, past) if _says(c.remark, "wishes", "no_wish")), None)


def refusal_of_surgery(
    record: PatientRecord,
    twitching: FacialTwitching,
    past: BotulinumHistory,
    today: date,
    limits: Mapping[str, float],
) -> Choice | None:
    """A refusal or contraindication; a dated one stands for `surgery_refusal_months`, an undated one stays."""
    first = months_before(today, limits["surgery_refusal_months"])
    said = (c for c in _remarks(record, twitching, past) if _says(c.remark, "declines"))
    for choice in (*_coded(record), *said):
        if choice.on is None or (may_be_since(choice.on, first) and choice.on.earliest <= today):
            return choice
    return None


def surgery_under_way(record: PatientRecord, twitching: FacialTwitching, past: BotulinumHistory) -> Choice | None:
    """A remark that neurosurgery is asked already: "referred to neurosurgery", "MVD planned"."""
    return next((c for c in _remarks(record, twitching, past) if _says(c.remark, "under_way", "not_yet")), None)


def surgery_done(record: PatientRecord, twitching: FacialTwitching, past: BotulinumHistory) -> Choice | None:
    """A remark that the nerve was decompressed, whether or not the spasm came back: "s/p MVD 2018"."""
    return next((c for c in _remarks(record, twitching, past) if _says(c.remark, "done", "not_yet", "planned")), None)


def _remarks(record: PatientRecord, twitching: FacialTwitching, past: BotulinumHistory) -> Iterator[Choice]:
    for condition in record.conditions:
        if condition.reference in twitching.conditions:
            written = condition.recorded.written if condition.recorded else ""
            for text in (*condition.code.words, *condition.notes):
                yield Choice(None, text, Evidence(condition.reference, written, condition.code.label))
    for injection in past.for_the_face:
        for remark in injection.remarks:
            yield Choice(injection.on, remark, injection.evidence[0])
    named = vocabulary("surgery_choice")["of_the_spasm"]
    for observation in record.observations:
        texts = (*observation.value_concept.words, observation.value_words, *observation.notes)
        question = fold(observation.code.label)
        for text in texts if observation.status in USABLE else ():
            if named.search(fold(text)) or named.search(question):
                on = observation.effective
                evidence = Evidence(observation.reference, on.written if on else "", observation.code.label)
                yield Choice(on, text, evidence)


def _says(text: str, what: str, *unless: str) -> bool:
    """Whether a clause says it of this operation. The patterns of a refusal carry their own negation; what happened
    may lie in the past, and stands between commas.
    """
    words = vocabulary("surgery_choice")
    something_else = vocabulary("decompression_plans")["something_else"].pattern
    against = any_of(something_else, *(words[name].pattern for name in ("other_surgery", *unless)))
    meant = ("asserted", "historical") if what in _TOLD else ("asserted",)
    said = clauses(text)
    if what in _TOLD:
        said = [part for clause in said for part in clause.split(",")]
    if what == "declines":
        said += [f"{before} {after}" for before, after in pairwise(said) if words["declined_next"].search(after)]
    return any(
        mention.standing in meant and not against.search(mention.clause)
        for clause in said
        for mention in mentions(clause, _pattern(what))
    )


@cache
def _pattern(what: str) -> re.Pattern[str]:
    words = table("surgery_choice")
    surgery, operation = "|".join(words["surgery"]), "|".join(words["operation"])
    return any_of(*(t.replace("{surgery}", surgery).replace("{operation}", operation) for t in words[what]))


def _coded(record: PatientRecord) -> Iterator[Choice]:
    for procedure in record.procedures:
        given_up = procedure.status in _GIVEN_UP and _is_refusal(*procedure.status_reasons)
        if given_up and is_for_decompression(procedure.code):
            yield _choice(procedure.performed, procedure.code, procedure.reference)
    for order in record.orders:
        against = order.do_not_perform and order.status in ("active", "completed", "on-hold")
        given_up = order.status in _GIVEN_UP and _is_refusal(*order.status_reasons)
        if (against or given_up) and leads_to_decompression((order.code, *order.reasons), order.notes):
            yield _choice(order.authored, order.code, order.reference)
    for condition in record.conditions:
        about = (*condition.code.words, *condition.notes)
        is_named = any(vocabulary("surgery_choice")["of_the_spasm"].search(fold(text)) for text in about)
        if is_named and is_usable(condition) and value_set("imaging_refused").match(condition.code):
            yield _choice(condition.recorded or condition.onset, condition.code, condition.reference)


def _choice(on: PartialDate | None, code: Concept, reference: str) -> Choice:
    return Choice(on, code.label, Evidence(reference, on.written if on else "", code.label))


def _is_refusal(*reasons: Concept) -> bool:
    words = vocabulary("surgery_choice")["refused"]
    codes = value_set("imaging_refused")  # "procedure refused", "contraindicated": the same for an operation
    return any(codes.match(reason) or any(words.search(fold(w)) for w in reason.words) for reason in reasons)
