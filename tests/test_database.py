"""One database, opened late, brought up to date by whoever comes first, and usable again once what broke it is gone."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from cds_service.database import Database, DatabaseUnavailable, open_database, opening
from cds_service.settings import Settings, SettingsError, load_settings
from tests.databases import empty_database, empty_settings, run_postgres  # noqa: F401
from tests.postgres import PASSWORD, Postgres
from tests.together import together

ROOT = Path(__file__).parents[1]


def run(script: str, **environment: str) -> list[str]:
    """The lines that a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def ask(database: Database, statement: str) -> list[tuple[object, ...]]:
    with database.begin() as connection:
        result = connection.exec_driver_sql(statement)
        return [tuple(row) for row in result] if result.returns_rows else []


def tables(database: Database) -> set[str]:
    from sqlalchemy import inspect

    with database.begin() as connection:
        return set(inspect(connection).get_table_names())


def sqlite_file(tmp_path: Path, migrate: Literal["on", "off"] = "on") -> tuple[Database, Path]:
    directory = tmp_path / "data"
    return open_database(Settings(data_dir=str(directory), migrate=migrate)), directory / "cds.sqlite3"


# Opening


def test_a_service_that_opens_no_database_does_not_load_one(tmp_path: Path) -> None:
    script = """if True:
        import sys
        from cds_service.database import open_database
        from cds_service.settings import load_settings
        from cds_service.trust.replay import StoredReplays
        StoredReplays(open_database(load_settings()))
        print([name for name in ("sqlalchemy", "alembic", "psycopg") if name in sys.modules])
    """
    assert run(script, DATA_DIR=str(tmp_path / "data")) == ["[]"]
    assert not (tmp_path / "data").exists()


def test_the_first_use_makes_what_is_missing(database: Database) -> None:
    assert database.state() == "ready"
    assert tables(database) == {"alembic_version", "used_tokens"}


def test_the_file_is_for_its_user_only_and_for_many_processes(tmp_path: Path) -> None:
    database, file = sqlite_file(tmp_path / "not" / "yet")
    assert database.state() == "ready"
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ask(database, "PRAGMA journal_mode") == [("wal",)]
    assert ask(database, "PRAGMA synchronous") == [(1,)]
    database.close()


def test_a_directory_may_hold_any_character(tmp_path: Path) -> None:
    database, file = sqlite_file(tmp_path / "50% of? #1 ü")
    assert database.state() == "ready"
    assert file.exists()
    database.close()


def test_a_fork_shares_no_connection(settings: Settings) -> None:
    """As granian's workers do: the parent has used the database before."""
    script = """if True:
        import os
        from cds_service.database import open_database
        from cds_service.settings import load_settings
        from cds_service.trust.replay import StoredReplays

        database = open_database(load_settings())
        replays = StoredReplays(database)

        def use(jti):
            with database.begin() as connection:
                mine = id(connection.connection.dbapi_connection)
            return replays.first_use("https://ehr.example.org", jti, 2_000_000_000, 1_800_000_000), mine

        first, parents = use("n1")
        if os.fork() == 0:
            again, childs = use("n1")
            print(again, use("n2")[0], childs == parents, flush=True)
            os._exit(0)
        os.wait()
        print(first, use("n2")[0], use("n3")[0], use("n3")[1] == parents)
    """
    environment = {"DATA_DIR": settings.data_dir, "DATABASE_URL": settings.database_url}
    assert run(script, **environment) == ["False True False", "True False True True"]


# The schema


def test_migrating_says_whether_there_was_something_to_do(database: Database) -> None:
    assert database.migrate() is True
    assert database.migrate() is False
    assert database.state() == "ready"


def test_migrate_off_leaves_it_to_a_job(settings: Settings, database: Database) -> None:
    from msgspec.structs import replace

    waiting = open_database(replace(settings, migrate="off"))
    for _ in range(2):
        assert waiting.state() == "the schema is missing; run `cds-service migrate`"
    assert not Path(settings.data_dir).exists()
    assert database.migrate() is True
    assert waiting.state() == "ready"
    waiting.close()


def migrate(settings: Settings) -> Callable[[], bool]:
    import cds_service.database.migrating  # noqa: F401 – beforehand, or loading it would space the calls out

    return open_database(settings).migrate


def test_of_simultaneous_migrations_one_does_the_work(settings: Settings, database: Database) -> None:
    assert sorted(together(4, 2, migrate, settings)) == [False] * 7 + [True]
    assert database.state() == "ready"
    if not settings.database_url:
        assert ask(database, "PRAGMA journal_mode") == [("wal",)]


def test_a_migration_waits_for_the_one_that_is_under_way(settings: Settings, database: Database) -> None:
    other = open_database(settings)
    with other.begin() as connection:
        other._place.lock(connection)
        with pytest.raises(DatabaseUnavailable, match="locked"):
            database.migrate(wait=1)
    other.close()
    assert database.migrate() is False


