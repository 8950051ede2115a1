"""A TOML file read, and where in it something stands: tomllib reads values without their lines, and an error must name
its line.
"""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Statement(NamedTuple):
    """A header or a `key = value`, which may go over several lines."""

    line: int
    text: str
    holds: dict[str, Any]

    @property
    def is_header(self) -> bool:
        return self.text.lstrip().startswith("[")


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """Its text and what it holds. Raises ValueError saying why it cannot be used."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(f"{text}\n")  # so that every fault lies on a line
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name} is not TOML: {error}") from None


def line_at(text: str, path: Sequence[str]) -> int:
    """The line of the value at this path of keys, else of what comes nearest: the table that should hold it. The text
    must be TOML, with no arrays of tables on the way.
    """
    found, reached = 1, 0
    header: tuple[str, ...] = ()
    for statement in _statements(text):
        if statement.is_header:
            header = _keys(statement.holds)
        within = _depth(statement.holds if statement.is_header else _nested(header, statement.holds), path)
        if within > reached:
            found, reached = statement.line, within
    return found


def _keys(holds: dict[str, Any]) -> tuple[str, ...]:
    """`[a.b]` as its keys."""
    keys: list[str] = []
    while isinstance(holds, dict) and holds:
        key, holds = next(iter(holds.items()))
        keys.append(key)
    return tuple(keys)


def _nested(header: Sequence[str], holds: dict[str, Any]) -> dict[str, Any]:
    for key in reversed(header):
        holds = {key: holds}
    return holds


def _depth(holds: Any, path: Sequence[str]) -> int:
    """How many keys of the path lead into this."""
    for depth, key in enumerate(path):
        if not isinstance(holds, dict) or key not in holds:
            return depth
        holds = holds[key]
    return len(path)


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
