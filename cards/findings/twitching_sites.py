"""Which parts of the face an entry speaks of: eyelid, lower face, face (clinical_rules.md 0.2, 0.5 c, 1.1)."""

from cards.findings import twitching_codes as codes
from cards.findings.clinical_text import asserts, mentions
from cards.findings.twitching_terms import SITES, TWITCH
from cds_service.record import SNOMED, Condition


def sites(condition: Condition, words: str) -> set[str]:
    """Any of `eyelid`, `lower`, `face`: by body site, `words` (text, displays), or a note's sentence on twitching."""
    places = [coding for site in condition.body_sites for coding in site.codings if coding.system == SNOMED]
    found = {"eyelid" if c.code in codes.EYELID else "face" for c in places if c.code in codes.FACIAL_SITE}
    notes = [m.clause for note in condition.notes for m in mentions(note, TWITCH) if m.standing == "asserted"]
    texts = [words, *(word for site in condition.body_sites for word in site.words), *notes]
    return found | {name for name, pattern in SITES.items() if any(asserts(text, pattern) for text in texts)}


def is_eyelid_only(found: set[str]) -> bool:
    """The eyelid and nothing of the lower face. "Facial twitching of the left eyelid" is the eyelid's, too [E21]."""
    return "eyelid" in found and "lower" not in found
