"""A token is used once: by whichever worker, before and after a restart, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from cds_service.database import Database, open_database
from cds_service.settings import Settings
from cds_service.trust.replay import StoredReplays
from cds_service.trust.unavailable import ReplaysUnavailable
from tests.databases import empty_database, empty_settings, run_postgres  # noqa: F401
from tests.together import together

EHR = "https://ehr.example.org"
NOW = 1_800_000_000
EXPIRES = NOW + 300


def count_rows(database: Database) -> int:
    with database.begin() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM used_tokens").scalar_one())


def test_a_token_is_used_once(database: Database) -> None:
    replays = StoredReplays(database)
    assert replays.first_use(EHR, "n1", EXPIRES, NOW)
    assert not replays.first_use(EHR, "n1", EXPIRES, NOW)
    assert not replays.first_use(EHR, "n1", EXPIRES, EXPIRES)
    assert replays.first_use(EHR, "n2", EXPIRES, NOW)
    assert replays.first_use("https://other.example.org", "n1", EXPIRES, NOW)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("a:", "b"), ("a", ":b")),
        (("1:a", "b"), ("1", ":ab")),
        (("a", "\x00b"), ("a\x00", "b")),
        (("a", "\ud83d"), ("a", "\ud83e")),  # half a surrogate pair, which JSON can hold
        (("a", "n" * 100_000), ("a", "n" * 100_001)),
    ],
)
def test_different_tokens_are_told_apart(database: Database, one: tuple[str, str], other: tuple[str, str]) -> None:
    replays = StoredReplays(database)
    assert replays.first_use(*one, EXPIRES, NOW)
    assert replays.first_use(*other, EXPIRES, NOW)
    assert not replays.first_use(*one, EXPIRES, NOW)


def test_a_restart_forgets_nothing(settings: Settings, database: Database) -> None:
    assert StoredReplays(database).first_use(EHR, "n1", EXPIRES, NOW)
    database.close()
    restarted = open_database(settings)
    assert not StoredReplays(restarted).first_use(EHR, "n1", EXPIRES, NOW)
    restarted.close()


def use(settings: Settings, jtis: list[str]) -> Callable[[], list[bool]]:
    replays = StoredReplays(open_database(settings))
    return lambda: [replays.first_use(EHR, jti, EXPIRES, NOW) for jti in jtis]


def test_of_twenty_simultaneous_uses_one_is_the_first(settings: Settings, database: Database) -> None:
    database.migrate()
    answers = together(4, 5, partial(use, settings, [f"n{place}" for place in range(10)]))
    assert not [answer for answer in answers if isinstance(answer, str)]
    assert [sum(uses) for uses in zip(*answers, strict=True)] == [1] * 10


def test_a_token_is_remembered_for_some_time_after_it_expired(database: Database) -> None:
    """Checks give some leeway, and clocks differ."""
    replays = StoredReplays(database)
    assert replays.first_use(EHR, "n1", EXPIRES, NOW)
    assert not replays.first_use(EHR, "n1", EXPIRES, EXPIRES + 300)
    assert replays.first_use(EHR, "n1", EXPIRES + 3600, EXPIRES + 3000)
    assert not replays.first_use(EHR, "n1", EXPIRES + 3600, EXPIRES + 3000)


def test_the_table_shrinks_to_the_tokens_that_are_alive(database: Database) -> None:
    before = StoredReplays(database)
    for place in range(250):
        assert before.first_use(EHR, f"old{place}", EXPIRES, NOW)
    assert count_rows(database) == 250
    later, after = NOW + 7200, StoredReplays(database)
    assert after.first_use(EHR, "new", later + 300, later)
    assert count_rows(database) == 51, "a bounded number at a time"
    for place in range(100):
        assert after.first_use(EHR, f"new{place}", later + 300, later)
    assert count_rows(database) == 101
    assert not after.first_use(EHR, "new", later + 300, later)


@pytest.fixture
def locked(settings: Settings, database: Database) -> Iterator[None]:
    """Somebody else holds the table and does not let go."""
    assert database.state() == "ready"
    other = open_database(settings)
    with other.begin() as connection:
        if settings.database_url:
            connection.exec_driver_sql("LOCK TABLE used_tokens IN ACCESS EXCLUSIVE MODE")
        yield
    other.close()


def test_what_cannot_be_known_is_not_guessed(database: Database, request: pytest.FixtureRequest) -> None:
    replays = StoredReplays(database)
    request.getfixturevalue("locked")
    with pytest.raises(ReplaysUnavailable, match="locked"):
        replays.first_use(EHR, "n1", EXPIRES, NOW)


def test_a_use_that_failed_was_none(settings: Settings, database: Database) -> None:
    assert database.state() == "ready"
    replays, other = StoredReplays(database), open_database(settings)
    with other.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE used_tokens RENAME TO gone")
    with pytest.raises(ReplaysUnavailable):
        replays.first_use(EHR, "n1", EXPIRES, NOW)
    with other.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO used_tokens")
    other.close()
    assert replays.first_use(EHR, "n1", EXPIRES, NOW)
