"""What to settle before an MRI: implants, metal, and what speaks against gadolinium (clinical_rules.md 1.2)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from re import Pattern
from typing import Literal, NamedTuple

from cards.findings.clinical_text import clauses, fold, standing
from cards.findings.condition_status import is_resolved, is_usable
from cards.findings.kidney_function import egfr, severe_kidney_disease
from cards.findings.labels import label
from cards.findings.pregnancy import pregnant
from cards.findings.vocabulary import any_of, first_look, table
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Concept, PartialDate, PatientRecord

Device = Literal["cardiac-device", "neurostimulator", "cochlear-implant", "aneurysm-clip", "aneurysm", "eye-metal"]
Contrast = Literal["pregnancy", "gadolinium-allergy", "egfr", "kidney-disease", "dye-allergy"]

_DEVICE_SETS: tuple[tuple[Device, str], ...] = (
    ("cardiac-device", "cardiac_device"),
    ("neurostimulator", "neurostimulator"),
    ("cochlear-implant", "cochlear_implant"),
    ("aneurysm", "aneurysm_clip"),
    ("eye-metal", "metallic_foreign_body_eye"),
)
_ALLERGY = "gadolinium_allergy"
_DYE = "Z91.041"


class SafetyConcern(NamedTuple):
    """An implant or metal that may forbid the magnet, or may be conditional. `aneurysm`: ask whether it was clipped."""

    kind: Device
    evidence: Evidence


class ContrastCaution(NamedTuple):
    """`only`: without contrast only; otherwise without contrast first. `value` in mL/min/1.73 m2 for `egfr`."""

    kind: Contrast
    only: bool
    evidence: Evidence
    value: float = 0.0


def safety_concerns(record: PatientRecord, today: date) -> tuple[SafetyConcern, ...]:
    """Implants and metal on record, one of each kind: conditions that aren't resolved, and completed operations.

    An inactive entry counts too: a device is there until somebody wrote that it was taken out.
    """
    found: dict[Device, SafetyConcern] = {}
    for reference, code, on in _entries(record, today):
        kind = _device(code)
        if kind and kind not in found:
            found[kind] = SafetyConcern(
                kind, Evidence(reference, on.written if on else "", label(code, *(name for _, name in _DEVICE_SETS)))
            )
    if "aneurysm-clip" in found:
        found.pop("aneurysm", None)
    return tuple(found.values())


def _entries(record: PatientRecord, today: date) -> Iterator[tuple[str, Concept, PartialDate | None]]:
    for c in record.conditions:
        if is_usable(c) and not is_resolved(c, today):
            yield c.reference, c.code, c.onset or c.recorded
    for p in record.procedures:
        if p.status == "completed":
            yield p.reference, p.code, p.performed


def _device(code: Concept) -> Device | None:
    coded = next((device for device, name in _DEVICE_SETS if value_set(name).match(code)), None)
    if not coded and not any(_any_device().search(clause) for words in code.words for clause in clauses(words)):
        return None
    if _says(code.words, _pattern("texts", "removed")) and not _says(code.words, _pattern("texts", "stays")):
        return None
    if _says(code.words, _pattern("devices", "aneurysm-clip")):
        return "aneurysm-clip"
    if coded:
        return coded
    for device in ("cardiac-device", "neurostimulator", "cochlear-implant", "eye-metal"):
        if _says(code.words, _pattern("devices", device)):
            return device
    return None


@cache
def _any_device() -> Pattern[str]:
    """One look, as most entries are about none."""
    return first_look(*(term for terms in table("mri_safety")["devices"].values() for term in terms))


@cache
def _pattern(section: str, name: str) -> Pattern[str]:
    return any_of(*table("mri_safety")[section][name])


def _says(texts: Iterable[str], pattern: Pattern[str]) -> bool:
    return any(standing(text, pattern) in ("asserted", "historical", "suspected") for text in texts)


def contrast_cautions(record: PatientRecord, today: date, limits: Mapping[str, float]) -> tuple[ContrastCaution, ...]:
    """What speaks against gadolinium, the strictest first.

    The latest eGFR of `egfr_days` wins over the diagnosis (11, item 33); caution below `gadolinium_egfr`.
    """
    found = [ContrastCaution("pregnancy", True, e) for e in [pregnant(record, today, limits)] if e]
    found += _allergies(record, today)
    latest = egfr(record, today, limits["egfr_days"])
    disease = severe_kidney_disease(record, today, limits)
    if latest is not None:
        if latest.is_below(limits["gadolinium_egfr"]):
            found.append(ContrastCaution("egfr", False, latest.evidence, latest.value.low))
    elif disease is not None:
        found.append(ContrastCaution("kidney-disease", False, disease))
    return tuple(sorted(found, key=lambda caution: not caution.only))


def _allergies(record: PatientRecord, today: date) -> Iterator[ContrastCaution]:
    kinds: dict[Contrast, ContrastCaution] = {}
    for allergy in record.allergies:
        if allergy.status in ("inactive", "resolved") or allergy.verification in ("refuted", "entered-in-error"):
            continue
        for concept in (allergy.code, *allergy.substances):
            kind = _allergy_kind(concept)
            if kind:
                kinds.setdefault(
                    kind,
                    ContrastCaution(
                        kind, kind == "gadolinium-allergy", Evidence(allergy.reference, "", label(concept, _ALLERGY))
                    ),
                )
    for condition in record.conditions:
        kind = _allergy_kind(condition.code, coded_only=True)
        if kind and is_usable(condition) and not is_resolved(condition, today):
            on = condition.onset or condition.recorded
            evidence = Evidence(condition.reference, on.written if on else "", label(condition.code, _ALLERGY))
            kinds.setdefault(kind, ContrastCaution(kind, kind == "gadolinium-allergy", evidence))
    yield from kinds.values()


def _allergy_kind(concept: Concept, coded_only: bool = False) -> Contrast | None:
    """`Z91.041` (radiographic dye), or "contrast" in words, doesn't say which agent: it may be iodine."""
    row = value_set(_ALLERGY).match(concept)
    if row:
        return "dye-allergy" if row["code"] == _DYE else "gadolinium-allergy"
    if not coded_only and _says(concept.words, _pattern("texts", "gadolinium")):
        return "gadolinium-allergy"
    if not coded_only and _says(concept.words, _pattern("texts", "contrast")):
        iodine = any(_pattern("texts", "iodine").search(fold(words)) for words in concept.words)
        return None if iodine else "dye-allergy"
    return None
