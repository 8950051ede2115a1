"""What botulinum toxin was given for: the face's spasm, something else, or not said (clinical_rules.md 2.1, facial
relevance).

In order: a recorded reason that can be placed; the procedure's code; the words of the entry itself; its notes. A coded
reason that is not the face's is something else even when it is on no list: only silence, or words that cannot be
placed, leave room to assume.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from cards.findings.botulinum_products import words
from cards.findings.clinical_text import asserts, fold
from cards.value_sets import value_set
from cds_service.record import CPT, Coding, Concept

Purpose: TypeAlias = Literal["facial", "assumed", "other"]

_FACIAL_NERVE = (CPT, "64612")
_MIGRAINE = (CPT, "64615")  # counts for interval and cumulative dose, never as a treatment of the spasm
_FACIAL_SETS = (
    "hemifacial_spasm",
    "hemifacial_spasm_bilateral",
    "blepharospasm",
    "meige_orofacial_dystonia",
    "post_paralytic_synkinesis",
)
# Not the face's by themselves; as a reason for the toxin they still speak for it, unless their words name another part
# of the body.
_WEAK_SETS = ("facial_twitching_possible", "hemifacial_spasm_legacy", "facial_nerve_disorder")


class Said(NamedTuple):
    """What an entry says of its purpose: its reasons, its own names and dosage texts, the sites, and the notes."""

    reasons: tuple[Concept, ...] = ()
    names: tuple[Concept, ...] = ()
    texts: tuple[str, ...] = ()
    sites: tuple[Concept, ...] = ()
    notes: tuple[str, ...] = ()


def purpose_of(said: Said) -> Purpose:
    """The purpose as far as the record says it; `assumed` where it says nothing that can be placed."""
    placed = [purpose for reason in said.reasons if (purpose := _of_reason(reason))]
    if placed:
        return "facial" if "facial" in placed else "other"
    own = [*(word for concept in (*said.names, *said.sites) for word in concept.words), *said.texts]
    named = _of_code(said.names, own) or _of_words(own) or _of_sites(said.sites)
    return named or _of_words(said.notes, _NOTE_PLACES) or "assumed"


def _of_reason(reason: Concept) -> Purpose | None:
    texts = [fold(word) for word in reason.words]
    if _in_sets(reason, _FACIAL_SETS) or any(words()["facial_reason"].search(text) for text in texts):
        return "facial"
    if any(words()[term].search(text) for text in texts for term in ("other_reason", "other_site")):
        return "other"
    if _in_sets(reason, _WEAK_SETS) or any(words()["facial_site"].search(text) for text in texts):
        return "facial"
    if any(words()["says_no_place"].search(text) for text in texts):
        return None
    return "other" if reason.codings else None


def _in_sets(concept: Concept, names: Iterable[str]) -> bool:
    return any(value_set(name).match(concept) for name in names)


def _of_code(names: tuple[Concept, ...], own: list[str]) -> Purpose | None:
    codes = {(coding.system, coding.code) for name in names for coding in name.codings}
    if _MIGRAINE in codes:
        return "other"
    if _FACIAL_NERVE in codes:  # also billed for wrinkles: then its own words say so
        return "other" if _of_words(own) == "other" else "facial"
    return None


_NOTE_PLACES: tuple[tuple[str, Purpose], ...] = (
    ("facial_reason", "facial"),
    ("other_reason", "other"),
    ("facial_site", "facial"),
)
_PLACES: tuple[tuple[str, Purpose], ...] = (*_NOTE_PLACES, ("other_site", "other"))


def _of_words(texts: Iterable[str], places: tuple[tuple[str, Purpose], ...] = _PLACES) -> Purpose | None:
    folded = [fold(text) for text in texts]
    for term, purpose in places:
        if any(asserts(text, words()[term]) for text in folded):
            return purpose
    return None


def _of_sites(sites: tuple[Concept, ...]) -> Purpose | None:
    return "facial" if any(_is_facial(coding) for site in sites for coding in site.codings) else None


def _is_facial(site: Coding) -> bool:
    if site in value_set("facial_site"):
        return True
    row = value_set("side_left").row(site) or value_set("side_right").row(site)
    return row is not None and "facial" in row["display"].lower()