def test_a_newer_schema_is_said_and_left_alone(settings: Settings, database: Database) -> None:
    """Old workers go on while a new release moves in."""
    database.migrate()
    ask(database, "UPDATE alembic_version SET version_num = '0999'")
    for process in (database, open_database(settings)):
        assert process.state().startswith("the schema is 0999, newer than this release's")
        with pytest.raises(DatabaseUnavailable, match="newer"):
            process.migrate()
        assert ask(process, "SELECT count(*) FROM used_tokens") == [(0,)]
        process.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(settings: Settings, database: Database) -> None:
    """A table of that name is in the way. Once it is gone, the service needs no restart."""
    database.migrate()
    other = open_database(settings)
    assert other.state() == "ready"
    ask(other, "DROP TABLE alembic_version")
    for _ in range(2):
        assert database.state().startswith(("SQLite says SQLITE_ERROR", "PostgreSQL says 42P07"))
        assert tables(other) == {"used_tokens"}, "nothing was added"
    ask(other, "DROP TABLE used_tokens")
    other.close()
    assert database.state() == "ready"


def test_an_old_backup_that_is_restored_is_brought_up_to_date(database: Database) -> None:
    assert database.state() == "ready"
    for table in ("used_tokens", "alembic_version"):
        ask(database, f"DROP TABLE {table}")
    assert database.state() == "the schema is missing; run `cds-service migrate`"
    assert database.state() == "ready"


def test_a_revision_that_nobody_knows_stops_a_migration(database: Database) -> None:
    database.migrate()
    ask(database, "UPDATE alembic_version SET version_num = '0000'")
    assert database.state() == "the schema is 0000, older than this release's 0001; run `cds-service migrate`"
    with pytest.raises(DatabaseUnavailable, match="CommandError"):
        database.migrate()


