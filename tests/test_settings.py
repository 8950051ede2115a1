"""Settings come from the environment; a wrong one stops the start and says which, why, and not its value."""

import re
from datetime import date

import pytest
from click.testing import CliRunner

from cds_service.command import main
from cds_service.settings import SettingsError, load_settings
from tests.conftest import REQUESTS


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDS_TODAY", raising=False)
    settings = load_settings()
    assert settings.base_url == "http://localhost:8080"
    assert settings.cors_origins == ("*",)


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PORT": "9000",
        "CDS_TODAY": "2026-06-15",
        "CORS_ORIGINS": "https://a.example, https://b.example",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.base_url == "http://localhost:9000"
    assert settings.today() == date(2026, 6, 15)
    assert settings.cors_origins == ("https://a.example", "https://b.example")


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_TODAY", "")
    assert load_settings().cds_today is None


def test_the_calendar_day_is_the_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between Kiritimati (+14) and Pago Pago (-11) lies always at least a day."""
    monkeypatch.setenv("TIMEZONE", "Pacific/Kiritimati")
    east = load_settings().today()
    monkeypatch.setenv("TIMEZONE", "Pacific/Pago_Pago")
    assert east > load_settings().today()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"), ("PORT", "0"), ("PUBLIC_URL", "cds.example.org"), ("PUBLIC_URL", "ftp://x"), ("PUBLIC_URL", "https://x?secret-value"),
        ("TIMEZONE", "Mars/Olympus"), ("CDS_TODAY", "15.06.2026"), ("PREFETCH", "some"), ("MAX_BODY_MB", "-1"),
        ("WORKERS", "0"),
    ],
)  # fmt: skip
def test_a_wrong_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}: "):
        load_settings()
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 1
    assert name in result.stderr
    assert "secret-value" not in result.stderr


def test_check_lists_the_deck() -> None:
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0, result.output
    assert re.search(r"^mri-workup \d+\.\d+\.\d+: \d+ limits, reviewed \d{4}-\d\d-\d\d$", result.output, re.MULTILINE)


def test_explain_says_why_each_card_fired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_TODAY", "2026-06-15")
    result = CliRunner().invoke(main, ["explain", str(REQUESTS / "sandbox-hfs-right.request.json")])
    assert result.exit_code == 0, result.output
    for card in ("mri-workup", "botulinum-recall", "fasciculation-check"):
        assert f"● {card} " in result.output
    assert "Procedure/pr-64612" in result.output


def test_explain_says_why_nothing_fired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_TODAY", "2026-06-15")
    result = CliRunner().invoke(main, ["explain", str(REQUESTS / "sandbox-no-twitching.request.json")])
    assert result.exit_code == 0, result.output
    assert "Facial twitching: none" in result.output
    assert result.output.count("○") >= 3


def test_explain_says_what_the_service_would_refuse() -> None:
    result = CliRunner().invoke(main, ["explain", str(REQUESTS / "sandbox-without-medication-statements.request.json")])
    assert result.exit_code == 1
    assert "412" in result.stderr
