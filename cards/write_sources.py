"""Writes docs/sources.md from the deck: `python -m cards.write_sources` (`make sources`).

For a clinician who reviews the medicine: what the two source articles say and which card and example answer it, every
limit with its evidence, where articles and evidence differ, the published vignettes, and what awaits sign-off.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cds_service.deck import Deck, load_deck
from cds_service.limits import Limit, shown

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "sources.md"
Entry = Mapping[str, Any]

INTRO = """\
# Where the medicine comes from

Written by `make sources` from `cards/`; change it there. `tests/test_sources.py` holds it against the deck: every
example named here passes and shows what is said of it.

The medicine starts from two articles on hemifacial spasm, **S1** and **S2**, held against published evidence (**E1**
and so on, [listed below](#the-evidence)). **[K]** is clinicians' knowledge that nobody looked up. "Clinical rules N"
are the rules that the cards were written from, [by section](#the-rules-by-section). Before clinical use, go through
[what needs a sign-off](#what-needs-a-sign-off).
"""


class Place(NamedTuple):
    """A card, the gate, or what several cards share. `files`: the last one of a card or the gate is its examples."""

    id: str
    title: str
    files: tuple[str, ...]
    limits: Mapping[str, Limit]


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "cards" / f"{name}.toml").read_text(encoding="utf-8"))


def places(deck: Deck) -> dict[str, Place]:
    gate = ("facial_twitching.py", "text_terms.toml", "clinical_text.toml", "facial_twitching_examples.toml")
    found = [Place("gate", "Which charts show facial twitching", tuple(f"cards/findings/{n}" for n in gate), {})]
    for card in deck.cards:
        drafts = (f"{moment.replace('-', '_')}.py" for moment in card.draft_rules)
        names = ("card.toml", "words.md", "rule.py", *drafts, "examples.toml")
        files = tuple(f"cards/{card.id.replace('-', '_')}/{name}" for name in names)
        found.append(Place(card.id, card.title, files, card.limits))
    shared = {**deck.shared_limits, "most_cards": deck.overflow.most}
    found.append(Place("shared", "Shared by several cards", ("cards/findings/limits.toml", "cards/deck.toml"), shared))
    return {place.id: place for place in found}


def rests_on(limit: Limit) -> str:
    tags = re.findall(r"\[([A-Z]\w*)\]", limit.evidence)
    return "sign-off [K]" if "K" in tags else ", ".join(tags) or "own decision"


def awaits_sign_off(limit: Limit) -> bool:
    return rests_on(limit) in ("sign-off [K]", "own decision")


def page(deck: Deck) -> str:
    known, said, rules = places(deck), read("sources"), read("rules")
    parts = [INTRO, "## By card"]
    for place in known.values():
        parts += _place(place, known, said["statements"])
    parts += ["## Where the articles and the evidence differ", _differences(said["differences"], known)]
    parts += ["## The rules by section", _table(("section", "about"), rules["sections"].items())]
    parts += ["## What was decided where the rules left a point open", _decisions(rules["decisions"])]
    parts += ["## The published vignettes", "Today is 2026-06-15 unless stated. Each is held against all cards."]
    parts += [_vignettes(read("vignettes")["vignette"])]
    parts += ["## The evidence", _table(("tag", "stands for"), deck.evidence.items())]
    parts += ["## What needs a sign-off", *_sign_off(said, known)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    lines: list[Iterable[object]] = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in line)} |" for line in lines)


def _link(path: str, text: str = "") -> str:
    return f"[{text or path.rpartition('/')[2]}](../{path})"


def _value(limit: Limit) -> str:
    return f"{shown(limit.value)} {limit.unit}"


def _place(place: Place, known: Mapping[str, Place], statements: list[Entry]) -> Iterator[str]:
    """The section of a card: its files, the statements that are first of all its own, and its limits."""
    yield f"### {place.title}"
    yield f"`{place.id}`: {' · '.join(map(_link, place.files))}"
    own = [entry for entry in statements if entry["cards"][0] == place.id]
    if own:
        head = ("#", "the articles say", "in", "the service", "also on", "shown by", "backed by")
        yield _table(head, (_statement(entry, place, known) for entry in own))
    others = [str(entry["number"]) for entry in statements if place.id in entry["cards"][1:]]
    if others:
        yield f"Also speaks to statement {', '.join(others)}, listed with another card."
    if place.limits:
        rows = ((f"`{n}`", _value(v), v.evidence, rests_on(v), v.since, v.allowed) for n, v in place.limits.items())
        yield _table(("limit", "value", "evidence", "rests on", "since", "a site may set"), rows)


def _statement(entry: Entry, place: Place, known: Mapping[str, Place]) -> tuple[object, ...]:
    also = _codes(card for card in entry["cards"] if card != place.id)
    examples, backed = _shown(entry["shown"], known, place.id), entry.get("evidence", "")
    return entry["number"], entry["says"], ", ".join(entry["sources"]), entry["does"], also, examples, backed


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shown(claims: Iterable[Entry], known: Mapping[str, Place], here: str = "") -> str:
    """Examples and what they show; those of another card with a link to it."""
    lines = []
    for claim in claims:
        card = claim["card"]
        where = "" if card == here else f"{_link(known[card].files[-1], card)}: "
        lines.append(f"{where}“{claim['example']}” → {_claim(claim)}")
    return "<br>".join(lines)


def _claim(claim: Entry) -> str:
    if "silent" in claim:
        return f"silent: `{claim['silent']}`"
    code = f"`{claim.get('finding') or claim['kind']}`"
    said = f"{claim['indicator']} {code}" if "indicator" in claim else code
    return f"{said}, “… {claim['says']} …”" if "says" in claim else said


def _differences(entries: Iterable[Entry], known: Mapping[str, Place]) -> str:
    def row(entry: Entry) -> tuple[object, ...]:
        examples = _shown(entry.get("shown", ()), known)
        return entry["number"], entry["articles"], entry["evidence"], entry["we"], _codes(entry["cards"]), examples

    return _table(("#", "the articles", "the evidence", "the service", "cards", "shown by"), map(row, entries))


def _decisions(entries: Iterable[Entry]) -> str:
    rows = ((entry["number"], entry["question"], entry["answer"], _codes(entry["cards"])) for entry in entries)
    return _table(("item", "open point", "decided", "cards"), rows)


def _vignettes(entries: Iterable[Entry]) -> str:
    def row(entry: Entry) -> tuple[str, str, str]:
        cards = (f"`{card}` {said[0]}: {_codes(said[1:])}" for card, said in entry["expect"].items())
        on = f" (on {entry['today']})" if "today" in entry else ""
        return entry["number"], f"{entry['patient']}{on}", "<br>".join(cards) or "no card"

    return _table(("#", "patient", "the deck says"), map(row, entries))


def _sign_off(said: Entry, known: Mapping[str, Place]) -> Iterator[str]:
    """A check-list for each reader: subjects first, then the limits of each card."""
    yield "Subjects that cite no source, and limits that cite neither evidence nor an article."
    for who in ("neurologist", *said["reviewers"], "native speaker"):
        yield f"### For the {who}"
        lines = [_subject(entry) for entry in said["signoff"] if entry["who"] == who]
        yield "\n".join([*lines, *_translations()] if who == "native speaker" else lines)
        for place in known.values():
            limits = {n: v for n, v in place.limits.items() if awaits_sign_off(v) and reviewer(n, said) == who}
            if limits:
                rows = (f"- [ ] `{name}` {_value(limit)} – {limit.evidence}" for name, limit in limits.items())
                yield "\n".join((f"**{place.title}** ({_link(place.files[0])}):\n", *rows))


def reviewer(limit: str, said: Entry) -> str:
    """Who looks at this limit, by the beginning of its name."""
    return next((who for who, starts in said["reviewers"].items() if limit.startswith(tuple(starts))), "neurologist")


def _subject(entry: Entry) -> str:
    where = [_link(path) for path in entry.get("where", ())]
    for card, blocks in entry.get("words", {}).items():
        words = _link(f"cards/{card.replace('-', '_')}/words.md", f"{card}, words.md")
        where.append(f"{words} ({_codes(blocks)})")
    tags = f" ({', '.join(entry['evidence'])})" if "evidence" in entry else ""
    return f"- [ ] **{entry['what']}**{tags}. {entry['why']} See {', '.join(where)}."


def _translations() -> Iterator[str]:
    """The words and names of the cards in every language besides English."""
    found = (path.relative_to(ROOT).as_posix() for path in (ROOT / "cards").rglob("*.*.*"))
    paths = sorted(path for path in found if re.search(r"/(?:words|names)\.\w+\.(?:md|toml)$", path))
    for language in sorted({path.split(".")[1] for path in paths}):
        links = (_link(path, path.removeprefix("cards/")) for path in paths if path.split(".")[1] == language)
        yield f"- [ ] **The cards in `{language}`.** Not read by a native clinician. See {', '.join(links)}."


if __name__ == "__main__":
    PAGE.write_text(page(load_deck()), encoding="utf-8")
