"""The parts that every proposed resource is made of: references, codings, periods, words. All valid or absent.

FHIR's rules for leaves, the same in every release: nothing is empty; a code has no space at its ends; a string
holds more than spaces and no control characters; a reference has no spaces. Whatever cannot be made valid is left
out (`present` drops it).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

import msgspec

from cds_service.advice import OrderProposal, Phrase
from cds_service.record import CPT, Coding

Json: TypeAlias = dict[str, Any]

_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_URI: Final = re.compile(rf"\s|{_UNWRITABLE.pattern}")
_HOLDABLE: Final = rf"(?!.*{_UNWRITABLE.pattern})"
_CODE: Final = re.compile(rf"{_HOLDABLE}\S+(?: \S+)*")
_URI: Final = re.compile(rf"{_HOLDABLE}\S+")
_REFERENCE: Final = re.compile(rf"{_HOLDABLE}(?:https?://\S+/)?(?P<type>[A-Z][A-Za-z]+)/[^\s/]+(?:/_history/[^\s/]+)?")


class About(NamedTuple):
    """The call that a proposal answers. `user` is a reference (`Practitioner/x`), it and `encounter_id` may be empty.

    `text` gives the plain words of a phrase, one line, nothing escaped; `drafts` are what is being signed or booked, as
    it was sent, by reference.
    """

    patient_id: str
    encounter_id: str
    user: str
    today: date
    text: Callable[[Phrase], str]
    drafts: Mapping[str, msgspec.Raw] = MappingProxyType({})

    @property
    def patient(self) -> Json:
        return reference("Patient", self.patient_id)

    @property
    def encounter(self) -> Json:
        return reference("Encounter", self.encounter_id)

    def user_as(self, *types: str) -> Json:
        """The user's reference, if the element may name one of that type."""
        found = _REFERENCE.fullmatch(self.user)
        return {"reference": self.user} if found and found["type"] in types else {}


def present(elements: Mapping[str, Any]) -> Json:
    """The elements that hold something: FHIR knows no empty string, list or object."""
    return {name: value for name, value in elements.items() if value}


def reference(kind: str, logical_id: str) -> Json:
    """To an id as the caller gave it, even one that FHIR would not allow; only what no URI holds is percent-encoded."""
    encoded = _NOT_IN_URI.sub(lambda found: quote(found[0], errors="replace"), logical_id)
    return {"reference": f"{kind}/{encoded}"} if encoded else {}


def references(given: Iterable[str], *types: str) -> list[Json]:
    """Those of these references that a server could resolve, of the types named (none named: any).

    A contained (`#x`) or a Bundle's own (`urn:uuid:…`) reference means nothing outside its document, so it is left out.
    """
    found = ((_REFERENCE.fullmatch(r), r) for r in dict.fromkeys(given))
    return [{"reference": r} for match, r in found if match and (not types or match["type"] in types)]


def references_besides(given: Iterable[str], *types: str) -> list[Json]:
    """The resolvable references that `references` with these types leaves out."""
    given = tuple(given)
    fitting = references(given, *types)
    return [r for r in references(given) if r not in fitting]


def string(words: str) -> str:
    return _UNWRITABLE.sub(" ", words).strip()


def codings(given: Iterable[Coding]) -> list[Json]:
    """CPT goes out without a display: its descriptors are licensed (terminology.yaml, licence_note)."""
    return [
        present({"system": c.system, "code": c.code, "display": "" if c.system == CPT else string(c.display)})
        for c in given
        if _URI.fullmatch(c.system) and _CODE.fullmatch(c.code)
    ]


def concept(given: Iterable[Coding] = (), text: str = "") -> Json:
    return present({"coding": codings(given), "text": string(text)})


def ordered(proposal: OrderProposal, about: About) -> Json:
    """What an order is for; never without a text, because some releases require this concept."""
    return concept(proposal.codes, about.text(proposal.title)) or concept(text=category_words(proposal))


def category_words(proposal: OrderProposal) -> str:
    """The category as text: no code for it is among those that may be emitted (terminology.yaml, emit_codes)."""
    return proposal.category.capitalize()


def sites(proposal: OrderProposal) -> list[Json]:
    """One concept a coding: site and side (`Facial nerve structure`, `Left`) are no translations of each other."""
    return [concept((coding,)) for coding in proposal.body_site if codings((coding,))]


def notes(proposal: OrderProposal, about: About) -> list[Json]:
    text = string(about.text(proposal.note)) if proposal.note else ""
    return [{"text": text}] if text else []


def period(start: date | None, end: date | None) -> Json:
    """Whole days, inclusive. An end before the start is left out."""
    backwards = start is not None and end is not None and end < start
    return present(
        {"start": start.isoformat() if start else "", "end": end.isoformat() if end and not backwards else ""},
    )


def priority(urgent: bool) -> str:
    return "urgent" if urgent else "routine"
