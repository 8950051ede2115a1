"""PostgreSQL: the database that replicas on several machines share."""

from typing import Any, Final, NamedTuple

import psycopg
from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

_SCHEMES: Final = ("postgresql", "postgres", "postgresql+psycopg")
# Any number that all releases of this service agree on.
_MIGRATION_LOCK: Final = 4_826_510_733


def read_url(written: str) -> URL:
    """Raises ValueError, which never shows what was written: it may hold a password."""
    try:
        url = make_url(written)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in _SCHEMES or "@" in (url.host or "") or not url.database:
        raise ValueError(
            "must be a PostgreSQL address such as postgresql://user:password@host:5432/database;"
            " percent-encode the special characters of user and password"
        )
    return url.set(drivername="postgresql+psycopg")


class PostgresServer(NamedTuple):
    url: URL

    def engine(self, wait: int, *, pooled: bool = True) -> Engine:
        defaults: dict[str, Any] = {
            "application_name": "facial-twitching-cds",
            "connect_timeout": wait,
            "tcp_user_timeout": wait * 1000,  # for a server that vanished; statement_timeout is for one that is slow
            "target_session_attrs": "read-write",  # of several hosts, the one that can be written
        }
        arguments = {name: value for name, value in defaults.items() if name not in self.url.query}
        pool: dict[str, Any] = {"poolclass": NullPool}
        if pooled:
            pool = {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 0, "pool_timeout": wait}
        engine = create_engine(
            self.url,
            connect_args={**arguments, "prepare_threshold": None},  # poolers such as PgBouncer may not keep statements
            pool_pre_ping=True,
            hide_parameters=True,
            **pool,
        )

        def set_timeouts(connection: psycopg.Connection, _record: object) -> None:
            # Not as `options` of the connection: poolers refuse these. A lock is given up first: so it is told from
            # slowness.
            connection.execute(f"SET lock_timeout = '{wait}s'; SET statement_timeout = '{wait + 1}s'")
            connection.commit()

        event.listen(engine, "connect", set_timeouts)
        return engine

    def is_missing(self) -> bool:
        """Nobody but the server knows: ask it."""
        return False

    def make(self) -> None:
        """Nothing to do: ops make the database."""

    def lock(self, connection: Connection) -> None:
        """Waits for its turn, holds it to the end of the transaction, and may then take its time."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.execute(text("SET LOCAL statement_timeout = 0"))

    def try_to_write(self, connection: Connection) -> None:
        """Nothing to do: `target_session_attrs` asked for a server that can be written."""
