"""What speaks against botulinum toxin, or asks for care, before the next injection (clinical_rules.md 2.6 [E11]).

Labels: hypersensitivity and infection at the site are contraindications; a disorder of neuromuscular transmission,
aminoglycosides, neuromuscular blockers, pregnancy and dysphagia are precautions.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Final, Literal, NamedTuple, TypeAlias

from cards.findings.botulinum_products import product_meant
from cards.findings.clinical_text import asserts, fold, standing
from cards.findings.condition_status import is_current
from cards.findings.medication_exposure import exposure, is_in
from cards.findings.pregnancy import pregnant
from cards.findings.vocabulary import any_of, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Evidence
from cds_service.record import Condition, MedicationUse, PatientRecord

Kind: TypeAlias = Literal[
    "hypersensitivity", "infection", "neuromuscular", "aminoglycoside", "blocker", "pregnancy", "dysphagia"
]
CONTRAINDICATIONS: Final[frozenset[Kind]] = frozenset({"hypersensitivity", "infection"})
_DRUGS: Final[tuple[tuple[Kind, tuple[str, ...]], ...]] = (
    ("aminoglycoside", ("aminoglycosides_rxnorm", "aminoglycosides_atc")),
    ("blocker", ("neuromuscular_blockers",)),
)


class Caution(NamedTuple):
    kind: Kind
    evidence: Evidence

    @property
    def is_contraindication(self) -> bool:
        return self.kind in CONTRAINDICATIONS


def cautions(record: PatientRecord, today: date, limits: Mapping[str, float]) -> tuple[Caution, ...]:
    """Each kind once, contraindications first. Limit used: `botulinum_drug_caution_days`, and those of `pregnant`."""
    found = [*_allergies(record), *_problems(record, today, limits), *_drugs(record, today, limits)]
    expecting = pregnant(record, today, limits)
    if expecting is not None:
        found.append(Caution("pregnancy", expecting))
    first: dict[Kind, Caution] = {}
    for caution in found:
        first.setdefault(caution.kind, caution)
    return tuple(sorted(first.values(), key=lambda caution: not caution.is_contraindication))


def _allergies(record: PatientRecord) -> Iterator[Caution]:
    for allergy in record.allergies:
        stands = allergy.verification not in ("refuted", "entered-in-error") and allergy.status in ("", "active")
        if stands and any(product_meant(concept) for concept in (allergy.code, *allergy.substances)):
            label = allergy.code.label or next((s.label for s in allergy.substances if s), "")
            yield Caution("hypersensitivity", Evidence(allergy.reference, "", label))


def _problems(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Iterator[Caution]:
    for condition in record.conditions:
        kind = _kind(condition)
        if kind is not None and is_current(condition, today, limits, record.conditions):
            on = condition.onset or condition.recorded
            yield Caution(kind, Evidence(condition.reference, on.written if on else "", condition.code.label))


def _kind(condition: Condition) -> Kind | None:
    if value_set("neuromuscular_disorders").match(condition.code):
        return "neuromuscular"
    if value_set("infection_at_site").match(condition.code):
        return "infection"
    terms = vocabulary("botulinum_cautions")
    names = [word for word in condition.code.words if _any_problem().search(fold(word))]
    if not names:
        return None
    where = " ".join((*condition.code.words, *(word for site in condition.body_sites for word in site.words)))
    if any(asserts(name, terms["neuromuscular"]) for name in names):
        return "neuromuscular"
    if any(asserts(name, terms["dysphagia"]) for name in names):
        return "dysphagia"
    # An infection that is history has healed; the other problems stay.
    infected = any(
        standing(name, terms["infection"]) in ("asserted", "suspected") and not asserts(name, terms["not_skin"])
        for name in names
    )
    return "infection" if infected and asserts(where, terms["face"]) else None


@cache
def _any_problem() -> re.Pattern[str]:
    """One look that settles it for nearly every condition."""
    terms = vocabulary("botulinum_cautions")
    return any_of(*(terms[name].pattern for name in ("neuromuscular", "dysphagia", "infection")))


def _drugs(record: PatientRecord, today: date, limits: Mapping[str, float]) -> Iterator[Caution]:
    for use in record.medications:
        if not _is_recent(use, today, limits["botulinum_drug_caution_days"]):
            continue
        for kind, value_sets in _DRUGS:
            if is_in(use, *value_sets) and not _is_local(use):
                on = use.given or (use.course.start if use.course else None) or use.authored
                yield Caution(kind, Evidence(use.reference, on.written if on else "", use.medication.label))


def _is_recent(use: MedicationUse, today: date, days: float) -> bool:
    """Taken now, or surely until no more than so many days ago."""
    found = exposure(use, today)
    ended = found.stopped
    return found.state == "current" or (
        found.state == "stopped"
        and ended is not None
        and (today - ended.earliest).days <= days
        and ended.earliest <= today
    )


def _is_local(use: MedicationUse) -> bool:
    local = vocabulary("botulinum_cautions")["local_route"]
    dosed = (text for d in use.dosages for text in (d.text, *d.route.words, *d.site.words))
    return any(asserts(text, local) for text in (*use.medication.words, *dosed))
