"""Everything that came for one patient, decoded and findable: references are resolved here, and dates read."""

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from cds_service.fhir.dates import partial_date
from cds_service.fhir.elements import Resource, concept, each, one, word
from cds_service.record import Concept, PartialDate, Period

_URN: Final = "urn:"
_ID: Final = re.compile(r"[!-~]+")
# Every name under which a release says why: DSTU2, STU3, R4 and R5 differ, and DSTU2 differs between its own resources.
_REASONS: Final = (
    "reasonCode",
    "reason",
    "reasonCodeableConcept",
    "reasonForUseCodeableConcept",
    "reasonGiven",
    "reasonReference",
    "reasonForUseReference",
)


class Entry(NamedTuple):
    """A decoded resource, its type, the key it came under, and its name in the record: `Condition/c1`, or a urn. An id
    that no server could give it is none.
    """

    need: str
    resource: Resource
    kind: str
    reference: str
    full_url: str

    @classmethod
    def of(cls, need: str, resource: Resource, full_url: str = "") -> Self:
        kind, identity = word(resource, "resourceType"), word(resource, "id")
        named = f"{kind}/{identity}" if _ID.fullmatch(identity) else local(full_url)
        return cls(need, resource, kind, named, full_url)


class Reasons(NamedTuple):
    concepts: tuple[Concept, ...]
    references: tuple[str, ...]


def local(reference: str) -> str:
    """A reference as `Type/id`: of an absolute one the last two parts, without its version. A urn and `#id` stay as
    they are.
    """
    reference = reference.strip()
    if reference.startswith((_URN, "#")):
        return reference
    parts = [part for part in reference.partition("/_history/")[0].split("/") if part]
    return "/".join(parts[-2:])


def reference_of(value: Any) -> str:
    """The text of a Reference, of a CodeableReference, or of a mere string; empty where there is none."""
    if isinstance(value, dict) and isinstance(value.get("reference"), dict):
        value = value["reference"]
    return value.strip() if isinstance(value, str) else word(value, "reference")


class Chart:
    def __init__(self, entries: Iterable[Entry], zone: ZoneInfo) -> None:
        self.zone = zone
        self.entries = tuple(entries)
        self._found: dict[str, Entry] = {}
        for entry in self.entries:
            for name in (entry.full_url, entry.reference):
                if name:
                    self._found.setdefault(name, entry)

    def find(self, reference: str) -> Entry | None:
        """The entry that a reference outside of its own resource names."""
        return self._found.get(reference) or self._found.get(local(reference))

    def resolve(self, reference: str, container: Resource) -> Resource | None:
        """The resource that a reference names: contained in the one that refers to it, or anywhere in what came."""
        if reference.startswith("#"):
            name = reference[1:]
            inside = (c for c in each(container, "contained") if isinstance(c, dict))
            return next((c for c in inside if name and word(c, "id").removeprefix("#") == name), None)
        found = self.find(reference)
        return found.resource if found is not None else None

    def name(self, reference: str) -> str:
        """A reference by the name that the record uses for what it means."""
        found = self.find(reference)
        return found.reference if found is not None else local(reference)

    def names(self, element: Any, *names: str) -> tuple[str, ...]:
        return tuple(
            self.name(r) for value in each(element, *names) if (r := reference_of(value)) and not r.startswith("#")
        )

    def date(self, element: Any, *names: str) -> PartialDate | None:
        """The first of these that is a date."""
        return next((d for value in each(element, *names) if (d := partial_date(value, self.zone)) is not None), None)

    def period(self, element: Any, *names: str) -> Period | None:
        """The first of these that is a Period with a readable end."""
        for value in each(element, *names):
            found = Period(self.date(value, "start"), self.date(value, "end"))
            if found.start or found.end:
                return found
        return None

    def moment(self, element: Any, *names: str) -> PartialDate | None:
        """The date under these names, or the beginning (else the end) of the period or timing under them."""
        for value in each(element, *names):
            if (found := partial_date(value, self.zone)) is not None:
                return found
            stretch = self.stretch(value)
            if stretch is not None:
                return stretch.start or stretch.end
        return None

    def stretch(self, value: Any) -> Period | None:
        """The days that a Period, or a Timing by its bounds or events, covers."""
        if not isinstance(value, dict):
            return None
        events = sorted(d for event in each(value, "event") if (d := partial_date(event, self.zone)) is not None)
        if events:
            return Period(events[0], events[-1])
        bounds = self.period(one(value, "repeat"), "boundsPeriod", "bounds")
        return bounds or self.period({"it": value}, "it")

    def reasons(self, resource: Resource) -> Reasons:
        """Why: in words and codes, and by reference.

        A contained or included Condition, which is on no list, lends its own code.
        """
        said: list[Concept] = []
        for value in each(resource, *_REASONS):
            said.append(concept(value))
            if reference := reference_of(value) if isinstance(value, dict) else "":
                said.append(self._code_elsewhere(reference, resource))
        return Reasons(tuple(dict.fromkeys(c for c in said if c)), self._reason_names(resource))

    def _code_elsewhere(self, reference: str, container: Resource) -> Concept:
        found = self.find(reference)
        if found is not None and found.need == "conditions":
            return Concept()
        return concept(one(self.resolve(reference, container), "code"))

    def _reason_names(self, resource: Resource) -> tuple[str, ...]:
        referring = [value for value in each(resource, *_REASONS) if isinstance(value, dict)]
        return self.names({"it": referring}, "it")
