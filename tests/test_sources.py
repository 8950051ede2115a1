"""The record of the medicine, held against the deck: what the source articles say is shown by examples that pass, the
published vignettes come out of all cards together, every limit rests on something, what nobody looked up awaits
sign-off, and docs/sources.md says so.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cards import write_sources
from cards.findings import facial_twitching
from cds_service.advice import Advice, FacialTwitching, Verdict, View
from cds_service.deck import load_deck
from cds_service.record import PatientRecord
from tests.patients import patient_record
from tests.test_cards import texts

ROOT = Path(__file__).parents[1]
TODAY = date(2026, 6, 15)
DECK = load_deck()
PLACES = write_sources.places(DECK)
CARDS = {card.id: card for card in DECK.cards}
SAID, RULES = write_sources.read("sources"), write_sources.read("rules")
VIGNETTES = write_sources.read("vignettes")["vignette"]
LIMITS = {**DECK.shared_limits, "most_cards": DECK.overflow.most} | {
    name: limit for card in DECK.cards for name, limit in card.limits.items()
}
FIELDS = {
    "statements": {"number", "says", "sources", "does", "evidence", "cards", "shown"},
    "differences": {"number", "articles", "evidence", "we", "cards", "never_said", "shown"},
    "signoff": {"who", "what", "where", "words", "why", "evidence"},
}
CLAIMED = {"card", "example", "finding", "indicator", "silent", "kind", "says"}


def examples(card: str) -> dict[str, dict[str, Any]]:
    """By name; a phrase of the gate by its text."""
    path = ROOT / PLACES[card].files[-1]
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    named = {example["name"]: example for example in found["example"]}
    assert len(named) == len(found["example"]), f"{path} has two examples of one name"
    for phrase in found.get("phrase", ()):
        condition = {"code": {"text": phrase["text"]}, "status": "active"}
        named[phrase["text"]] = {"record": {"conditions": [condition]}}
    return named


def claims() -> Iterator[Any]:
    for kind in ("statements", "differences"):
        for entry in SAID[kind]:
            for claim in entry.get("shown", ()):
                name = f"{kind[:-1]} {entry['number']}: {claim['card']}, {claim['example']}"
                yield pytest.param(entry, claim, id=name)


def seen(entry: dict[str, Any]) -> tuple[PatientRecord, FacialTwitching, date]:
    """An example or vignette: its record, what the gate makes of it, its day."""
    today = entry.get("today", TODAY)
    record = patient_record(entry["record"])
    return record, facial_twitching.notice(record, DECK.gate_limits, today), today


def verdict_on(entry: dict[str, Any], card: str) -> Verdict:
    record, twitching, today = seen(entry)
    advise = CARDS[card].rule_at(entry.get("hook", "patient-view"))
    assert advise, f"{card} does not speak at {entry['hook']}"
    return advise(View(record, twitching, DECK.limits_of(CARDS[card]), today))


def test_the_page_is_what_the_deck_says() -> None:
    written = write_sources.PAGE.read_text(encoding="utf-8")
    assert written == write_sources.page(DECK), "docs/sources.md is behind the deck: run `make sources`"


def test_every_statement_and_difference_is_there() -> None:
    """27 statements and 16 differences, each complete and with the cards that it names."""
    assert [entry["number"] for entry in SAID["statements"]] == [*range(1, 28)]
    assert [entry["number"] for entry in SAID["differences"]] == [*range(1, 17)]
    for kind, fields in FIELDS.items():
        for entry in SAID[kind]:
            assert entry.keys() <= fields, f"{kind} {entry}: unknown {entry.keys() - fields}"
    for entry in SAID["statements"]:
        assert {claim["card"] for claim in entry["shown"]} == set(entry["cards"]), f"statement {entry['number']}"
        assert set(entry["sources"]) <= {"S1", "S2"}
    for entry in (*SAID["differences"], *RULES["decisions"]):
        assert set(entry["cards"]) <= PLACES.keys(), entry["number"]


@pytest.mark.parametrize(("entry", "claim"), list(claims()))
def test_the_example_shows_what_is_claimed(entry: dict[str, Any], claim: dict[str, Any]) -> None:
    assert claim.keys() <= CLAIMED
    assert len(claim.keys() & {"finding", "silent", "kind"}) == 1
    assert claim["card"] in entry["cards"]
    example = examples(claim["card"]).get(claim["example"])
    assert example, f"{PLACES[claim['card']].files[-1]} has no such example (any more)"
    if claim["card"] == "gate":
        assert seen(example)[1].kind == claim["kind"]
        return
    verdict = verdict_on(example, claim["card"])
    if "silent" in claim:
        assert not isinstance(verdict, Advice)
        assert verdict.reason == claim["silent"]
        return
    assert isinstance(verdict, Advice), verdict
    assert claim["finding"] in [finding.code for finding in verdict.findings]
    assert claim.get("indicator", verdict.indicator) == verdict.indicator
    assert claim.get("says", "") in texts(CARDS[claim["card"]], verdict)


def test_what_is_never_said_is_in_no_words() -> None:
    words = "\n".join(text for card in DECK.cards for text in card.words.blocks.values()).lower()
    never = [word for entry in SAID["differences"] for word in entry.get("never_said", ())]
    assert never
    assert not [word for word in never if word in words]


def vignette_name(entry: dict[str, Any]) -> str:
    return f"{entry['number']}: {entry['patient']}"


@pytest.mark.parametrize("entry", VIGNETTES, ids=vignette_name)
def test_vignette(entry: dict[str, Any]) -> None:
    """All cards for clinicians together: those named speak as published, the others are silent."""
    assert entry.keys() <= {"number", "patient", "today", "record", "expect", "says"}
    verdicts = {card.id: verdict_on(entry, card.id) for card in DECK.meant_for("clinician")}
    spoken = {card: verdict for card, verdict in verdicts.items() if isinstance(verdict, Advice)}
    assert {c: [v.indicator, *(f.code for f in v.findings)] for c, v in spoken.items()} == entry["expect"]
    said = "\n".join(texts(CARDS[card], verdict) for card, verdict in spoken.items())
    for piece in entry.get("says", ()):
        assert piece in said


def test_every_published_vignette_is_told_and_is_an_example() -> None:
    """By its number here, and with its boundaries among the examples of a card or of the gate."""
    published = {str(n) for n in (*range(1, 24), *range(25, 41))} | {"24a", "24b", "24c", "24d", "29b"}
    assert {entry["number"] for entry in VIGNETTES} == published
    told = set()
    for path in (ROOT / "cards").rglob("*examples.toml"):
        for entries in tomllib.loads(path.read_text(encoding="utf-8")).values():
            told |= {number for entry in entries for number in entry.get("vignettes", ())}
    assert told == published


def test_sex_opens_and_closes_no_card() -> None:
    """Statement 4: women have it more often; a man's chart gets the same answer."""
    for card in DECK.cards:
        for name, example in examples(card.id).items():
            expect = example["expect"]
            for sex in ("female", "male"):
                patient = {**example["record"].get("patient", {}), "sex": sex}
                verdict = verdict_on({**example, "record": {**example["record"], "patient": patient}}, card.id)
                said = verdict.situation if isinstance(verdict, Advice) else verdict.reason
                assert said == (expect.get("situation") or expect["silent"]), f"{card.id}: {name}"


