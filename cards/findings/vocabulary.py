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


def first_look(*terms: str) -> re.Pattern[str]:
    """Finds where any of these can be found, several times as fast as `any_of`, for what nearly always isn't there: the
    beginning of a word is asked for once. What exactly is found, `any_of` tells.
    """
    begun = [term.removeprefix(r"\b") for term in terms if term.startswith(r"\b") and "|" not in _outside_groups(term)]
    others = [term for term in terms if not term.startswith(r"\b") or "|" in _outside_groups(term)]
    return any_of(*([rf"\b(?:{any_of(*begun).pattern})"] if begun else ()), *others)


def _outside_groups(term: str) -> str:
    """The expression without what stands in brackets, escaped ones aside."""
    term, inner = re.sub(r"\\.|\[[^]]*\]", "", term), re.compile(r"\([^()]*\)")
    while inner.search(term):
        term = inner.sub("", term)
    return term
