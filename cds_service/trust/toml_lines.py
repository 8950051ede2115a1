"""Where in a TOML file something stands: tomllib reads values without their lines, and an error must name its line."""

import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple


class Statement(NamedTuple):
    """A header or a `key = value`, which may go over several lines."""

    line: int
    text: str
    holds: dict[str, Any]

    @property
    def is_header(self) -> bool:
        return self.text.lstrip().startswith("[")


def line_of(text: str, array: str, place: int, field: str = "") -> int:
    """The line of a field in the table at `place` (from 0) of an array of tables, else of that table, whether they are
    written as `[[array]]` or inline. The text must be TOML.
    """
    found, seen = 1, -1
    for statement in _statements(text):
        tables = statement.holds.get(array)
        if isinstance(tables, list) and not statement.is_header:
            return statement.line + _lines_before(statement.text, array, place)
        seen += isinstance(tables, list)
        if seen > place:
            break
        if seen == place and isinstance(tables, list):
            found = statement.line
        elif seen == place and field in (tables or statement.holds):
            return statement.line
    return found


def _statements(text: str) -> Iterator[Statement]:
    """Each stands alone as TOML, so it ends where what was gathered first parses."""
    first, gathered = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        gathered += f"{line}\n"
        holds = _parsed(gathered)
        if holds is not None:
            yield Statement(first, gathered, holds)
            first, gathered = number + 1, ""


def _lines_before(statement: str, array: str, place: int) -> int:
    """How many lines of an inline array come before the end of its table at `place`."""
    gathered = ""
    for number, line in enumerate(statement.split("\n")):
        gathered += f"{line}\n"
        holds = _parsed(f"{gathered}]") or _parsed(gathered) or {}
        if len(holds.get(array, ())) > place:
            return number
    return 0


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
