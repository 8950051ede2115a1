"""The service's one database, opened late: importing this room imports no SQLAlchemy, and nothing is opened before
somebody asks. SQLite in DATA_DIR, or PostgreSQL by DATABASE_URL.
"""

from cds_service.database.opening import Database, open_database
from cds_service.database.unavailable import DatabaseUnavailable

__all__ = ["Database", "DatabaseUnavailable", "open_database"]
