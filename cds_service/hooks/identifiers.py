"""Identifiers that callers choose, as far as they may stand in a log: a free text could name a patient."""

import re
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def known_uuid(text: str) -> str:
    """The text if it is a UUID, else a word that says it is none."""
    return text if _UUID.fullmatch(text) else "no-uuid"
