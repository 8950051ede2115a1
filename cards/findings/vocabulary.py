"""Words that clinicians write, from the TOML file beside a finding: lists of regular expressions for folded text.

Folded text is what `clinical_text.fold` makes: lower case, no diacritics, single spaces.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> Mapping[str, Any]:
    """The file `cards/findings/<name>.toml` as it stands."""
    return tomllib.loads((resources.files("cards.findings") / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def vocabulary(name: str) -> Mapping[str, re.Pattern[str]]:
    """One pattern for each top-level list of regular expressions in `cards/findings/<name>.toml`."""
    return {key: any_of(*terms) for key, terms in table(name).items() if isinstance(terms, list)}


def any_of(*terms: str) -> re.Pattern[str]:
    """A pattern that finds any of these expressions; one that finds nothing when there are none."""
    return re.compile("|".join(f"(?:{term})" for term in terms) or r"(?!)")