def test_the_migrations_make_what_the_code_expects(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from cds_service.database.schema import METADATA

    database.migrate()
    with database.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_the_revision_is_that_of_the_newest_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from cds_service.database.schema import REVISION

    config = Config()
    config.set_main_option("script_location", "cds_service.database:migrations")
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert [script.revision for script in scripts] == [f"{place:04}" for place in range(len(scripts), 0, -1)]
    assert scripts[0].revision == REVISION


# A SQLite file that cannot be used


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """Root may write anywhere, but nobody makes a directory below a file."""
    database, _ = sqlite_file(tmp_path / "file")
    (tmp_path / "file").write_text("in the way")
    assert database.state() == "DATA_DIR cannot be used: Not a directory"
    (tmp_path / "file").unlink()
    assert database.state() == "ready", "no restart needed"
    database.close()


@pytest.mark.parametrize(
    ("modes", "said"),  # of the file and the directory
    [
        ("600 500", "the file or its directory cannot be written"),
        ("400 700", "the file or its directory cannot be written"),
        ("600 000", "the file cannot be opened"),
        ("000 700", "the file cannot be opened"),
    ],
)
def test_a_directory_or_file_without_the_rights(modes: str, said: str) -> None:
    """Root is bound by no mode, so what runs as root is somebody else for a while."""
    script = """if True:
        import os, tempfile
        from cds_service.database import open_database
        from cds_service.settings import Settings

        with tempfile.TemporaryDirectory() as directory:
            file = f"{directory}/cds.sqlite3"
            database = open_database(Settings(data_dir=directory))
            print(database.state())
            database.close()
            if root := os.geteuid() == 0:
                for path in (directory, file):
                    os.chown(path, 65534, 65534)
                os.seteuid(65534)
            for path, mode in zip((file, directory), os.environ["MODES"].split()):
                os.chmod(path, int(mode, 8))
            print(database.state())
            if root:
                os.seteuid(0)
    """
    before, after = run(script, MODES=modes)
    assert before == "ready"
    assert after.startswith(said)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda file: file.write_text("long enough to have a header " * 100), "is no SQLite database"),
        (lambda file: file.mkdir(), "the file cannot be opened"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_database(tmp_path: Path, wrong: Callable[[Path], None], said: str) -> None:
    database, file = sqlite_file(tmp_path)
    file.parent.mkdir()
    wrong(file)
    assert said in database.state()
    with pytest.raises(DatabaseUnavailable, match=said):
        database.migrate()
    file.rename(tmp_path / "aside")
    opened_again = open_database(Settings(data_dir=str(file.parent)))
    assert opened_again.state() == "ready"
    opened_again.close()


def test_a_file_that_was_moved_away_is_not_written_to(tmp_path: Path) -> None:
    """A connection would outlive it, and the workers would no longer see what each other writes."""
    database, file = sqlite_file(tmp_path, migrate="off")
    database.migrate()
    assert database.state() == "ready"
    file.parent.rename(tmp_path / "aside")
    assert database.state() != "ready"
    (tmp_path / "aside").rename(file.parent)
    wait_until_ready(database)
    database.close()


def test_a_file_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    database, file = sqlite_file(tmp_path)
    ask(database, "INSERT INTO used_tokens VALUES (x'00', 1)")
    file.parent.rename(tmp_path / "aside")
    other, _ = sqlite_file(tmp_path)
    other.migrate()
    assert ask(database, "SELECT * FROM used_tokens") == []
    database.close()


def test_a_full_disk_is_said_and_survived(tmp_path: Path) -> None:
    """The kernel refuses to let the files grow, as it does on a full disk."""
    script = """if True:
        import resource
        from cds_service.database import open_database
        from cds_service.settings import load_settings
        from cds_service.trust.replay import StoredReplays
        from cds_service.trust.unavailable import ReplaysUnavailable

        def use(jti):
            try:
                return replays.first_use("https://ehr.example.org", jti, 2_000_000_000, 1_800_000_000)
            except ReplaysUnavailable as error:
                return error

        database = open_database(load_settings())
        replays = StoredReplays(database)
        print(use("n1"))
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
        print(use("n2"))
        print(database.state())
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        print(use("n1"), use("n2"), database.state())
    """
    fails = "the disk cannot be read or written"
    assert run(script, DATA_DIR=str(tmp_path / "data")) == ["True", fails, fails, "False True ready"]


# A PostgreSQL server that cannot be used


def wait_until_ready(database: Database) -> None:
    """After a failure nobody tries for two seconds."""
    import time

    for _ in range(100):
        if database.state() == "ready":
            break
        time.sleep(0.1)
    assert database.state() == "ready"


def test_a_restart_of_the_server_goes_unnoticed(postgres: Postgres) -> None:
    database = open_database(Settings(database_url=postgres.new_database()))
    assert database.state() == "ready"
    postgres.stop()
    postgres.start()
    assert ask(database, "SELECT count(*) FROM used_tokens") == [(0,)]
    database.close()


def test_a_server_that_is_down_is_asked_by_one_caller_at_a_time(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(opening, "time", SimpleNamespace(monotonic=lambda: clock.now))
    database = open_database(Settings(database_url=postgres.new_database()))
    assert database.state() == "ready"
    postgres.stop()
    try:
        assert database.state() == "the server cannot be reached"
    finally:
        postgres.start()
    assert database.state() == "the server cannot be reached", "not asked again yet"
    clock.now += 10
    assert database.state() == "ready"
    database.close()


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://tester:{PASSWORD}@127.0.0.1:{silent.getsockname()[1]}/cds"
        assert open_database(Settings(database_url=address)).state() == "the server does not answer"


@pytest.mark.parametrize("wrong", ["password", "database"])
def test_a_server_that_refuses(postgres: Postgres, wrong: str) -> None:
    address = postgres.address("postgres", "secret-but-wrong") if wrong == "password" else postgres.address("nowhere")
    state = open_database(Settings(database_url=address)).state()
    assert state == "the server refuses the connection; its log says why"


def test_a_server_that_cannot_be_written(postgres: Postgres) -> None:
    address = postgres.new_database()
    database = open_database(Settings(database_url=address))
    assert database.state() == "ready"
    database.close()
    postgres.tell(f"ALTER DATABASE {address.rpartition('/')[2]} SET default_transaction_read_only = on")
    assert database.state() == "the server is read-only"


def test_a_user_who_may_not_make_tables(postgres: Postgres) -> None:
    address = postgres.new_database()
    name = address.rpartition("/")[2]
    postgres.tell(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    database = open_database(Settings(database_url=address.replace("tester", name)))
    assert database.state() == "the user lacks a privilege"
    database.close()


# DATABASE_URL


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:p@db.example.org:5432/cds",
        "postgres://u@db.example.org/cds?sslmode=verify-full",
        "postgresql+psycopg://u:p%40ss@/cds?host=a.example.org:5432&host=b.example.org:5432",
        "postgresql:///cds?host=/run/postgresql",
    ],
)
def test_addresses_of_postgresql_are_taken(address: str) -> None:
    assert load_settings({"DATABASE_URL": address}).database_url == address


@pytest.mark.parametrize(
    "address",
    [
        "secret",
        "mysql://u:secret@h/cds",
        "sqlite:///secret",
        "postgresql+asyncpg://u:secret@h/cds",
        "postgresql://u:secret:5432/cds",
        "postgresql://u:p@secret@h/cds",
        "postgresql://u:p@h:secret/cds",
        "postgresql://u:secret@h",
    ],
)
def test_other_addresses_stop_the_start_and_are_not_shown(address: str) -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: must be a PostgreSQL address") as raised:
        load_settings({"DATABASE_URL": address})
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None
