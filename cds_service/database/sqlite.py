"""SQLite: one file in DATA_DIR, shared by all workers of one machine."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.exc import InvalidatePoolError


class SqliteFile(NamedTuple):
    path: Path

    def engine(self, wait: int, *, pooled: bool = True) -> Engine:
        """Connections to the file as it lies there: none makes it."""

        def connect() -> sqlite3.Connection:
            # Transactions are begun below, not by the driver.
            address = f"file:{quote(str(self.path))}?mode=rw"
            connection = sqlite3.connect(address, uri=True, timeout=wait, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")
            return connection

        pool: dict[str, Any] = {"poolclass": NullPool}
        if pooled:
            pool = {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 0, "pool_timeout": wait}
        engine = create_engine("sqlite://", creator=connect, hide_parameters=True, **pool)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "connect", self._remember_file)
        event.listen(engine, "checkout", self._demand_same_file)
        return engine

    def is_missing(self) -> bool:
        """False when the directory may not even be looked at: opening the file will say so."""
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False
        return False

    def make(self) -> None:
        """The directory and the file, readable by this user only, where they are missing. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            self.path.touch(mode=0o600, exist_ok=False)
        with closing(sqlite3.connect(self.path, timeout=1)) as connection:
            try:
                connection.execute("PRAGMA journal_mode=WAL")  # kept by the file from then on
            except sqlite3.OperationalError as error:
                # Busy: another process is doing just this (SQLite does not always wait for the lock it needs here).
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise

    def lock(self, connection: Connection) -> None:
        """Nothing to do: every transaction holds the file's one lock for writers from its beginning."""

    def try_to_write(self, connection: Connection) -> None:
        """A full disk shows only when something is written."""
        connection.exec_driver_sql("PRAGMA user_version = 0")

    def _remember_file(self, _connection: object, record: Any) -> None:
        record.info["file"] = self._file()

    def _demand_same_file(self, _connection: object, record: Any, _proxy: object) -> None:
        """A connection outlives the removal of its file, and would then write where no other process reads."""
        if record.info["file"] != self._file():
            raise InvalidatePoolError

    def _file(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _begin(connection: Connection) -> None:
    # Waits for the lock. A transaction that begins as a reader could only fail when it turns to writing.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
