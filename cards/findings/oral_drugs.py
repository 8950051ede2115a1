"""Is this oral medicine for the spasm taken or ordered, and since when? (clinical_rules.md 5–9, R7; 3.1)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from cards.findings.caffeine_products import is_by_mouth
from cards.findings.clinical_text import fold
from cards.findings.dosage_text import read_dosage
from cards.findings.medication_exposure import Exposure, exposure, wordings
from cards.findings.vocabulary import any_of, table, vocabulary
from cards.value_sets import value_set
from cds_service.record import ATC, Coding, Dosage, MedicationUse, PartialDate, PatientRecord

Drug: TypeAlias = Literal["carbamazepine", "oxcarbazepine", "clonazepam", "baclofen", "opioids"]
State: TypeAlias = Literal["current", "ordered", "unclear"]
_WEIGHTIEST_FIRST: Final[tuple[State, ...]] = ("current", "ordered", "unclear")
_WAITING: Final = frozenset({"draft", "on-hold"})
_PLANNED: Final = frozenset({"proposal", "plan", "option"})


class OralDrug(NamedTuple):
    """One medicine with the entries that say it is taken, or else ordered, or else on file without saying which.

    `since` is the start of the course that goes on today, through its renewals; `is_open`: an entry without a start
    leaves room for an earlier one.
    """

    name: Drug
    state: State
    uses: tuple[MedicationUse, ...]
    since: PartialDate | None = None
    is_open: bool = False


def oral_drugs(record: PatientRecord, today: date, limits: Mapping[str, float]) -> dict[Drug, OralDrug]:
    """Those that the record has. Limits: `oral_order_days`, `oral_renewal_days`."""
    drugs = (_oral_drug(name, own, today, limits) for name, own in by_drug(record.medications).items())
    return {drug.name: drug for drug in drugs if drug is not None}


def by_drug(uses: Iterable[MedicationUse]) -> dict[Drug, tuple[MedicationUse, ...]]:
    """The entries about each of these medicines, whatever they say of it."""
    possible = [use for use in uses if may_be_oral_drug(use)]
    found = ((name, tuple(use for use in possible if is_oral_drug(use, name))) for name in get_args(Drug))
    return {name: own for name, own in found if own}


def _oral_drug(name: Drug, uses: Iterable[MedicationUse], today: date, limits: Mapping[str, float]) -> OralDrug | None:
    found = [(use, exposure(use, today)) for use in uses]
    states = [(_state(use, seen, today, limits), use) for use, seen in found]
    for state in _WEIGHTIEST_FIRST:
        meant = tuple(use for said, use in states if said == state)
        if meant:
            taken = [seen for _, seen in found if seen.state != "none"]
            current = [seen for seen in taken if seen.state == "current"]
            since = _since(taken, limits["oral_renewal_days"])
            return OralDrug(name, state, meant, since, any(seen.start is None for seen in current))
    return None


def is_oral_drug(use: MedicationUse, name: Drug) -> bool:
    """By code or name. Baclofen into the spinal canal or onto the skin is another medicine."""
    coded = any(c in value_set(name) or _is_in_group(c, name) for c in _codings(use))
    words = wordings(use)
    if not coded and not any(vocabulary("oral_drugs")[name].search(w) for w in words):
        return False
    return name != "baclofen" or _is_by_mouth(use, words)


def _codings(use: MedicationUse) -> Iterator[Coding]:
    for concept in (use.medication, *(ingredient.item for ingredient in use.ingredients)):
        yield from concept.codings


def _is_in_group(coding: Coding, name: str) -> bool:
    group = table("oral_drugs")["atc_groups"].get(name)
    return group is not None and coding.system == ATC and coding.code.startswith(tuple(group))


def may_be_oral_drug(use: MedicationUse) -> bool:
    """One look, as most medicines are none of these."""
    codes, named = _first_look()
    coded = any((c.system, c.code) in codes or _is_in_group(c, "opioids") for c in _codings(use))
    return coded or any(named.search(w) for w in wordings(use))


@cache
def _first_look() -> tuple[frozenset[tuple[str, str]], re.Pattern[str]]:
    codes = frozenset((row["system"], row["code"]) for name in get_args(Drug) for row in value_set(name))
    words = [word for name in get_args(Drug) for word in table("oral_drugs")[name]]
    # The beginning of a word is asked for once: much faster than in every alternative.
    begun = any_of(*(word.removeprefix(r"\b") for word in words if word.startswith(r"\b"))).pattern
    return codes, any_of(rf"\b(?:{begun})", *(word for word in words if not word.startswith(r"\b")))


def _is_by_mouth(use: MedicationUse, words: Iterable[str]) -> bool:
    other = vocabulary("oral_drugs")["not_oral"]
    if any(other.search(w) for w in words):
        return False
    return not use.dosages or any(is_by_mouth(d.route) and not other.search(fold(d.text)) for d in use.dosages)


def _state(use: MedicationUse, seen: Exposure, today: date, limits: Mapping[str, float]) -> State | None:
    if seen.state == "current":
        return None if is_single_dose(use) else "current"
    if _is_ordered(use, seen, today, limits):
        return "ordered"
    return "unclear" if seen.state == "unclear" else None


def is_single_dose(use: MedicationUse) -> bool:
    return bool(use.dosages) and all(map(_is_single, use.dosages))


def _is_single(dosage: Dosage) -> bool:
    """One dose and no more, as around an operation."""
    if dosage.timing is not None and dosage.timing.times == 1:
        return True
    is_once = vocabulary("oral_drugs")["single_dose"].search(fold(dosage.text)) is not None
    return is_once and dosage.timing is None and read_dosage(dosage.text).times is None


def _is_ordered(use: MedicationUse, seen: Exposure, today: date, limits: Mapping[str, float]) -> bool:
    """To be started: a start in the future, a draft, a plan, an order on hold, a statement of intent."""
    if use.kind == "statement":
        return use.status == "intended" or (use.status == "active" and seen.state == "none")
    if use.kind != "request" or use.status not in _WAITING | {"active"}:
        return False
    if seen.stopped is not None and seen.stopped.latest < today:
        return False
    if seen.start is not None and seen.start.earliest > today:
        return True
    first = today - timedelta(days=limits["oral_order_days"])
    stands = use.authored is None or use.authored.latest >= first
    return stands and (use.status in _WAITING or use.intent in _PLANNED)


def _since(taken: Iterable[Exposure], renewal_days: float) -> PartialDate | None:
    """The earliest start of what is taken today, and of earlier entries that it renewed without a longer gap."""
    dated = sorted((s for s in taken if s.start), key=lambda s: s.start.earliest if s.start else date.min, reverse=True)
    current = [s.start for s in dated if s.start and s.state == "current"]
    if not current:
        return None
    since = min(current, key=lambda start: (start.latest, start.earliest))
    for earlier in dated:
        end = earlier.stopped or earlier.start
        if earlier.start and end and earlier.start.latest < since.earliest:
            since = earlier.start if (since.earliest - end.latest).days <= renewal_days else since
    return since
