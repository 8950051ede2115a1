"""Opening the database: late, in the process that uses it, and never for good."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cds_service.database.unavailable import DatabaseUnavailable, because
from cds_service.settings import Settings

if TYPE_CHECKING:  # SQLAlchemy costs a fifth of a second, and a service that opens no database never needs it
    from sqlalchemy import Connection, Engine

    from cds_service.database.postgres import PostgresServer
    from cds_service.database.sqlite import SqliteFile

# How long a caller waits for a connection, a lock or an answer.
_WAIT: Final = 2
# How long a migration that was asked for waits for one that is under way elsewhere.
_MIGRATION_WAIT: Final = 60


def open_database(settings: Settings) -> "Database":
    """The database of these settings. Touches neither disk nor network."""
    return Database(settings)


class Database:
    """Safe to share between threads, and to carry across a fork. Whatever went wrong, the next call tries again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # By process: a connection must not cross a fork. What a child inherits stays here untouched, not even closed.
        self._engines: dict[int, Engine] = {}
        self._prepared = False
        self._broken = ""
        self._try_again_at = 0.0

    @contextmanager
    def begin(self) -> "Iterator[Connection]":
        """A connection in a transaction, committed at the end of the block. Raises DatabaseUnavailable, within seconds.
        The first use in a process brings the schema up to date, unless MIGRATE=off.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            if not self._prepared:
                self._prepare()
            with self._connect() as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            self._prepared = False  # the database may have been replaced: look again
            raise DatabaseUnavailable(because(error)) from error

    def state(self) -> str:
        """`ready`, or what is wrong."""
        from cds_service.database.schema import REVISION, revision, verdict

        try:
            with self.begin() as connection:
                found = revision(connection)
                self._place.try_to_write(connection)
        except DatabaseUnavailable as error:
            return str(error)
        self._prepared = found >= REVISION  # an older one: somebody restored a backup
        return verdict(found) or "ready"

    def migrate(self, wait: int = _MIGRATION_WAIT) -> bool:
        """Brings an empty or older database to the present schema, alone; False when it was there already. Raises
        DatabaseUnavailable, and leaves the database as it was.
        """
        from cds_service.database.migrating import migrate

        return migrate(self._place, wait)

    def close(self) -> None:
        """Ends this process's connections; the next use opens new ones."""
        if engine := self._engines.pop(os.getpid(), None):
            engine.dispose()

    def _prepare(self) -> None:
        from cds_service.database.schema import REVISION, revision, verdict

        found = ""
        if not self._place.is_missing():
            with self._connect() as connection:
                found = revision(connection)
        if found < REVISION:
            if self._settings.migrate == "off":
                raise DatabaseUnavailable(verdict(found))
            self.migrate(_WAIT)
        self._prepared = True

    def _connect(self) -> "Connection":
        """After a failure one caller at a time tries again and the others fail at once: else a server that does not
        answer would soon hold every thread of the worker, those of its health checks too.
        """
        from sqlalchemy.exc import SQLAlchemyError

        if self._broken:
            if time.monotonic() < self._try_again_at:
                raise DatabaseUnavailable(self._broken)
            self._try_again_at = time.monotonic() + _WAIT
        try:
            connection = self._engine.connect()
        except SQLAlchemyError as error:
            self._try_again_at = time.monotonic() + _WAIT
            self._broken = because(error)
            raise
        self._broken = ""
        return connection

    @property
    def _engine(self) -> "Engine":
        engine = self._engines.get(os.getpid())
        return engine or self._engines.setdefault(os.getpid(), self._place.engine(_WAIT))

    @cached_property
    def _place(self) -> "SqliteFile | PostgresServer":
        if self._settings.database_url:
            from cds_service.database.postgres import PostgresServer, read_url

            return PostgresServer(read_url(self._settings.database_url))
        from cds_service.database.sqlite import SqliteFile

        return SqliteFile(Path(self._settings.data_dir).absolute() / "cds.sqlite3")
