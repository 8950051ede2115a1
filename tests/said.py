"""All that the cards say of their examples, and all names that they may say it with: what must be sayable in every
language.
"""

import ast
import csv
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cards.findings import facial_twitching
from cds_service import answer
from cds_service.advice import Advice, Phrase, Silence, Verdict, View
from cds_service.deck import Card, load_deck
from cds_service.draft_rules import Rule
from cds_service.fhir import ownership, pages, prefetch, server
from cds_service.fhir.needs import NEEDS
from tests.patients import patient_record

# Several words in small letters; docstrings begin with a capital.
_PROSE = re.compile(r"[a-z]+( [\w'-]+)+")
ROOT = Path(__file__).parents[1]
CARDS = ROOT / "cards"
DECK = load_deck()


class Said(NamedTuple):
    """One example of one card: what was looked at, by which rule, and what it said."""

    card: Card
    example: str
    view: View
    advise: Rule
    verdict: Verdict

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        return tuple(_phrases(self.verdict))


@cache
def said_of_examples() -> tuple[Said, ...]:
    return tuple(_of_examples())


def _of_examples() -> Iterator[Said]:
    for card in DECK.cards:
        file = CARDS / card.id.replace("-", "_") / "examples.toml"
        for example in tomllib.loads(file.read_text(encoding="utf-8"))["example"]:
            yield _said(card, example)


def _said(card: Card, example: dict[str, Any]) -> Said:
    today, record = example.get("today", date(2026, 6, 15)), patient_record(example["record"])
    twitching = facial_twitching.notice(record, DECK.gate_limits, today)
    view = View(record, twitching, DECK.limits_of(card), today)
    advise = card.rule_at(example.get("hook", "patient-view"))
    assert advise, f"{card.id} does not speak at {example['hook']}"
    return Said(card, example["name"], view, advise, advise(view))


def _phrases(verdict: Verdict) -> Iterator[Phrase]:
    yield from verdict.quality
    if isinstance(verdict, Silence):
        yield verdict.sentence
        return
    assert isinstance(verdict, Advice)
    yield Phrase(f"summary/{verdict.situation}", verdict.values)
    yield from verdict.detail
    yield from (finding.sentence for finding in verdict.findings)
    for suggestion in verdict.suggestions:
        yield suggestion.label
        for proposal in suggestion.proposals:
            parts = (getattr(proposal, part, None) for part in ("describe", "title", "note"))
            yield from (part for part in parts if part is not None)


@cache
def names_in_the_sources() -> frozenset[str]:
    """Every English name that can come to be shown, wherever it is written down."""
    return frozenset(_names())


def _names() -> Iterator[str]:
    for table in _toml("mri_workup/labels.toml").values():
        yield from table.values()
    yield from _toml("metabolic_labs/labels.toml")["tests"].values()
    yield from _toml("findings/coexisting_conditions.toml")["labels"].values()
    yield from (flag["label"] for flag in _toml("findings/red_flags.toml")["flags"].values())
    yield from _toml("findings/botulinum_terms.toml")["names"].values()
    for row in _rows("fasciculation_medications"):
        yield from (row["drug"], row["evidence"])
    for value_set in ("opioids", "gabapentin", "hfs_oral_drugs_others"):
        yield from (row["display"].lower() for row in _rows(value_set))
    yield from ("carbamazepine", "oxcarbazepine", "clonazepam", "baclofen")  # OralDrug.name
    yield from ("left", "right", "unilateral", "unknown")  # FacialTwitching.side, as a referral names it
    yield from (name for path in CARDS.rglob("*.py") for name in _named_in(path))
    yield DECK.overflow.title
    for card in DECK.cards:
        yield from (card.title, *(link.label for link in card.links))
    yield from NEEDS
    yield from _reasons()


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((CARDS / name).read_text(encoding="utf-8"))


def _rows(value_set: str) -> list[dict[str, str]]:
    with (CARDS / "value_sets" / f"{value_set}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _named_in(path: Path) -> Iterator[str]:
    """What is written as `Name("…")` in a rule."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Name" and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value


def _reasons() -> Iterator[str]:
    """Why something was not assessed: all prose of the modules that say so."""
    for module in (server, prefetch, pages, ownership, answer):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.removesuffix(": ")
                yield from [text] if _PROSE.fullmatch(text) else []
