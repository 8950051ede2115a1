"""Value sets: one CSV file a set, as a clinician would open it. Columns system,code,display,match; some sets carry
more.

`match` empty: exactly this code; `prefix`: this code and every longer one (ICD codes that are split further in some
years). The files come from the project's terminology by `import_terminology.py`; nothing unverified gets in.
"""

import csv
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from cds_service.record import Coding, Concept

Row = dict[str, str]


class ValueSet:
    """A named set of codes. Membership is by system and code; displays and texts never make a member."""

    def __init__(self, name: str, rows: Iterable[Row]) -> None:
        self.name = name
        self.rows = tuple(rows)
        self._exact = {(row["system"], row["code"]): row for row in reversed(self.rows)}
        self._prefixes = tuple((row["system"], row["code"], row) for row in self.rows if row["match"] == "prefix")

    def row(self, coding: Coding) -> Row | None:
        """The row that holds this coding, or None."""
        found = self._exact.get((coding.system, coding.code))
        if found is None and self._prefixes:
            for system, code, row in self._prefixes:
                if coding.system == system and coding.code.startswith(code):
                    return row
        return found

    def match(self, concept: Concept) -> Row | None:
        """The row of the concept's first coding that is a member, or None."""
        for coding in concept.codings:
            found = self.row(coding)
            if found is not None:
                return found
        return None

    def __contains__(self, coding: Coding) -> bool:
        return self.row(coding) is not None

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@cache
def value_set(name: str) -> ValueSet:
    """The set in `<name>.csv`. Raises FileNotFoundError for a name that has no file."""
    text = (resources.files(__name__) / f"{name}.csv").read_text(encoding="utf-8")
    return ValueSet(name, csv.DictReader(text.splitlines()))