def test_every_limit_rests_on_something() -> None:
    """On evidence, an article, [K], or a section of the rules that the page lists."""
    for name, limit in LIMITS.items():
        cited = re.findall(r"clinical rules (\d+(?:[-–.]\d+)?)", limit.evidence)
        assert cited or re.search(r"\[(?:[ES]\d+|K)\]", limit.evidence), f"limit {name} rests on nothing"
        assert {section.replace("–", "-") for section in cited} <= RULES["sections"].keys(), f"limit {name}"


def test_every_decision_that_is_cited_is_told() -> None:
    told = {str(entry["number"]) for entry in RULES["decisions"]}
    for path in (ROOT / "cards").rglob("*"):
        if path.suffix in (".py", ".toml"):
            text = " ".join(path.read_text(encoding="utf-8").replace("\n#", " ").split())
            for group in re.findall(r"\b11,? items? (\d+(?:(?:,| and) \d+)*)", text):
                assert set(re.findall(r"\d+", group)) <= told, f"{path.name} cites item {group}"


def test_every_tag_is_explained_and_every_evidence_cited() -> None:
    """In limits, rules, statements and differences alike."""
    texts_of = [limit.evidence for limit in LIMITS.values()] + [card.guideline for card in DECK.cards]
    texts_of += [str(entry) for entry in (*SAID["statements"], *SAID["differences"], *SAID["signoff"])]
    texts_of += [path.read_text(encoding="utf-8") for path in (ROOT / "cards").rglob("*.py")]
    texts_of += [path.read_text(encoding="utf-8") for path in (ROOT / "cards" / "findings").glob("*.toml")]
    cited = {tag for text in texts_of for tag in re.findall(r"\[([ES]\d+|K)\]", text)}
    cited |= {tag for entry in SAID["statements"] for tag in entry["sources"]}
    assert cited <= DECK.evidence.keys(), cited - DECK.evidence.keys()
    assert not DECK.evidence.keys() - cited, f"cited nowhere: {DECK.evidence.keys() - cited}"


