"""Silent cards are asked, counted and logged, and shown to nobody; those turned off are not even asked. And how a site
sees what it has tuned: `check`, `explain`, the pages, the start.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cds_service.advice import Advice, View
from cds_service.answer import answer
from cds_service.app import create_app, wsgi_from_environment
from cds_service.command import main
from cds_service.deck import Card, Deck
from cds_service.explain import explain
from cds_service.limits import Decision
from cds_service.presenting import Spoken
from cds_service.settings import Settings
from cds_service.translated_deck import in_all_languages
from tests.conftest import REQUESTS
from tests.desks import desk
from tests.own_log import log_of_its_own  # noqa: F401
from tests.sites import DECK, site_file, tune
from tests.test_flow import WEAK_FACE, a_card, body, codes, deck_of, shown

SAID_BY = Decision("Dr A. Example", date(2026, 5, 1), "watched first")
TUNED = """
[cards.mri-workup]
mode = "off"
[cards.fasciculation-check]
mode = "silent"
why = "watched first"
[cards.botulinum-recall.limits]
booking_days = 14
[deck.limits]
most_cards = 4
"""


def silent(card: Card) -> Card:
    return replace(card, mode="silent", decision=SAID_BY)


def off(card: Card) -> Card:
    def refuse(_: View) -> Advice:
        raise AssertionError("asked")

    return replace(card, mode="off", decision=SAID_BY, advise=refuse)


def noted(deck: Deck, **request: Any) -> tuple[Spoken, ...]:
    return answer(json.dumps(body(**request)).encode(), desk(deck)).silent


def test_a_silent_card_is_asked_and_not_shown() -> None:
    deck = deck_of(a_card(1), silent(a_card(2)), a_card(3))
    assert codes(shown(deck)) == ["card-1", "card-3"]
    assert noted(deck) == (Spoken("card-2", "x"),)


def test_a_card_that_is_off_is_not_even_asked() -> None:
    deck = deck_of(a_card(1), off(a_card(2)))
    assert codes(shown(deck)) == ["card-1"]
    assert noted(deck) == ()


def test_with_silent_cards_only_nothing_is_shown_and_all_is_noted() -> None:
    deck = deck_of(silent(a_card(1)), off(a_card(2)))
    assert shown(deck) == []
    assert noted(deck) == (Spoken("card-1", "x"),)
    assert noted(deck_of(off(a_card(2)))) == ()


def test_a_silent_card_does_not_count_for_the_most() -> None:
    deck = deck_of(silent(a_card(1)), *map(a_card, range(2, 8)))
    assert codes(shown(deck)) == [f"card-{number}" for number in range(2, 8)]


def test_the_most_is_the_sites(tmp_path: Path) -> None:
    deck = replace(tune(tmp_path, "[deck.limits]\nmost_cards = 3"), cards=tuple(map(a_card, range(1, 5))))
    assert codes(shown(deck)) == ["card-1", "card-2", "further-points"]


def test_a_silent_card_keeps_no_other_back() -> None:
    alone = a_card(1, alone=True)
    assert codes(shown(deck_of(alone, a_card(2)))) == ["card-1"]
    assert codes(shown(deck_of(silent(alone), a_card(2)))) == ["card-2"]


def test_beside_one_that_stands_alone_a_silent_card_is_noted() -> None:
    assert noted(deck_of(a_card(1, alone=True), silent(a_card(2)))) == (Spoken("card-2", "x"),)


def test_the_doubts_of_a_silent_card_are_not_shown() -> None:
    """Of one that has nothing else to say; of one that advises they would stand on itself."""
    doubtful = a_card(2, silent=True)
    assert "Not sure of 2" in shown(deck_of(a_card(1), doubtful))[0]["detail"]
    assert "Not sure of 2" not in shown(deck_of(a_card(1), silent(doubtful)))[0]["detail"]
    assert noted(deck_of(a_card(1), silent(doubtful))) == ()


def test_each_reader_is_asked_for_alone() -> None:
    deck = deck_of(silent(a_card(1)), silent(a_card(2, audience="patient")))
    assert noted(deck, user="Patient/amara-okafor") == (Spoken("card-2", "x"),)
    assert noted(deck) == (Spoken("card-1", "x"),)


@pytest.mark.parametrize("mode", ["silent", "off"])
def test_the_differential_review_speaks_where_the_mri_card_is_not_shown(tmp_path: Path, mode: str) -> None:
    """It leaves what both would say to the MRI card only where that is shown."""
    sclerosis = {"code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G35"}]}}

    def cards(deck: Deck) -> list[str]:
        said = answer(json.dumps(body(sclerosis=sclerosis)).encode(), desk(deck))
        return list(said.cards)

    assert "mri-workup" in cards(DECK)
    assert "differential-review" not in cards(DECK)
    tuned_deck = tune(tmp_path, f'[cards.mri-workup]\nmode = "{mode}"')
    assert "mri-workup" not in cards(tuned_deck)
    assert "differential-review" in cards(tuned_deck)


def test_every_language_is_tuned(tmp_path: Path) -> None:
    for deck in in_all_languages(tune(tmp_path, TUNED)).values():
        assert deck.hidden == {"mri-workup", "fasciculation-check"}
        assert deck.overflow.most.value == 4
        assert deck.site is not None


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    config = str(site_file(tmp_path, TUNED))
    return create_app(Settings(cds_today=date(2026, 6, 15), site_config=config)).test_client()


def counted(client: FlaskClient) -> dict[str, float]:
    pattern = r'^facial_twitching_cards_silent_total\{card="([a-z-]+)",situation="([a-z-]+)"\} (\S+)$'
    found = re.findall(pattern, client.get("/metrics").text, re.MULTILINE)
    return {f"{card} {situation}": float(value) for card, situation, value in found}


def test_silent_cards_are_counted_and_logged(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    before = counted(client)
    assert "fasciculation-check caffeine-unknown" in before, "shown before it is first counted"
    assert {name.split()[0] for name in before} == {"fasciculation-check"}
    capsys.readouterr()
    body = (REQUESTS / "sandbox-hfs-right.request.json").read_bytes()
    said = client.post("/cds-services/facial-twitching", data=body, content_type="application/json").json
    assert codes(said["cards"]) == ["botulinum-recall"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (note,) = [line for line in lines if line["event"] == "silent"]
    assert (note["card"], note["situation"]) == ("fasciculation-check", "caffeine-exceeds")
    assert note.keys() == {"event", "service", "hookInstance", "card", "situation", "level", "timestamp"}
    after = counted(client)
    assert {name for name in after if after[name] > before[name]} == {"fasciculation-check caffeine-exceeds"}


def test_the_pages_show_what_is_in_force_and_who_says_so(client: FlaskClient) -> None:
    page = client.get("/cards/botulinum-recall").text
    assert "14 days<br><strong>Set by this site</strong>, default 28 (Dr A. Example, 2026-05-01)" in page
    assert "The numbers in this text are the defaults" in page
    assert "7 to 84 days" in page
    assert "shown to nobody (Dr A. Example, 2026-05-01: watched first)" in client.get("/cards/fasciculation-check").text
    assert "Off at this site" in client.get("/cards/mri-workup").text
    assert client.get("/cards").text.count("at this site") == 2


def test_the_pages_of_the_shipped_deck_name_no_site() -> None:
    client = create_app(Settings(log_level="error")).test_client()
    assert "Set by this site" not in client.get("/cards/botulinum-recall").text
    assert "are the defaults" not in client.get("/cards/botulinum-recall").text
    assert "at this site" not in client.get("/cards").text


def test_check_shows_what_differs_and_who_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_CONFIG", str(site_file(tmp_path, TUNED)))
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0, result.output
    for line in (
        "site: Example (Dr A. Example, 2026-05-01)",
        "    booking_days 14 days, default 28 (Dr A. Example, 2026-05-01)",
        "    SILENT here (Dr A. Example, 2026-05-01: watched first)",
        "    OFF here (Dr A. Example, 2026-05-01)",
        "    most_cards 4 cards, default 6 (Dr A. Example, 2026-05-01)",
        "effective deck: limits that differ from the default: 2; cards silent or off: 2",
    ):
        assert line in result.output.splitlines()


def test_check_says_that_the_deck_is_as_shipped() -> None:
    assert "effective deck: as shipped" in CliRunner().invoke(main, ["check"]).output.splitlines()


@pytest.mark.parametrize("command", ["check", "serve", "explain"])
def test_a_wrong_file_stops_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("SITE_CONFIG", str(site_file(tmp_path, "[deck.limits]\nmost_cards = 60")))
    request = [str(REQUESTS / "sandbox-hfs-right.request.json")] if command == "explain" else []
    result = CliRunner().invoke(main, [command, *request])
    assert result.exit_code == 1
    assert "SITE_CONFIG cannot be used:\nsite.toml line 6: `deck.limits.most_cards` is 60" in result.stderr


def explained(deck: Deck, **request: Any) -> Iterator[str]:
    return explain(json.dumps(body(**request)).encode(), desk(deck))


def test_explain_names_silent_and_off_as_such(tmp_path: Path) -> None:
    lines = "\n".join(explained(tune(tmp_path, TUNED)))
    said = "kept silent by this site (Dr A. Example, 2026-05-01: watched first); would say: Caffeine"
    assert re.search(rf"◌ fasciculation-check \S+: {re.escape(said)}", lines)
    assert re.search(r"✕ mri-workup \S+: off at this site \(Dr A\. Example, 2026-05-01\)", lines)
    assert "● botulinum-recall" in lines
    quiet = "\n".join(explained(deck_of(silent(a_card(1, silent=True)))))
    assert "○ card-1: silent – Nothing. (kept silent by this site anyway: Dr A. Example" in quiet


def test_explain_tells_nobody_of_what_is_for_others(tmp_path: Path) -> None:
    lines = "\n".join(explained(tune(tmp_path, f'{TUNED}[cards.self-care]\nmode = "off"'), user="Patient/amara-okafor"))
    assert "✕ self-care" in lines
    assert "✕ mri-workup" not in lines


def test_the_start_tells_of_the_tuning_and_warns_of_what_is_urgent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    why = 'by = "Dr B. Example"\ndate = 2026-04-20\nwhy = "another alert"'
    config = site_file(tmp_path, f'{TUNED}[cards.emergency-pathway]\nmode = "silent"\n{why}')
    monkeypatch.setenv("SITE_CONFIG", str(config))
    wsgi_from_environment()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [line for line in lines if line["event"] == "tuned"]
    assert told["kept_back"] == {"mri-workup": "off", "fasciculation-check": "silent", "emergency-pathway": "silent"}
    (warned,) = [line for line in lines if line["event"] == "kept-back"]
    assert (warned["level"], warned["card"], warned["mode"]) == ("warning", "emergency-pathway", "silent")


def test_a_silent_emergency_is_noted_and_the_other_cards_come(tmp_path: Path) -> None:
    why = 'by = "Dr B. Example"\ndate = 2026-04-20\nwhy = "another alert"'
    deck = tune(tmp_path, f'[cards.emergency-pathway]\nmode = "silent"\n{why}')
    new = {**WEAK_FACE, "onsetDateTime": "2026-06-15"}
    said = answer(json.dumps(body(weak=new)).encode(), desk(deck))
    assert len(said.cards) >= 3
    assert "emergency-pathway" not in said.cards
    assert said.silent == (Spoken("emergency-pathway", "facial-weakness"),)
