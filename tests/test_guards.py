"""Guards over conventions: what every card, setting and route must have, checked for all of them at once."""

import ast
import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

from cards.value_sets import value_set
from cds_service.app import create_app
from cds_service.deck import Card, load_deck
from cds_service.record import Coding
from cds_service.settings import Settings
from cds_service.site.site_file import places
from tests.contract import EMITTED, FINDING_CODES

ROOT = Path(__file__).parents[1]
DECK = load_deck()
cards = pytest.mark.parametrize("card", DECK.cards, ids=lambda card: card.id)


def folder(card: Card) -> Path:
    return ROOT / "cards" / card.id.replace("-", "_")


def sources(card: Card) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in folder(card).glob("*.py")]


def strings(source: str) -> set[str]:
    return {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_every_setting_is_documented() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name.upper() for name in Settings.__struct_fields__ if f"`{name.upper()}`" not in readme]
    assert not missing, f"the README's table of settings lacks {missing}"


def test_the_routes_are_those_of_the_contract() -> None:
    rules = {
        (rule.rule, tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})))
        for rule in create_app(Settings()).url_map.iter_rules()
    }
    assert rules == {
        ("/", ("GET",)),
        ("/cards", ("GET",)),
        ("/cards/<card_id>", ("GET",)),
        ("/cds-services", ("GET",)),
        ("/cds-services/<service>", ("POST",)),
        ("/cds-services/<service>/feedback", ("POST",)),
        ("/healthz", ("GET",)),
        ("/metrics", ("GET",)),
        ("/readyz", ("GET",)),
    }


@cards
def test_every_limit_is_cited_and_used(card: Card) -> None:
    used = set().union(*(strings(source) for source in sources(card)))
    findings = set().union(*(strings(p.read_text(encoding="utf-8")) for p in (ROOT / "cards/findings").glob("*.py")))
    for name, limit in card.limits.items():
        assert re.search(r"\[(E|S|K)\w*\]|clinical rules", limit.evidence), f"{card.id}: limit {name} names no source"
        assert limit.unit
        assert name in used | findings, f"{card.id}: limit {name} is used nowhere"


def test_every_evidence_tag_is_explained() -> None:
    """An informatician who reads a limit can look up what it rests on."""
    texts = [limit.evidence for card in DECK.cards for limit in card.limits.values()]
    texts += [limit.evidence for limit in DECK.shared_limits.values()]
    tags = {tag for text in texts for tag in re.findall(r"\[([A-Z]\w*)\]", text)}
    assert tags
    assert tags <= DECK.evidence.keys()


def test_every_shared_limit_is_cited_and_used() -> None:
    used = set().union(*(strings(p.read_text(encoding="utf-8")) for p in (ROOT / "cards").rglob("*.py")))
    for name, limit in DECK.shared_limits.items():
        assert re.search(r"\[(E|S|K)\w*\]|clinical rules", limit.evidence), f"shared limit {name} names no source"
        assert name in used, f"shared limit {name} is used nowhere"


def test_every_limit_has_a_range_around_its_default() -> None:
    """Or says why it has none. A site sets no limit beyond it (SITE_CONFIG)."""
    for limits in places(DECK).values():
        for name, limit in limits.items():
            assert limit.least < limit.most or limit.fixed, name
            assert limit.least <= limit.value <= limit.most, name
            assert not limit.step or limit.least % limit.step == limit.most % limit.step == 0, name


@cards
def test_every_finding_is_in_the_contract(card: Card) -> None:
    blocks = {name.removeprefix("finding/") for name in card.words.blocks if name.startswith("finding/")}
    assert blocks
    for source in sources(card):
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "Finding"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                assert node.args[0].value in FINDING_CODES
    examples = tomllib.loads((folder(card) / "examples.toml").read_text(encoding="utf-8"))["example"]
    for example in examples:
        assert set(example["expect"].get("findings", ())) <= FINDING_CODES


@cards
def test_every_situation_has_its_summary_and_place(card: Card) -> None:
    summaries = {name.removeprefix("summary/") for name in card.words.blocks if name.startswith("summary/")}
    assert summaries == set(card.order)
    examples = tomllib.loads((folder(card) / "examples.toml").read_text(encoding="utf-8"))["example"]
    shown = {example["expect"].get("situation") for example in examples} - {None}
    assert shown == set(card.order), "each situation of the card has an example that shows it"


@cards
def test_every_silence_has_an_example(card: Card) -> None:
    silences = {name.removeprefix("silence/") for name in card.words.blocks if name.startswith("silence/")}
    examples = tomllib.loads((folder(card) / "examples.toml").read_text(encoding="utf-8"))["example"]
    assert silences == {example["expect"].get("silent") for example in examples} - {None}


@pytest.mark.parametrize("words", [DECK.words, *(card.words for card in DECK.cards)], ids=lambda words: words.source)
def test_no_line_of_words_begins_with_a_blank(words) -> None:  # type: ignore[no-untyped-def]
    """A value at the start of a line could make a heading or a list of it."""
    for name, text in words.blocks.items():
        if not name.startswith(("summary/", "suggest/", "title/", "describe/", "note/", "override/", "silence/")):
            assert not any(line.startswith("{") for line in text.splitlines()), f"{words.source}: {name}"


@cards
def test_words_name_no_licensed_descriptor_and_no_diagnosis(card: Card) -> None:
    for name, text in card.words.blocks.items():
        assert "Chemodenervation" not in text, name
        assert not re.search(
            r"\b(the diagnosis is|diagnosed by this|you must|must not be ignored)\b", text, re.IGNORECASE
        ), name


@cards
def test_overrides_begin_with_the_standard_codes(card: Card) -> None:
    systems = [override.system for override in card.overrides]
    assert systems
    assert systems[0] == "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
    assert set(systems) == {systems[0], "urn:hfs-cds:override-reason"}
    assert sorted(systems) == systems
    assert all(override.display and len(override.code) <= 100 for override in card.overrides)


@cards
def test_links_are_primary_sources(card: Card) -> None:
    for link in card.links:
        assert re.match(r"https://(doi\.org|pmc\.ncbi\.nlm\.nih\.gov|www\.ace-hta\.gov\.sg)/", link.url), link.url


def test_only_verified_codes_are_emitted() -> None:
    """Codings made in a card's code can only be of the list; the conversations check what really leaves."""
    allowed = {(system, code) for system, codes in EMITTED.items() for code in codes.split()}
    for card in DECK.cards:
        for source in sources(card):
            for node in ast.walk(ast.parse(source)):
                if (
                    isinstance(node, ast.Call)
                    and ast.unparse(node.func) == "Coding"
                    and isinstance(node.args[1], ast.Constant)
                ):
                    code = node.args[1].value
                    assert any(code == c for _, c in allowed), f"{card.id}: {code} may not be emitted"


def test_value_sets_hold_no_duplicate_and_no_empty_code() -> None:
    for path in (ROOT / "cards/value_sets").glob("*.csv"):
        rows = [(row["system"], row["code"]) for row in value_set(path.stem)]
        assert rows, path
        assert all(system and code for system, code in rows), path
        assert len(rows) == len(set(rows)), f"{path.name} says something twice"
        row = next(iter(value_set(path.stem)))
        assert Coding(row["system"], row["code"]) in value_set(path.stem)


def test_every_blank_is_a_name() -> None:
    for words in (DECK.words, *(card.words for card in DECK.cards)):
        for name, text in words.blocks.items():
            assert all(f is None or f.isidentifier() for _, f, _, _ in Formatter().parse(text)), name
