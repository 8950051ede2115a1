"""The table of used tokens: a token's first use is the insertion that succeeds."""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, text

from cds_service.database.schema import USED_TOKENS

# One statement, so that of any number of simultaneous uses one inserts. A row that may be forgotten is taken over.
_USE: Final = text("""
    INSERT INTO used_tokens (fingerprint, expires_at) VALUES (:fingerprint, :expires_at)
    ON CONFLICT (fingerprint) DO UPDATE SET expires_at = excluded.expires_at WHERE used_tokens.expires_at < :now
""")
_FORGET: Final = delete(USED_TOKENS).where(
    USED_TOKENS.c.fingerprint.in_(
        select(USED_TOKENS.c.fingerprint)
        .where(USED_TOKENS.c.expires_at < bindparam("now"))
        .order_by(USED_TOKENS.c.expires_at)
        .limit(bindparam("at_most"))
        .with_for_update(skip_locked=True)  # PostgreSQL: leave what another worker is forgetting
    )
)


def use(connection: Connection, fingerprint: bytes, expires_at: int, now: int) -> bool:
    """True the first time."""
    values = {"fingerprint": fingerprint, "expires_at": expires_at, "now": now}
    return connection.execute(_USE, values).rowcount == 1


def forget(connection: Connection, now: int, at_most: int) -> int:
    """Deletes some of the rows that may be forgotten, the oldest first, and says how many."""
    return connection.execute(_FORGET, {"now": now, "at_most": at_most}).rowcount
