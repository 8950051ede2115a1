"""The fast look before the gate: could anything that was written here be about facial movement?

It says no for almost everybody, and never where `facial_twitching.notice` finds something. That it says yes means
nothing yet. `CODES` are the codes of every set that the gate knows, upper-case, with and without their dot; `TEXTS`
finds every term in `fold`ed text.
"""

import re
from collections.abc import Iterable
from typing import Final

from cards.findings.clinical_text import fold
from cards.findings.twitching_codes import SETS
from cards.findings.twitching_terms import ANY_MENTION, LATIN_ROOTS, OTHER_ROOTS
from cards.value_sets import value_set

_DOTTED: Final = frozenset(row["code"].upper() for name in SETS for row in value_set(name))
CODES: Final = _DOTTED | {code.replace(".", "") for code in _DOTTED}
TEXTS: Final[re.Pattern[str]] = ANY_MENTION
# "tic" as a word's beginning; the letters stand in front so that the engine can leap to them.
_TIC: Final = re.compile(r"tic(?<![a-z0-9]tic)")


def mentioned(codes: Iterable[str], texts: Iterable[str]) -> bool:
    """Whether one of these codes (upper-case) or texts may be about facial movement."""
    if not CODES.isdisjoint(codes):
        return True
    plain: list[str] = []
    others: list[str] = []
    for text in texts:
        (plain if text.isascii() else others).append(text)
    return _finds(plain, "\n".join(plain).lower(), LATIN_ROOTS) or _other_mentioned(others)


def _other_mentioned(texts: list[str]) -> bool:
    """Texts with letters beyond ASCII: accents must be folded before anything can be compared."""
    folded = [fold(text) for text in texts]
    return _finds(folded, "\n".join(folded), (*LATIN_ROOTS, *OTHER_ROOTS)) if folded else False


def _finds(texts: list[str], together: str, roots: tuple[str, ...]) -> bool:
    """All texts are looked through at once for runs of letters that every term has; only texts with one are read."""
    present = [root for root in roots if root in together]
    if not present and not _TIC.search(together):
        return False
    return any(TEXTS.search(fold(text)) for text in texts if _has_any(text.lower(), present))


def _has_any(text: str, roots: list[str]) -> bool:
    return any(root in text for root in roots) or _TIC.search(text) is not None
