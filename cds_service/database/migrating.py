"""Bringing a database to the present schema: by one process at a time, completely or not at all."""

import sqlite3
import threading
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cds_service.database.postgres import PostgresServer
from cds_service.database.schema import REVISION, revision, verdict
from cds_service.database.sqlite import SqliteFile
from cds_service.database.unavailable import DatabaseUnavailable, because

# Alembic keeps what it is doing in its modules.
_ONE_THREAD: Final = threading.Lock()


def migrate(place: SqliteFile | PostgresServer, wait: int) -> bool:
    """True when something had to be done. Raises DatabaseUnavailable."""
    if not _ONE_THREAD.acquire(timeout=wait):
        raise DatabaseUnavailable("it is being migrated")
    try:
        place.make()
        with place.engine(wait, pooled=False).begin() as connection:
            place.lock(connection)
            return _upgrade(connection)
    except (SQLAlchemyError, sqlite3.Error, OSError, CommandError) as error:
        raise DatabaseUnavailable(because(error)) from error
    finally:
        _ONE_THREAD.release()


def _upgrade(connection: Connection) -> bool:
    found = revision(connection)
    if found == REVISION:
        return False
    if found > REVISION:
        raise DatabaseUnavailable(verdict(found))
    config = Config()
    config.set_main_option("script_location", "cds_service.database:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, REVISION)
    return True
