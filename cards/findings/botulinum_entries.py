"""Which entries of a record tell of a botulinum injection, how strongly, and when (clinical_rules.md 2.1, the evidence
ladder).

One entry here is one resource; `botulinum_history.py` makes events of them. An entry without a status is no injection
(section 11, item 24). The day on which something was asserted is never the day of an injection.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple, TypeAlias

from cards.findings.botulinum_products import Product, named, product_meant, product_of, product_used, products, words
from cards.findings.botulinum_purpose import Purpose, Said, purpose_of
from cards.findings.clinical_text import asserts, fold
from cards.findings.labels import label
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Concept, MedicationUse, PartialDate, PatientRecord, Procedure

Source: TypeAlias = Literal["given", "reported", "supplied", "ordered", "course"]

# The status in which an entry of each kind tells of an injection; `unknown` only backs up one that is known otherwise.
_DONE: Final[Mapping[str, frozenset[str]]] = {
    "administration": frozenset({"completed", "in-progress"}),
    "statement": frozenset({"active", "completed"}),
    "dispense": frozenset({"completed"}),
    "request": frozenset({"completed"}),
}
_NOT_AN_ORDER: Final = frozenset({"proposal", "plan", "option"})
_UNITS: Final = frozenset({"u", "[u]", "{u}", "iu", "[iu]", "unit", "units", "{unit}", "{units}", "unt"})


class Entry(NamedTuple):
    """`on` is None where no date can be read. `doses` are (site, units); `weak` is the status `unknown`."""

    on: PartialDate | None
    source: Source
    product: Product
    purpose: Purpose
    evidence: Evidence
    doses: tuple[tuple[str, float], ...] = ()
    remarks: tuple[str, ...] = ()
    weak: bool = False


def entries(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Iterator[Entry]:
    """Every entry that tells of an injection. Limit used: `botulinum_single_course_days`."""
    problems = {condition.reference: condition.code for condition in record.conditions}
    for use in record.medications:
        product = product_used(use)
        if product is not None and _may_count(use):
            entry = _of_medication(use, product, problems, limits)
            if use.status != "in-progress" or _is_today(entry.on, today):
                yield entry
    for procedure in record.procedures:
        product = injected(procedure.code)
        if product is not None and procedure.status in ("completed", "unknown"):
            yield _of_procedure(procedure, product, problems)


def _may_count(use: MedicationUse) -> bool:
    if use.kind == "request" and use.intent in _NOT_AN_ORDER:
        return False
    return use.status in _DONE[use.kind] or use.status == "unknown"


def said_by(use: MedicationUse, problems: Mapping[str, Concept]) -> Said:
    """What an entry about a medicine says of its purpose."""
    return Said(
        reasons=(*use.reasons, *(problems[r] for r in use.reason_references if r in problems)),
        names=(use.medication, *(i.item for i in use.ingredients)),
        texts=tuple(d.text for d in use.dosages if d.text),
        sites=(*use.body_sites, *(d.site for d in use.dosages)),
        notes=use.notes,
    )


def injected(code: Concept) -> Product | None:
    """The product of a procedure that injects botulinum toxin (CPT 64612, SNOMED 404909007, a product's code, or its
    name); else None.
    """
    if value_set("chemodenervation").match(code):
        return product_of(code) or products()[-1]
    if only_talks(code):
        return None
    is_injection = any(asserts(text, words()["chemodenervation"]) for text in code.words)
    return product_meant(code) or (products()[-1] if is_injection else None)


def only_talks(*concepts: Concept) -> bool:
    """Whether the words are about talking of an injection, or of looking at its effect: a consultation, a review."""
    return any(words()["only_talk"].search(fold(text)) for concept in concepts for text in concept.words)


def _of_medication(
    use: MedicationUse, product: Product, problems: Mapping[str, Concept], limits: Mapping[str, float]
) -> Entry:
    on, source = _when(use, limits)
    return Entry(
        on=on,
        source=source,
        product=product,
        purpose=purpose_of(said_by(use, problems)),
        evidence=Evidence(use.reference, on.written if on else use.undated_words, named(use.medication)),
        doses=tuple(
            (fold(d.site.label), d.dose.high) for d in use.dosages if d.dose is not None and fold(d.dose.unit) in _UNITS
        ),
        remarks=use.notes,
        weak=use.status == "unknown",
    )


def _when(use: MedicationUse, limits: Mapping[str, float]) -> tuple[PartialDate | None, Source]:
    """The day of the injection and how it is known (tiers A to C of clinical_rules.md 2.1)."""
    if use.kind == "request":
        return (use.validity.start if use.validity else None) or use.authored, "ordered"
    if use.kind == "dispense":
        return (use.given, "supplied") if use.given else (use.authored, "ordered")
    start = use.course.start if use.course else None
    if use.kind == "administration":
        return use.given or start, "given"
    if use.given is not None or use.course is None or start is None:
        return use.given, "reported"
    end = use.course.end
    is_one_sitting = end is not None and (end.latest - start.earliest).days <= limits["botulinum_single_course_days"]
    return start, "reported" if is_one_sitting else "course"


def _is_today(on: PartialDate | None, today: date) -> bool:
    return on is not None and on.earliest <= today <= on.latest


def _of_procedure(procedure: Procedure, product: Product, problems: Mapping[str, Concept]) -> Entry:
    said = Said(
        reasons=(*procedure.reasons, *(problems[r] for r in procedure.reason_references if r in problems)),
        names=(procedure.code,),
        sites=procedure.body_sites,
        notes=procedure.notes,
    )
    written = procedure.performed.written if procedure.performed else procedure.performed_words
    return Entry(
        on=procedure.performed,
        source="given",
        product=product,
        purpose=purpose_of(said),
        evidence=Evidence(procedure.reference, written, named(procedure.code)),
        remarks=(*_outcome(procedure), *procedure.notes),
        weak=procedure.status == "unknown",
    )


def _outcome(procedure: Procedure) -> tuple[str, ...]:
    """The outcome in words, also where it came as a bare code of FHIR's procedure-outcome."""
    told = label(procedure.outcome, "procedure_outcome")
    return procedure.outcome.words or ((told,) if told else ())
