"""Every approved answer, dressed for every kind of client: it keeps all rules and loses nothing."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest
from markdown_it import MarkdownIt

from cds_service.deck import load_deck
from cds_service.hooks.cards import AnswerJson, CardJson, LinkJson, Source, SuggestionJson, Topic
from cds_service.hooks.profiles import Profile, dressed, epic_topic
from cds_service.trust import caller
from tests.invariants import EXPLANATION, check_answer

APPROVED = {
    path.name.removesuffix(".response.json"): json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[1] / "fhir_fixtures" / "requests").glob("*.response.json"))
}
CONVERSATIONS = [name for name, approved in APPROVED.items() if approved["status"] == 200]
PROFILES: tuple[Profile, ...] = get_args(Profile)
WORDS = load_deck().words
EPIC_CREATES = {"Condition", "MedicationRequest", "ServiceRequest", "ProcedureRequest"}
conversations = pytest.mark.parametrize("conversation", CONVERSATIONS)


def answered(conversation: str) -> tuple[CardJson, ...]:
    """What the service said, with the numbered uuids of the approved file made real ones."""
    said = json.dumps(APPROVED[conversation]["body"]["cards"])
    said = re.sub(r"uuid-(\d+)", lambda number: str(UUID(int=int(number[1]))), said)
    return msgspec.json.decode(said, type=tuple[CardJson, ...])


def as_sent(cards: tuple[CardJson, ...]) -> list[dict[str, Any]]:
    return msgspec.json.decode(msgspec.json.encode(AnswerJson(cards)), type=dict[str, list[dict[str, Any]]])["cards"]


def rendered(markdown: str) -> str:
    """What a person reads; `html=True` because the sandbox lets raw HTML through (SBX-5)."""
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return as_read(html.unescape(re.sub(r"<[^>]*>", " ", page)))


def as_read(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u2060", "")).strip()


def shown_by_epic(card: dict[str, Any]) -> str:
    """No labels, no isRecommended, no link's label (EPIC-13)."""
    said = [action["description"] for s in card.get("suggestions", ()) for action in s["actions"]]
    return as_read(" ".join([card["summary"], rendered(card["detail"]), *said]))


def shown_by_oracle(card: dict[str, Any]) -> str:
    """Neither links nor suggestions (ORCL-4, ORCL-6)."""
    return as_read(f"{card['summary']} {rendered(card['detail'])}")


def told(card: dict[str, Any]) -> Iterator[str]:
    """All that a card says in any place."""
    yield card["summary"]
    yield rendered(card["detail"])
    for suggestion in card.get("suggestions", ()):
        yield suggestion["label"]
        yield from (action["description"] for action in suggestion["actions"])
    for link in card.get("links", ()):
        yield link["label"]
        yield link["url"]


def test_the_profiles_are_those_of_the_clients_file() -> None:
    assert set(PROFILES) == set(get_args(caller.Profile))


@conversations
@pytest.mark.parametrize("profile", PROFILES)
def test_every_answer_keeps_the_protocols_rules(conversation: str, profile: Profile) -> None:
    cards = as_sent(dressed(answered(conversation), profile, WORDS))
    for card in cards:
        # The explanation names the card as we do, whatever the topic's code had to become.
        topic, name = card["source"]["topic"], card["extension"][EXPLANATION]["card"]
        assert topic["code"] == (epic_topic(name) if profile == "epic" else name)
        topic["code"] = name
    check_answer({"cards": cards})


@conversations
@pytest.mark.parametrize("profile", ["generic", "sandbox"])
def test_where_there_are_no_habits_nothing_is_touched(conversation: str, profile: Profile) -> None:
    cards = answered(conversation)
    assert dressed(cards, profile, WORDS) is cards


@conversations
def test_epic_reads_everything(conversation: str) -> None:
    plain = answered(conversation)
    for before, after in zip(as_sent(plain), as_sent(dressed(plain, "epic", WORDS)), strict=True):
        shown = shown_by_epic(after)
        for text in told(before):
            assert as_read(text) in shown


@conversations
def test_oracle_reads_everything_without_links_and_suggestions(conversation: str) -> None:
    plain = answered(conversation)
    for before, after in zip(as_sent(plain), as_sent(dressed(plain, "oracle", WORDS)), strict=True):
        shown = shown_by_oracle(after)
        for text in told(before):
            assert as_read(text) in shown
        assert {**after, "detail": ""} == {**before, "detail": ""}


def epic_does(action: dict[str, Any]) -> bool:
    """It creates from a code, takes orders back, and changes none (EPIC-14)."""
    if action["type"] == "delete":
        return action["resourceId"].partition("/")[0] in EPIC_CREATES - {"Condition"}
    resource = action["resource"]
    coded = resource.get("code", {}).get("coding")
    return action["type"] == "create" and resource["resourceType"] in EPIC_CREATES and bool(coded)


