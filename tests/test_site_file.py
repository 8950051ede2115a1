"""SITE_CONFIG: what may be written, and that every error names its line, what is allowed and what to do."""

import re
from pathlib import Path

import pytest

from cds_service.site.site_file import places
from cds_service.site.tuning import SiteError, tuned
from tests.sites import DECK, SITE, card_of, refusal, site_file, tune

PAGE = Path(__file__).parents[1] / "docs" / "site-tuning.md"
ALL = [(place, name) for place, limits in places(DECK).items() for name in limits]
CARD = "[cards.botulinum-recall.limits]\n"
SHARED = "[shared.limits]\n"
URGENT = "[cards.emergency-pathway]\n"
OTHER = "[cards.oral-therapy-safety.limits]\nbaclofen_egfr_days = 90\n"

# Of [site] itself: its four lines, one of them changed.
WHO_FAULTS = {
    "who": ('by = "Dr A. Example"\n', "", 1, "`site.by` is missing"),
    "when": ("date = 2026-05-01\n", "", 1, "`site.date` is missing"),
    "a day in quotes": ("2026-05-01", '"1 May"', 4, "`site.date` must be a day without quotes, such as 2026-05-01"),
    "an instant": ("2026-05-01", "2026-05-01T08:00:00", 4, "`site.date` must be a day without quotes"),
    "empty": ('"Example"', '" "', 2, "`site.name` must be one line of text"),
    "two lines": ('"Example"', '"a\\nb"', 2, "`site.name` must be one line of text"),
    "very long": ('"Example"', f'"{"x" * 201}"', 2, "of 200 characters at most"),
    "unknown field": ("[site]\n", '[site]\nnmae = "x"\n', 2, "`site.nmae` is unknown; the fields are name, by, date"),
}
# Of what stands below it, from line 5 on.
FAULTS = {
    "unknown table": ("[card.mri-workup]", 5, "`card` is unknown: the tables are site, cards.<card>, shared."),
    "unknown card": ('\n[cards.mri]\nmode = "off"', 6, "`cards.mri` is no card; the cards are botulinum-recall, diff"),
    "unknown field": ("[cards.mri-workup]\nmod = 1", 6, "`cards.mri-workup.mod` is unknown; the fields are by, date"),
    "unknown mode": ('[cards.mri-workup]\nmode = "mute"', 6, 'must be "on", "silent" or "off"'),
    "unknown limit": (f"{CARD}due_unti_days = 170", 6, "is no limit; did you mean due_until_days"),
    "like no limit": (f"{CARD}zzz = 170", 6, "is no limit; the cards’ pages list them"),
    "one of few": ("[deck.limits]\ncards = 4", 6, "`deck.limits.cards` is no limit; did you mean most_cards"),
    "a shared limit": (f"{CARD}egfr_days = 60", 6, "`cards.botulinum-recall.limits.egfr_days` is set under [shared"),
    "another card's": (f"{CARD}labs_months = 4", 6, "is set under [cards.metabolic-labs.limits]"),
    "the deck's": (f"{CARD}most_cards = 4", 6, "is set under [deck.limits]"),
    "too small": (f"{CARD}min_days_unspecified = 77", 6, "is 77, allowed is 84 to 140 days, in multiples of 7"),
    "beyond all numbers": (f"{CARD}booking_days = 1{'0' * 400}", 6, "allowed is 7 to 84 days"),
    "too large": (f"{CARD}# weeks?\nbooking_days = 85", 7, "is 85, allowed is 7 to 84 days"),
    "between the steps": (f"{CARD}min_days_unspecified = 90", 6, "is 90, allowed is 84 to 140 days, in multiples of 7"),
    "text": (f'{CARD}booking_days = "14"', 6, "must be a whole number: 7 to 84 days"),
    "true": (f"{CARD}booking_days = true", 6, "must be a whole number"),
    "a part of a day": (f"{CARD}booking_days = 14.0", 6, "must be a whole number"),
    "a list": (f"{CARD}booking_days = [\n14]", 6, "must be a whole number"),
    "nan": (f"{SHARED}tsh_low_miu_l = nan", 6, "is nan, allowed is 0.1 to 0.5 mIU/L"),
    "infinite": (f"{SHARED}tsh_low_miu_l = inf", 6, "is inf, allowed is 0.1 to 0.5 mIU/L"),
    "fixed": (f"{CARD}dose_units = 300", 6, "is 300, allowed is 400 U only: the label's own number"),
    "no value": (f'{CARD}booking_days = {{ why = "x" }}', 6, "limits.booking_days.value` is missing"),
    "odd field": (f"{CARD}booking_days = {{ value = 14, who = 1 }}", 6, "the fields are by, date, why, value"),
    "no day": (f'{CARD}booking_days = {{ value = 14, by = "x" }}', 6, "say who decided (`by`) and when (`date`)"),
    "nobody": ("[cards.mri-workup]\ndate = 2026-05-01", 6, "say who decided (`by`) and when (`date`)"),
    "limits that are none": ("[shared]\nlimits = 3", 6, "`shared.limits` must be a table of limits"),
    "a card that is none": ("[cards]\nmri-workup = 3", 6, "`cards.mri-workup` must be a table"),
    "an array of cards": ('[[cards]]\nmode = "off"', 5, "`cards` must be tables: [cards.<card>]"),
    "inline": ("[shared]\nlimits = { egfr_days = 1 }", 6, "`shared.limits.egfr_days` is 1, allowed is 30 to 180 days"),
    "dotted": ("[deck]\nlimits.most_cards = 11", 6, "`deck.limits.most_cards` is 11, allowed is 3 to 10 cards"),
    "a table below": ("[cards.mvd-referral.limits.adult_years]\nvalue = 1", 5, "is 1, allowed is 16 to 21 years"),
    "an urgent card off": (f'{URGENT}mode = "off"', 6, '"off" keeps back what is urgent: say in this table who'),
    "silent, no reason": (f'{URGENT}by = "x"\ndate = 2026-01-01\nmode = "silent"', 8, "(`by`, `date`) and `why`"),
    "limits apart": (
        f"{CARD}min_days_onabotulinumtoxina = 98", 6,
        "`min_days_onabotulinumtoxina <= 7 * usual_from_weeks_onabotulinumtoxina` must hold, and 98 <= 7 * 12 does not",
    ),
    "limits of two places": (
        f"{OTHER}{SHARED}egfr_days = 100", 8,
        "`egfr_days <= baclofen_egfr_days` must hold, and 100 <= 90 does not. Set the other one too, or this one",
    ),
    "one unit of two": (f"{SHARED}calcium_low_mg_dl = 8.9", 6, "8.9 ~ 4.008 * 2.12 does not"),
}  # fmt: skip


