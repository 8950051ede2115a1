"""Why the database cannot be used, in words for ops."""

import sqlite3
from typing import Final


class DatabaseUnavailable(Exception):  # noqa: N818 – it is a state, and passes
    """The database cannot be used now. The message says why, and holds no address, password or data: `/readyz` shows it
    to everybody.
    """


_SQLITE: Final = {
    "SQLITE_BUSY": "the file stays locked by another process",
    "SQLITE_CANTOPEN": "the file cannot be opened; see that DATA_DIR exists and can be written",
    "SQLITE_CORRUPT": "the file is damaged; restore it from a backup",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk cannot be read or written",
    "SQLITE_NOTADB": "the file is no SQLite database",
    "SQLITE_READONLY": "the file or its directory cannot be written",
}
# SQLSTATE, or its class (the first two characters).
_POSTGRES: Final = {
    "08": "the server cannot be reached",
    "25006": "the server is read-only",
    "42501": "the user lacks a privilege",
    "53100": "the server's disk is full",
    "53300": "the server has no connection left",
    "55P03": "what is needed stays locked by another process",
    "57014": "the server takes too long",
    "57P": "the server is stopping or starting",
}
# Before there is a connection, libpq tells causes apart by its wording only.
_CONNECTING: Final = {
    "FATAL": "the server refuses the connection; its log says why",
    "read-only": "the server is read-only",
}


def because(error: Exception) -> str:
    """The reason behind an error of the disk, a driver or SQLAlchemy. The error's own message is not used: a driver's
    may quote a mistyped DATABASE_URL, password included.
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "") or type(cause).__name__
        primary = "_".join(name.split("_")[:2])
        return _SQLITE.get(primary, f"SQLite says {name}")
    if isinstance(cause, OSError):
        return f"DATA_DIR cannot be used: {cause.strerror or type(cause).__name__}"
    state = getattr(cause, "sqlstate", None)
    if state:
        known = (_POSTGRES.get(state[:length]) for length in (5, 3, 2))
        return next((words for words in known if words), f"PostgreSQL says {state}")
    if type(cause).__name__ == "ConnectionTimeout":
        return "the server does not answer"
    if type(cause).__name__ == "OperationalError":
        text = str(cause)
        return next((words for part, words in _CONNECTING.items() if part in text), "the server cannot be reached")
    return f"it fails with {type(cause).__name__}"