def done(action: dict[str, Any]) -> dict[str, Any]:
    return {**action, "description": ""}


@conversations
def test_epics_rules(conversation: str) -> None:
    plain = answered(conversation)
    for before, after in zip(as_sent(plain), as_sent(dressed(plain, "epic", WORDS)), strict=True):
        assert re.fullmatch(r"[A-Za-z0-9]{1,100}", after["source"]["topic"]["code"])
        assert after.get("selectionBehavior", "any") == "any"
        for suggestion in after.get("suggestions", ()):
            (action,) = suggestion["actions"]
            assert suggestion["label"] in action["description"]
        offered = [a for s in after.get("suggestions", ()) for a in s["actions"]]
        proposed = [a for s in before.get("suggestions", ()) for a in s["actions"]]
        assert [done(a) for a in offered] == [done(a) for a in proposed if epic_does(a)]


def test_a_suggestion_of_two_actions_becomes_two_for_epic() -> None:
    plain = answered("epic-habits")[0]
    first, second, *_ = dressed((plain,), "epic", WORDS)[0].suggestions
    label = plain.suggestions[0].label
    assert [first.label, second.label] == [f"{label} (part 1 of 2)", f"{label} (part 2 of 2)"]
    assert first.uuid != second.uuid
    described = [action.description for action in plain.suggestions[0].actions]
    for part, text in ((first, described[0]), (second, described[1])):
        assert part.actions[0].description == f"Alternative 1 of 3, choose one at most: {part.label}. {text}"


def test_epic_ticks_no_box_beside_an_alternative() -> None:
    plain = answered("red-flag-since-mri")[0]
    assert plain.suggestions[0].is_recommended
    card = dressed((plain,), "epic", WORDS)[0]
    assert not any(suggestion.is_recommended for suggestion in card.suggestions)
    assert card.suggestions[0].actions[0].description.startswith("Recommended. Alternative 1 of 3")


def test_epic_ticks_the_box_of_what_alone_is_recommended() -> None:
    plain = answered("red-flag-since-mri")[0]
    alone = msgspec.structs.replace(plain, suggestions=plain.suggestions[:1])
    assert [s.is_recommended for s in dressed((alone,), "epic", WORDS)[0].suggestions] == [True, True]


def test_what_epic_cannot_create_is_said_instead() -> None:
    plain = answered("pacemaker")[0]
    card = dressed((plain,), "epic", WORDS)[0]
    assert card.suggestions == ()
    assert card.selection_behavior == ""
    assert f"Recommended. {plain.suggestions[0].label}" in rendered(card.detail)


def test_two_cards_never_share_a_topic_at_epic() -> None:
    ids = [card.id for card in load_deck().cards] + ["further-points"]
    assert len({epic_topic(card_id) for card_id in ids}) == len(ids)


@pytest.mark.parametrize("profile", ["epic", "oracle"])
def test_words_of_the_record_stay_text(profile: Profile) -> None:
    """A label is plain text: what moves from there into Markdown must not begin to act."""
    name = (
        "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1)) | a_b_ www.evil.example 1. `code`" + "y" * 300
    )
    suggestion = SuggestionJson(f"Review {name} " + "long words " * 40, "6f1c3ee5-6e64-4b1a-9a58-6f6c2c9f4d0a")
    source = Source("s", "https://cds.example.org/cards/x", Topic("x", "https://cds.example.org/cards"))
    plain = CardJson(
        "0b9c8f6c-7a74-4a52-8e3d-0b5b2f6d3c11", "s", "info", source, "d", (suggestion,), "any", (), (), None
    )
    detail = dressed((plain,), profile, WORDS)[0].detail
    page = MarkdownIt("gfm-like", {"html": True}).render(detail)
    assert not re.search(r"<(img|a|code|table)\b", page)
    assert page.count("<strong>") == 1  # our own heading
    assert as_read("long words " * 40) in rendered(detail)


def test_a_card_that_says_nothing_more_is_left_as_it_is() -> None:
    source = Source("s", "https://cds.example.org/cards/x", Topic("x", "https://cds.example.org/cards"))
    bare = CardJson("0b9c8f6c-7a74-4a52-8e3d-0b5b2f6d3c11", "s", "info", source, "Nothing to do.")
    for profile in PROFILES:
        assert as_sent(dressed((bare,), profile, WORDS)) == as_sent((bare,))
    linked = msgspec.structs.replace(bare, detail="", links=(LinkJson("Paper", "https://doi.org/10.1/a_b_c"),))
    assert dressed((linked,), "oracle", WORDS)[0].detail == "**References**\n\n- Paper: `https://doi.org/10.1/a_b_c`"
