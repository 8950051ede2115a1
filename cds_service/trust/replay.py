"""A token may be used once (JWT-10), whichever worker or replica sees it."""

from contextlib import suppress
from hashlib import sha256
from itertools import count
from typing import Final

from cds_service.database import Database, DatabaseUnavailable
from cds_service.trust.unavailable import ReplaysUnavailable

# Rows outlive their tokens by more than any leeway that a check of `exp` gives and any difference between two clocks.
_KEPT_LONGER: Final = 600
# Every so many uses a worker forgets up to twice as many: the table shrinks to the tokens that are alive.
_FORGETS_EVERY: Final = 100


class StoredReplays:
    """The tokens that were used, in the database: shared by all workers and replicas, and kept over restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._uses = count()

    def first_use(self, issuer: str, jti: str, expires: int, now: int) -> bool:
        """Records the use of a token whose signature has passed; False when it was used before. Raises
        ReplaysUnavailable when that cannot be known.
        """
        from cds_service.database import used_tokens

        try:
            with self._database.begin() as connection:
                first = used_tokens.use(connection, _fingerprint(issuer, jti), expires + _KEPT_LONGER, now)
        except DatabaseUnavailable as error:
            raise ReplaysUnavailable(str(error)) from error
        if next(self._uses) % _FORGETS_EVERY == 0:
            with suppress(DatabaseUnavailable), self._database.begin() as connection:
                used_tokens.forget(connection, now, 2 * _FORGETS_EVERY)
        return first


def _fingerprint(issuer: str, jti: str) -> bytes:
    """Short whatever the client sends. The length keeps issuer and jti apart; JSON may hold half a surrogate pair."""
    return sha256(f"{len(issuer)}:{issuer}{jti}".encode("utf-8", "surrogatepass")).digest()
