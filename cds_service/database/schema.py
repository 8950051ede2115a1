"""The tables, and how a database's revision compares with what this release knows."""

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, MetaData, Table, inspect

# The newest file in migrations/versions. Revisions are numbered, so that of two the later is the greater.
REVISION: Final = "0001"

METADATA: Final = MetaData()

# Client tokens that were used: the SHA-256 of issuer and jti, and when (seconds since 1970) it may be forgotten.
USED_TOKENS: Final = Table(
    "used_tokens",
    METADATA,
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)


def revision(connection: Connection) -> str:
    """The database's revision, empty when it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or ""


def verdict(found: str) -> str:
    """What is wrong with a database of this revision, empty when nothing is."""
    if not found:
        return "the schema is missing; run `cds-service migrate`"
    if found < REVISION:
        return f"the schema is {found}, older than this release's {REVISION}; run `cds-service migrate`"
    if found > REVISION:
        return f"the schema is {found}, newer than this release's {REVISION}; run the release that made it"
    return ""
