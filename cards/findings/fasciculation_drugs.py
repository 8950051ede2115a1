"""Which listed drug a medicine is, and how strong the evidence is that it can cause twitching (clinical_rules.md 4)."""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from cards.findings.clinical_text import fold
from cards.findings.electrolytes import Electrolyte
from cards.findings.medication_exposure import drug_names, wordings
from cards.findings.vocabulary import any_of, table
from cards.value_sets import Row, value_set
from cds_service.advice import Name
from cds_service.record import ATC, Coding, MedicationUse

_SET = "fasciculation_medications"
_CLASS_LENGTH = 5
_WORD = re.compile(r"[^\W_]+")


class TwitchDrug(NamedTuple):
    """`name` for display; `evidence` the word in the value set, `weight` what it counts (0–3). `listed` is the drug
    whose row it is:
    with `by_class` only a relative of the medicine (same ATC group)."""

    name: str
    listed: Name
    group: str
    mechanism: str
    evidence: Name
    citation: str
    weight: int
    by_class: bool = False

    @property
    def lowers(self) -> tuple[Electrolyte, ...]:
        """The electrolytes that it can lower; empty for a drug of no electrolyte group."""
        lowered = table("fasciculation_drugs")["electrolyte"]
        return tuple(lowered["drugs"].get(self.listed) or lowered["groups"].get(self.group, ()))

    @property
    def blocks_dopamine(self) -> bool:
        return self.mechanism.startswith(table("fasciculation_drugs")["special"]["dopamine_blocker"])

    def is_among(self, special: str) -> bool:
        """Whether it stands in this list of special drugs (`spasm_treatment`, `thyroid`, `peri_anaesthetic`)."""
        return self.listed in table("fasciculation_drugs")["special"][special]


def twitch_drugs(use: MedicationUse) -> tuple[TwitchDrug, ...]:
    """The listed drugs in this medicine: by code (RxNorm, ATC 5th level), else by name, else by ATC class (4th level).

    Eye drops, ear drops and what is put on the skin act there and count for nothing; patches do act within.

    Names go before the class, because a name is the drug itself and a class only its relative.
    """
    if any(_local_form().search(wording) for wording in wordings(use)):
        return ()
    codings = [c for concept in (use.medication, *(i.item for i in use.ingredients)) for c in concept.codings]
    rows = [row for coding in codings if (row := value_set(_SET).row(coding))] or _by_name(use)
    if rows:
        return tuple({row["drug"]: _drug(row) for row in rows}.values())
    for coding in codings:
        row = _class_row(coding)
        if row is not None:
            return (_relative(row, use.medication.label),)
    return ()


def _drug(row: Row) -> TwitchDrug:
    weight = int(table("fasciculation_drugs")["weights"].get(row["evidence"], 0))
    return TwitchDrug(
        Name(row["drug"]),
        Name(row["drug"]),
        row["group"],
        row["mechanism"],
        Name(row["evidence"]),
        row["citation"],
        weight,
    )


def _relative(row: Row, label: str) -> TwitchDrug:
    drug = _drug(row)
    most = int(table("fasciculation_drugs")["class"]["most_weight"])
    return drug._replace(name=label or drug.name, weight=min(drug.weight, most), by_class=True)


@cache
def _local_form() -> re.Pattern[str]:
    return any_of(*table("fasciculation_drugs")["special"]["local_form"])


class _Called(NamedTuple):
    """A drug's name in words; without a row it is no drug ("lithium ion"). The lowest rank stands first."""

    rank: int
    words: list[str]
    row: Row | None


def _by_name(use: MedicationUse) -> list[Row]:
    """Names are looked up by their first word, as most words begin none."""
    found: dict[int, Row] = {}
    for wording in wordings(use):
        words = _WORD.findall(wording)
        for place, word in enumerate(words):
            here = [n for n in _names().get(word, ()) if words[place : place + len(n.words)] == n.words]
            if all(name.row for name in here):
                found.update((name.rank, name.row) for name in here if name.row)
    return [found[rank] for rank in sorted(found)]


@cache
def _names() -> Mapping[str, list[_Called]]:
    """First word → the names that begin with it: those of the value set, then those of other lists."""
    rows = {row["drug"]: row for row in value_set(_SET)}
    others: Mapping[str, list[str]] = table("fasciculation_drugs")["names"]
    every: list[tuple[str, Row | None]] = [*drug_names(_SET)]
    every += [(fold(name), rows[drug]) for drug, names in others.items() for name in names]
    every += [(name, None) for name in table("fasciculation_drugs")["special"]["not_a_drug"]]
    found: dict[str, list[_Called]] = {}
    for rank, (name, row) in enumerate(every):
        words = _WORD.findall(name)
        found.setdefault(words[0], []).append(_Called(rank, words, row))
    return found


def _class_row(coding: Coding) -> Row | None:
    return (
        _classes().get(coding.code[:_CLASS_LENGTH])
        if coding.system == ATC and len(coding.code) >= _CLASS_LENGTH
        else None
    )


@cache
def _classes() -> Mapping[str, Row]:
    """ATC 4th-level group → the row of its best supported drug."""
    found: dict[str, Row] = {}
    for row in value_set(_SET):
        group = row["code"][:_CLASS_LENGTH]
        if row["system"] != ATC or group.endswith(table("fasciculation_drugs")["class"]["no_class_letter"]):
            continue
        if group not in found or _drug(row).weight > _drug(found[group]).weight:
            found[group] = row
    return found
