"""The pages in docs/ehr say what the code does: their tables are those of the code, their configuration loads, their
links lead somewhere. A failure shows the table to paste.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from cds_service.app import create_app
from cds_service.deck import load_deck
from cds_service.fhir.needs import NEEDS, templates
from cds_service.hooks.profiles import epic_topic
from cds_service.hooks.services import SERVICES
from cds_service.settings import Settings
from cds_service.trust.refused import Reason

ROOT = Path(__file__).parents[1]
EHR = ROOT / "docs" / "ehr"
PAGES = sorted(EHR.glob("*.md"))
DECK = load_deck()
# Read by Python's TLS itself.
NOT_OURS = {"SSL_CERT_FILE"}
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text(page: Path | str) -> str:
    return (EHR / page).read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)


def table(*rows: tuple[str, ...]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *body))


def rows_of(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without head and rule."""
    section = re.split(r"^#+ ", text(page).partition(f"{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def must_hold(page: str, wanted: str) -> None:
    assert wanted in text(page), f"put this into docs/ehr/{page}:\n\n{wanted}"


def test_every_page_is_in_the_index() -> None:
    for page in PAGES:
        assert page.name == "README.md" or f"]({page.name})" in text("README.md")


def test_the_prefetch_templates_are_those_of_discovery() -> None:
    rows = [(f"`{key}`", _yes(NEEDS[key].required), f"`{template}`") for key, template in templates(full=True).items()]
    must_hold("README.md", table(("key", "required", "query"), *rows))


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


@pytest.mark.parametrize(
    ("page", "heading", "left_out"),
    [
        ("epic.md", "### R4", {"medicationAdministrations"}),
        ("epic.md", "### STU3, where it differs from R4", None),
        ("oracle-health.md", "### The queries in Oracle's words", set()),
    ],
)
def test_the_queries_in_an_ehrs_words_fit_the_needs(page: str, heading: str, left_out: set[str] | None) -> None:
    """Each asks for something that the key may hold. Where all keys are listed, none is forgotten."""
    rows = rows_of(page, heading)
    assert rows
    for key, query, *_ in rows:
        need = NEEDS[key.strip("`")]
        kind, _, parameters = query.strip("`").replace("/", "?", 1).partition("?")
        assert kind in need.types, key
        assert "{{context.patientId}}" in parameters
        # What the rules read from observations is asked for by code: the codes may not fall behind.
        assert need.key != "observations" or re.findall(r"\d+-\d", query) == re.findall(r"\d+-\d", need.template)
    if left_out is not None:
        assert {key.strip("`") for key, *_ in rows} == set(NEEDS) - left_out


def test_the_override_reasons_are_those_of_the_deck() -> None:
    """By code, because that is what Epic maps; one code may stand on several cards, in each card's words."""
    shown: dict[tuple[str, str], list[str]] = {}
    for card in DECK.cards:
        for reason in card.overrides:
            shown.setdefault((reason.code, reason.system), []).append(f"{reason.display} ({card.id})")
    rows = ((f"`{code}`", f"`{system}`", "; ".join(texts)) for (code, system), texts in shown.items())
    must_hold("epic.md", table(("`code`", "`system`", "shown as (on card)"), *rows))


def test_the_links_are_those_of_the_deck() -> None:
    rows = [(f"`{card.id}`", link.label, f"`{link.url}`") for card in DECK.cards for link in card.links]
    must_hold("README.md", table(("card", "link", "URL"), *rows))


def test_the_cards_are_those_of_the_deck() -> None:
    must_hold("README.md", table(("card", "says"), *((f"`{card.id}`", card.title) for card in DECK.cards)))
    topics = ((f"`{card.id}`", f"`{epic_topic(card.id)}`") for card in DECK.cards)
    must_hold("epic.md", table(("card", "`source.topic.code` at Epic"), *topics))


def test_no_card_or_override_reason_is_named_that_there_is_not() -> None:
    """In running text too: hyphenated words in code marks are names of ours, or said here to be somebody else's."""
    ours = {card.id for card in DECK.cards} | {reason.code for card in DECK.cards for reason in card.overrides}
    ours |= {"cds-service", "cds-services", "order-select", *SERVICES, *(s.hook for s in SERVICES.values())}
    ours |= {path.name.partition(".")[0] for path in (ROOT / "fhir_fixtures" / "patients").iterdir()}
    ours |= set(get_args(Reason))
    others = {"clinical-status"}
    for page in PAGES:
        named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", text(page)))
        assert named <= ours | others, f"{page.name}: {named - ours - others}"


def test_every_reason_for_a_refusal_is_explained() -> None:
    rows = text("README.md").partition("| `reason` | do this |\n")[2].partition("\n\n")[0].splitlines()
    assert {reason for row in rows for reason in re.findall(r"`([a-z-]+)`", row.split(" | ")[0])} == set(
        get_args(Reason)
    )


def test_every_setting_that_is_named_exists() -> None:
    settings = {name.upper() for name in Settings.__struct_fields__}
    named = {name for page in PAGES for name in re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b", text(page))}
    assert named
    assert named <= settings | NOT_OURS, named - settings - NOT_OURS


@pytest.mark.parametrize(
    ("page", "block"),
    [(page, block) for page in PAGES for block in blocks(page, "toml")],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_every_configuration_loads(page: Path, block: str, tmp_path: Path) -> None:
    """Also with the lines that a reader may uncomment."""
    for number, written in enumerate((block, re.sub(r"^# (?=[a-z_]+ = )", "", block, flags=re.MULTILINE))):
        config = tmp_path / f"clients{number}.toml"
        config.write_text(written, encoding="utf-8")
        clients = tomllib.loads(written)["clients"]
        app = create_app(Settings(clients_config=str(config), data_dir=str(tmp_path), log_level="error"))
        ready = json.loads(app.test_client().get("/readyz").data)
        assert set(ready["clients"]) == {client["name"] for client in clients}


def test_every_profile_is_shown() -> None:
    shown = {m for page in PAGES for block in blocks(page, "toml") for m in re.findall(r'profile = "(\w+)"', block)}
    assert shown == {"epic", "oracle", "sandbox"}


@pages
def test_every_relative_link_resolves(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            assert there.exists(), target
            assert not anchor or anchor in set(anchors(there)), target


def anchors(page: Path) -> Iterator[str]:
    """As GitHub makes them of headings."""
    for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pages
def test_every_file_that_is_named_exists(page: Path) -> None:
    for name in re.findall(r"\b(?:fhir_fixtures|cards|cds_service|docs)/[\w./-]*\w", text(page)):
        if not re.search(r"://\S*" + re.escape(name), text(page)):
            assert (ROOT / name).exists(), name


@pages
def test_every_citation_is_listed_and_every_source_cited(page: Path) -> None:
    body, _, sources = text(page).partition("\n## Sources\n")
    listed = set(re.findall(r"^(\d+)\. ", sources, re.MULTILINE))
    cited = {number for group in re.findall(r"\[(\d+(?:, \d+)*)\](?!\()", body) for number in group.split(", ")}
    assert cited == listed
