"""The words for facial twitching, its sites and sides, as patterns for folded text; written in `text_terms.toml`."""

import re
import tomllib
from importlib import resources
from typing import Any, Final

from cards.findings.clinical_text import every_language, term_pattern

_FILE: Final = resources.files(__package__) / "text_terms.toml"
_TERMS: Final[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _stems(name: str) -> re.Pattern[str]:
    return term_pattern(every_language(_TERMS[name]))


def _whole_words(name: str) -> re.Pattern[str]:
    return term_pattern(every_language(_TERMS[name]), stem=False)


STRONG: Final = _stems("strong")
WITH_NEURALGIA: Final = _stems("with_neuralgia")
TRIGEMINAL_NEURALGIA: Final = _stems("trigeminal_neuralgia")
WEAK: Final = _stems("weak")
FACIAL_TIC: Final = _stems("facial_tic")
TWITCH: Final = _stems("twitch")
LEGACY_SUPPORT: Final = _stems("legacy_support")
SYNKINESIS: Final = _stems("synkinesis")
AFTER_PALSY: Final = _stems("after_palsy")
MIMICS: Final = {name: term_pattern(every_language(lists)) for name, lists in _TERMS["mimic"].items()}
SITES: Final = {name: term_pattern(every_language(lists), stem=False) for name, lists in _TERMS["site"].items()}
SIDES: Final = {name: term_pattern(every_language(lists), stem=False) for name, lists in _TERMS["side"].items()}
NO_SIDE: Final = _whole_words("side_not")
SIDE_FILLER: Final = _whole_words("side_filler")
EXCLUDED: Final = _whole_words("excluded")
ABBREVIATION: Final = _whole_words("abbreviation")
ABBREVIATION_COMPANY: Final = _whole_words("abbreviation_company")
ABBREVIATION_OTHER_MEANING: Final = _whole_words("abbreviation_other_meaning")
MOVEMENT_OR_FACE: Final = re.compile(
    "|".join(p.pattern for p in (TWITCH, FACIAL_TIC, SYNKINESIS, ABBREVIATION, *MIMICS.values(), *SITES.values()))
)
# What the fast look searches for: every wording that can make or explain a finding, and the runs of letters without
# which there is none.
ANY_MENTION: Final = re.compile(
    "|".join(p.pattern for p in (STRONG, WITH_NEURALGIA, ABBREVIATION, WEAK, FACIAL_TIC, SYNKINESIS, *MIMICS.values()))
)
LATIN_ROOTS: Final[tuple[str, ...]] = tuple(_TERMS["roots"]["latin"])
OTHER_ROOTS: Final[tuple[str, ...]] = tuple(_TERMS["roots"]["other"])
