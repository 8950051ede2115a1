"""A new, empty database of each kind: tests that take `settings` or `database` run on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.database import Database, open_database
from cds_service.settings import Settings
from tests.postgres import Postgres, run_postgres

__all__ = ["empty_database", "empty_settings", "run_postgres"]


@pytest.fixture(name="settings", params=["sqlite", "postgres"])
def empty_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(data_dir=str(tmp_path / "data"))
    server: Postgres = request.getfixturevalue("postgres")
    return Settings(database_url=server.new_database())


@pytest.fixture(name="database")
def empty_database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    yield database
    database.close()
