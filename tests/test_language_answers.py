"""Answers in every language: by LANGUAGE or by client, other words and else the same."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import build_state, create_app
from cds_service.deck import load_deck
from cds_service.hooks.profiles import dressed
from cds_service.languages import LANGUAGES, Language
from cds_service.settings import Settings, SettingsError, load_settings
from cds_service.translated_deck import in_language
from cds_service.translations import TRANSLATED
from cds_service.trust.caller import Caller
from cds_service.trust.clients_file import load_clients
from cds_service.trust.door import ClientsError
from fhir_fixtures.people import everybody
from tests.conftest import REQUESTS
from tests.desks import TODAY
from tests.invariants import EXPLANATION, check_answer
from tests.read_aloud import CONVERSATIONS, approved, read_aloud, said

PATIENTS = REQUESTS.parent / "patients"
NAMES = [person.name for person in everybody()]
languages = pytest.mark.parametrize("language", TRANSLATED)
SERVICES: dict[Language, FlaskClient] = {}


def answered(body: dict[str, Any], language: Language) -> list[dict[str, Any]]:
    if language not in SERVICES:
        settings = Settings(cds_today=TODAY, log_level="error", language=language)
        SERVICES[language] = create_app(settings).test_client()
    answer = SERVICES[language].post("/cds-services/facial-twitching", json=body).json
    check_answer(answer)
    return answer["cards"]  # type: ignore[no-any-return]


def request_of(name: str) -> dict[str, Any]:
    prefetch = json.loads((PATIENTS / f"{name}.r4.json").read_text(encoding="utf-8"))
    return {"hook": "patient-view", "hookInstance": "i", "context": {"patientId": name}, "prefetch": prefetch}


@languages
@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_it_reads_as_approved(conversation: str, language: Language) -> None:
    """`make approve` writes these anew; then have them read by who speaks the language."""
    assert read_aloud(said(conversation, language)) == approved(conversation, language).read_text(encoding="utf-8")


@languages
@pytest.mark.parametrize("name", NAMES)
def test_all_but_the_words_is_the_same(name: str, language: Language) -> None:
    request = request_of(name)
    english, translated = answered(request, "en"), answered(request, language)
    assert [without_words(card) for card in translated] == [without_words(card) for card in english]
    for ours, theirs in zip(translated, english, strict=True):
        assert ours["summary"] != theirs["summary"]
        assert not re.search(r"\b\d{4}-\d\d-\d\d\b", ours["summary"] + ours["detail"])


# Words for people: of a card, and of the resources that it proposes.
WORDS = {"uuid", "summary", "detail", "label", "text", "description", "note"}


def without_words(value: Any) -> Any:
    """What a machine reads: codes, references, dates, periods, and why something was not assessed. An override's
    `display` is a word; the one of a coding in a resource belongs to the code.
    """
    if isinstance(value, list):
        return [without_words(part) for part in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_words(part) for key, part in value.items() if key not in WORDS}
    kept["overrideReasons"] = [(why["system"], why["code"]) for why in value.get("overrideReasons", ())]
    if "topic" in kept:
        kept["topic"].pop("display")
    return kept


def test_why_something_was_not_assessed_is_said_in_both_ways() -> None:
    request = json.loads((REQUESTS / "required-only.request.json").read_text(encoding="utf-8"))
    card = next(card for card in answered(request, "de") if "notAssessed" in card["extension"][EXPLANATION])
    assert "nicht übermittelt" in card["detail"]
    assert "not provided" not in card["detail"]
    assert {missing["reason"] for missing in card["extension"][EXPLANATION]["notAssessed"]} == {"not provided"}


@languages
def test_other_kinds_of_clients_are_told_in_their_language(language: Language) -> None:
    from tests.test_profiles import answered as approved_cards

    english = " ".join(card.detail for card in dressed(approved_cards("pacemaker"), "oracle", load_deck().words))
    translated = dressed(approved_cards("pacemaker"), "oracle", in_language(load_deck(), language).words)
    assert "**References**" in english
    assert "Recommended." in english
    for card in translated:
        assert "**References**" not in card.detail
        assert "Recommended." not in card.detail


@pytest.mark.parametrize(
    ("written", "language"),
    [("", "en"), ("de", "de"), ("FR", "fr"), ("es_MX:es:en", "es"), ("it:de", "de"), ("en_US:en", "en")],
)
def test_language_is_set_for_the_site(written: str, language: str) -> None:
    """Also as desktops and base images set LANGUAGE by themselves."""
    assert load_settings({"LANGUAGE": written}).language == language


def test_a_language_that_no_card_speaks_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="LANGUAGE: must be one of en, de, es, fr"):
        load_settings({"LANGUAGE": "it"})


def test_a_client_may_have_its_own_language() -> None:
    state = build_state(Settings(language="fr"))
    shown = {language: state.desk(Caller(language=language)).deck for language in (None, *LANGUAGES)}
    assert [deck.words.locale.language for deck in shown.values()] == ["fr", "en", "de", "es", "fr"]
    assert state.deck.words.locale.language == "en"


CLIENT = '[[clients]]\nname = "Hospital"\nissuer = "https://ehr.example"\njwks_url = "https://ehr.example/jwks"\n'


def test_the_language_of_a_client_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(CLIENT + 'language = "de"\n', encoding="utf-8")
    assert load_clients(file)[0].caller.language == "de"
    file.write_text(CLIENT + 'language = "German"\n', encoding="utf-8")
    with pytest.raises(ClientsError, match=r"clients\.toml line 5: `language` must be one of en, de, es, fr"):
        load_clients(file)
    file.write_text(CLIENT, encoding="utf-8")
    assert load_clients(file)[0].caller.language is None


def test_all_languages_are_tested() -> None:
    assert set(get_args(Language)) == {"en", *TRANSLATED}
    assert isinstance(create_app(Settings()), Flask)
