"""What can be offered to change of a draft: leave it out, or add a note to it."""

import re
from collections.abc import Iterable
from typing import Final

from cds_service.advice import Amendment, Phrase, Removal, Values
from cds_service.record import Drafts

# `Type/id`: what has no id of its own cannot be named in an answer (ACT-4).
_NAMEABLE: Final = re.compile(r"[A-Za-z]+/[^/\s]+")


def removals(references: Iterable[str], drafts: Drafts, values: Values) -> tuple[Removal, ...]:
    """Leaving all of these out; none where one of them cannot be named, or only together with others."""
    named = tuple(dict.fromkeys(references))
    if not all(_can_be_named(reference, drafts) for reference in named):
        return ()
    return tuple(Removal(Phrase("describe/leave-out", values), reference) for reference in named)


def amendments(references: Iterable[str], drafts: Drafts, name: str, values: Values) -> tuple[Amendment, ...]:
    """The note `note/<name>` on each of these that can be named."""
    named = (reference for reference in dict.fromkeys(references) if _can_be_named(reference, drafts))
    return tuple(Amendment(Phrase(f"describe/{name}", values), r, Phrase(f"note/{name}", values)) for r in named)


def _can_be_named(reference: str, drafts: Drafts) -> bool:
    return bool(_NAMEABLE.fullmatch(reference)) and drafts.named_once(reference)
