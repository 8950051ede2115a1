"""What one pass over a prefetch value shows: each resource's kind, and the few words that tell what it is about.

Everything else is skipped unread. This is the road of the 9,999 patients in 10,000 who have no facial twitching, and
it is why a resource is decoded as a whole only when somebody needs it.
"""

from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

# What decoding may raise for any bytes: no JSON, another shape than asked for, no UTF-8, nested too deep.
UNREADABLE: Final = (ValueError, RecursionError)
NULL: Final = msgspec.Raw(b"null")


class Said(msgspec.Struct, gc=False):
    """Any element that says what something is about.

    CodeableConcept, Coding, CodeableReference, Reference and Annotation in one.
    """

    coding: "list[Said | None] | Said | None" = None
    text: str | None = None
    code: str | int | float | None = None
    display: str | None = None
    concept: "Said | None" = None
    reference: "Said | str | None" = None


Says: TypeAlias = list[Said | str | None] | Said | str | None


class Glimpse(msgspec.Struct, gc=False):
    """Enough to tell data from an OperationOutcome. `issue` is the latter's."""

    resourceType: Any = None  # noqa: N815 - FHIR's own name
    issue: Any = None

    @property
    def is_outcome(self) -> bool:
        return bool(self.resourceType == "OperationOutcome")

    @property
    def is_error(self) -> bool:
        """An outcome that doesn't say it is harmless: one whose severity cannot be read is taken for an error."""
        issues = self.issue if isinstance(self.issue, list) else [self.issue]
        severities = [issue.get("severity") if isinstance(issue, dict) else None for issue in issues]
        return not severities or any(s not in ("warning", "information", "success") for s in severities)


class ConditionGlimpse(Glimpse, gc=False):
    """What a condition is called, and where."""

    code: Says = None
    body_site: Says = msgspec.field(name="bodySite", default=None)
    note: Says = None
    notes: Says = None

    def says(self) -> tuple[Says, ...]:
        return self.code, self.body_site, self.note, self.notes


class Contained(msgspec.Struct, gc=False):
    """A resource inside a resource: a reason may be one."""

    code: Says = None


class MedicationGlimpse(Glimpse, gc=False):
    """Why a medicine is taken, under the names of all releases; not which medicine. `code` is a contained or included
    resource's.
    """

    code: Says = None
    reason: Says = None
    reason_code: Says = msgspec.field(name="reasonCode", default=None)
    reason_reference: Says = msgspec.field(name="reasonReference", default=None)
    reason_concept: Says = msgspec.field(name="reasonCodeableConcept", default=None)
    reason_given: Says = msgspec.field(name="reasonGiven", default=None)
    reason_for_use: Says = msgspec.field(name="reasonForUseCodeableConcept", default=None)
    reason_for_use_reference: Says = msgspec.field(name="reasonForUseReference", default=None)
    contained: list[Contained | None] | None = None

    def says(self) -> tuple[Says, ...]:
        newer = (self.code, self.reason, self.reason_code, self.reason_reference)
        older = (self.reason_concept, self.reason_given, self.reason_for_use, self.reason_for_use_reference)
        inner = (c.code for c in self.contained or () if c is not None)
        return *newer, *older, *inner


Kind = TypeVar("Kind", bound=Glimpse)


class Search(msgspec.Struct, gc=False):
    mode: str | None = None


class Entry(msgspec.Struct, Generic[Kind], gc=False):
    resource: Kind | None = None
    search: Search | None = None


class Value(msgspec.Struct, Generic[Kind], gc=False):
    """A prefetch value in the ordinary shape: a Bundle, or a single resource (then only `resourceType` and `issue`
    matter).
    """

    resourceType: Any = None  # noqa: N815
    issue: Any = None
    total: Any = None
    link: Any = None
    entry: list[Entry[Kind] | None] | None = None


class RoughValue(msgspec.Struct, gc=False):
    """The same for values in any other shape: what can be told without assuming anything of the entries."""

    resourceType: Any = None  # noqa: N815
    issue: Any = None
    total: Any = None
    link: Any = None
    entry: msgspec.Raw = NULL


class RoughEntry(msgspec.Struct, gc=False):
    fullUrl: Any = None  # noqa: N815
    resource: msgspec.Raw = NULL
    search: Any = None


class Cut(NamedTuple):
    """One resource of a value, undecoded."""

    full_url: str
    resource: msgspec.Raw
    is_outcome: bool


class Glasses(NamedTuple):
    """The decoders for one kind of glimpse: of a whole value, of one resource."""

    value: msgspec.json.Decoder[Any]
    resource: msgspec.json.Decoder[Any]


def _glasses(kind: type[Glimpse]) -> Glasses:
    return Glasses(msgspec.json.Decoder(Value[kind] | None), msgspec.json.Decoder(kind))  # type: ignore[valid-type]


PLAIN: Final = _glasses(Glimpse)
# Drafts say why they are ordered under the same names as medicines, whatever their kind.
GLASSES: Final = {
    "conditions": _glasses(ConditionGlimpse),
    "medicationStatements": _glasses(MedicationGlimpse),
    "drafts": _glasses(MedicationGlimpse),
}
ROUGH: Final = msgspec.json.Decoder(RoughValue)
_ROUGH_ENTRY: Final = msgspec.json.Decoder(RoughEntry)
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def glimpse(resource: bytes | msgspec.Raw, glasses: Glasses) -> Glimpse | None:
    """What can be seen of one resource: in full, or only its kind, or nothing."""
    for decoder in (glasses.resource, PLAIN.resource):
        try:
            seen: Glimpse = decoder.decode(resource)
        except UNREADABLE:
            continue
        return seen
    return None


def cut(value: bytes | msgspec.Raw) -> list[Cut]:
    """The resources of a Bundle one by one, whatever shape they have.

    Null entries and entries without a resource are left out.
    """
    try:
        entries = ROUGH.decode(value).entry
    except UNREADABLE:
        return []
    if bytes(entries) == b"null":
        return []
    try:
        raws = _RAWS.decode(entries)
    except UNREADABLE:
        raws = [entries]
    return [piece for raw in raws if bytes(raw) != b"null" and (piece := _cut_entry(raw)) is not None]


def _cut_entry(raw: msgspec.Raw) -> Cut | None:
    try:
        entry = _ROUGH_ENTRY.decode(raw)
    except UNREADABLE:
        return Cut("", raw, False)
    if bytes(entry.resource) == b"null":
        return None
    mode = entry.search.get("mode") if isinstance(entry.search, dict) else None
    return Cut(entry.fullUrl if isinstance(entry.fullUrl, str) else "", entry.resource, mode == "outcome")