@pytest.mark.parametrize(("tables", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_an_error_names_its_line_and_what_to_do(tmp_path: Path, tables: str, line: int, words: str) -> None:
    message = refusal(site_file(tmp_path, tables))
    assert message.startswith(f"site.toml line {line}: `"), message
    assert words in message


@pytest.mark.parametrize(("old", "new", "line", "words"), WHO_FAULTS.values(), ids=WHO_FAULTS)
def test_who_answers_for_the_file_must_be_told(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE.replace(old, new), encoding="utf-8")
    assert refusal(path).startswith(f"site.toml line {line}: ")
    assert words in refusal(path)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    assert "site.toml cannot be read: No such file" in refusal(path)
    path.write_text("[deck.limits]\nmost_cards = 4\n", encoding="utf-8")
    assert "line 1: `site` is missing: add [site] with name, by and date" in refusal(path)
    path.write_text("[site\n", encoding="utf-8")
    assert "site.toml is not TOML: " in refusal(path)
    path.write_bytes(b"\xff")
    assert "site.toml is not UTF-8 text" in refusal(path)


def test_all_errors_are_named_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    tables = f"{CARD}booking_days = 1\nzzz = 1\n[cards.mri]\n{SHARED}egfr_days = 1\n[deck.limits]\nmost_cards = true"
    lines = [message.partition(":")[0] for message in refusal(site_file(tmp_path, tables)).splitlines()]
    assert lines == [f"site.toml line {line}" for line in (6, 7, 8, 10, 12)]


@pytest.mark.parametrize(("place", "name"), ALL, ids=[f"{place[-1]} {name}" for place, name in ALL])
def test_a_limit_may_be_set_to_both_ends_and_no_further(tmp_path: Path, place: tuple[str, ...], name: str) -> None:
    limit = places(DECK)[place][name]
    further = limit.step or (1 if isinstance(limit.value, int) else 0.001)
    for value in (limit.least, limit.most):
        assert set_alone(tmp_path, place, name, value) in (value, "does not fit the others")
    for value in (limit.least - further, limit.most + further):
        assert set_alone(tmp_path, place, name, value) == "out of range"


def set_alone(folder: Path, place: tuple[str, ...], name: str, value: float) -> float | str:
    """The limit's value, all others left as they are, or why it may not be."""
    try:
        limit = places(tune(folder, f"[{'.'.join(place)}.limits]\n{name} = {value}"))[place][name]
    except SiteError as error:
        return "does not fit the others" if "must hold" in str(error) else "out of range"
    default = places(DECK)[place][name].value
    assert type(limit.value) is type(default)
    assert (limit.change is None) == (value == default)
    return limit.value


def test_who_says_so_stands_by_each_choice(tmp_path: Path) -> None:
    tables = """
        [cards.mvd-referral]
        mode = "silent"
        by = "Dr B. Example"
        date = 2026-04-20
        why = "first watched"
        [cards.mvd-referral.limits]
        failed_injections = 4
        adult_years = { value = 16, by = "Dr C. Example", date = 2026-04-21 }
        wear_off_weeks = { value = 9, why = "ours" }
        [deck.limits]
        most_cards = 4
        [shared.limits]
        egfr_days = 90
    """
    deck = tune(tmp_path, tables)
    card = card_of(deck, "mvd-referral")
    assert (card.mode, str(card.decision)) == ("silent", "Dr B. Example, 2026-04-20: first watched")
    assert {name: str(limit.change.decision) for name, limit in card.limits.items() if limit.change} == {
        "failed_injections": "Dr B. Example, 2026-04-20: first watched",
        "adult_years": "Dr C. Example, 2026-04-21",
        "wear_off_weeks": "Dr B. Example, 2026-04-20: ours",
    }
    assert deck.overflow.most.change is not None
    assert str(deck.overflow.most.change.decision) == "Dr A. Example, 2026-05-01"
    assert deck.shared_limits["egfr_days"].change is None, "the default, written down, is no change"


def test_an_urgent_card_may_be_kept_back_with_who_when_and_why(tmp_path: Path) -> None:
    deck = tune(tmp_path, f'{URGENT}mode = "off"\nby = "Dr B. Example"\ndate = 2026-04-20\nwhy = "another alert"')
    assert deck.hidden == {"emergency-pathway"}


def test_the_shipped_deck_is_left_as_it_is(tmp_path: Path) -> None:
    before = {card.id: dict(card.limits) for card in DECK.cards}
    tune(tmp_path, f'{CARD}booking_days = 14\n[cards.self-care]\nmode = "off"')
    assert {card.id: card.limits for card in DECK.cards} == before
    assert not DECK.hidden


def test_the_example_of_the_page_is_one(tmp_path: Path) -> None:
    page, path = PAGE.read_text(encoding="utf-8"), tmp_path / "site.toml"
    (block,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    path.write_text(block, encoding="utf-8")
    deck = tuned(DECK, path)
    assert deck.hidden == {"fasciculation-check", "emergency-pathway"}
    changed = {name for limits in places(deck).values() for name, limit in limits.items() if limit.change}
    assert changed >= {"min_days_onabotulinumtoxina", "caffeine_adult_mg", "imaging_lookback_months", "most_cards"}
    (error,) = re.findall(r"^(site\.toml line .*)$", page, re.MULTILINE)
    wrong = re.sub(r"(?<=min_days_onabotulinumtoxina = \{ value = )98", "80", block)
    path.write_text(wrong, encoding="utf-8")
    assert refusal(path) == error