def test_evidence_that_is_no_primary_text_awaits_one() -> None:
    secondary = {tag for tag, text in DECK.evidence.items() if tag[0] == "E" and re.search("copy|secondary", text)}
    listed = {tag for entry in SAID["signoff"] for tag in entry.get("evidence", ())}
    assert secondary == listed


def test_every_limit_that_awaits_sign_off_is_on_a_list() -> None:
    lists = write_sources.PAGE.read_text(encoding="utf-8").partition("## What needs a sign-off\n")[2]
    waiting = [name for name, limit in LIMITS.items() if write_sources.awaits_sign_off(limit)]
    assert [name for name, limit in LIMITS.items() if "[K]" in limit.evidence if name not in waiting] == []
    assert [name for name in waiting if f"- [ ] `{name}` " not in lists] == []
    for who, starts in SAID["reviewers"].items():
        for start in starts:
            found = [name for name in waiting if name.startswith(start) and write_sources.reviewer(name, SAID) == who]
            assert found, f"[reviewers] {who}: no limit that awaits sign-off begins with {start}"


def test_whatever_is_tagged_k_is_on_a_list() -> None:
    """A word list, a value set or a rule that says [K] (limits are listed by themselves)."""
    listed = {name for entry in SAID["signoff"] for name in entry.get("where", ())}
    spoken_of = ("cards/sources.toml", "cards/rules.toml", "cards/write_sources.py", "cards/README.md")
    for path in sorted((ROOT / "cards").rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in (".py", ".toml", ".csv", ".md") and name not in spoken_of:
            text = re.sub(r'evidence = "[^"]*"', "", path.read_text(encoding="utf-8"))
            assert "[K]" not in text or name in listed, f"{name} says [K]: name it under [[signoff]]"


def test_what_awaits_sign_off_exists() -> None:
    reviewers = {"neurologist", "native speaker", *SAID["reviewers"]}
    for entry in SAID["signoff"]:
        assert entry["who"] in reviewers
        assert entry.get("where") or entry.get("words"), entry["what"]
        assert all((ROOT / name).is_file() for name in entry.get("where", ())), entry["what"]
        for card, blocks in entry.get("words", {}).items():
            assert set(blocks) <= CARDS[card].words.blocks.keys(), f"{entry['what']}: {card}"


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", write_sources.PAGE.read_text(encoding="utf-8")):
        assert (write_sources.PAGE.parent / target).exists(), target
