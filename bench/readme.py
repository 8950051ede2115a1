"""Puts measured figures into the page, between the marks of their table."""

from pathlib import Path
from typing import Final

README: Final = Path(__file__).with_name("README.md")


def put(mark: str, figures: str) -> None:
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before, found, rest = README.read_text().partition(begin)
    assert found, f"{README} has no {begin.strip()}"
    README.write_text(before + begin + figures + end + rest.partition(end)[2])
