"""What the gate makes of a code, by the value set that holds it (clinical_rules.md 0.2, 0.5)."""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

from cards.value_sets import ValueSet, value_set
from cds_service.record import Coding

CodeClass = Literal[
    "hemifacial-spasm", "bilateral", "possible", "blepharospasm", "orofacial-dystonia",
    "tic", "functional", "seizure", "tardive", "synkinesis", "unspecific",
]  # fmt: skip
SETS: Final[dict[str, CodeClass]] = {
    "hemifacial_spasm": "hemifacial-spasm",
    "hemifacial_spasm_bilateral": "bilateral",
    "hemifacial_spasm_legacy": "unspecific",
    "facial_twitching_possible": "possible",
    "post_paralytic_synkinesis": "synkinesis",
    "blepharospasm": "blepharospasm",
    "meige_orofacial_dystonia": "orofacial-dystonia",
    "tics": "tic",
    "functional": "functional",
    "focal_motor_seizure": "seizure",
    "tardive_dyskinesia": "tardive",
}
# Where several mimics are coded for one entry, the one that speaks first.
MIMICS: Final[tuple[CodeClass, ...]] = (
    "tardive",
    "blepharospasm",
    "orofacial-dystonia",
    "tic",
    "functional",
    "seizure",
)
_FILE: Final = resources.files(__package__) / "facial_twitching.toml"
_READING: Final[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
NEEDS_FACIAL_SITE: Final = frozenset(_READING["needs_facial_site"])
TIC_LIKE: Final = frozenset(_READING["tic_like"])
UNSPECIFIC: Final = frozenset(_READING["unspecific"])
LEGACY: Final = frozenset(_READING["legacy"])
AFTER_PALSY: Final = frozenset(_READING["after_palsy"])
EYELID: Final = frozenset(_READING["eyelid"])
FACIAL_SITE: Final = frozenset(_READING["facial_site"])
_UNDOTTED: Final = re.compile(r"[A-Z]\d[0-9A-Z][0-9A-Z]+|\d{4,5}")


def normalised(coding: Coding) -> Coding:
    """An ICD code upper-case and with its dot (`g5131` → `G51.31`); the reader does this too."""
    code = coding.code.strip()
    if "/icd-" in coding.system:
        code = code.upper()
        if _UNDOTTED.fullmatch(code):
            code = f"{code[:3]}.{code[3:]}"
    return coding if code == coding.code else coding._replace(code=code)


def code_class(coding: Coding) -> CodeClass | None:
    """The class of a (normalised) coding, or None if the gate makes nothing of it."""
    return _classes().get((coding.system, coding.code))


def is_known(coding: Coding) -> bool:
    """Whether the coding stands in any value set of the service and says something: then the entry's text is not
    searched for terms (clinical_rules.md 0.4, 11.23). Residual classes such as `G51.9` say nothing.
    """
    return coding.code not in UNSPECIFIC and any(coding in codes for codes in _every_set())


@cache
def _classes() -> dict[tuple[str, str], CodeClass]:
    return {(row["system"], row["code"]): kind for name, kind in SETS.items() for row in value_set(name)}


@cache
def _every_set() -> tuple[ValueSet, ...]:
    files = (file.name for file in resources.files("cards.value_sets").iterdir())
    return tuple(value_set(name.removesuffix(".csv")) for name in sorted(files) if name.endswith(".csv"))
