"""What a prefetch value is: the truth table of conformance PFH-1…11 and EPIC-6 in one function.

Absent and null are different things: the first says nothing, the second says that there is nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias

import msgspec

from cds_service.fhir.glimpse import GLASSES, PLAIN, ROUGH, UNREADABLE, Cut, Glimpse, cut, glimpse
from cds_service.fhir.needs import Need

State: TypeAlias = Literal["absent", "empty", "present", "incomplete", "failed"]


@dataclass(frozen=True)
class Looked:
    """What was found under one key.

    `absent`: nobody said anything. `empty`: there is nothing. `present`: all of it is here. `incomplete`: more exists.
    `failed`: an error, or something else than was asked for; what usable data came with an error is kept.

    `problem` says it to a person, without data. `next_page` is the next page's address as the server gave it.
    `glimpses` has one item for every resource that is not an outcome, None where not even its kind could be seen.
    `pages` are the bytes that all of this came from.
    """

    state: State
    problem: str = ""
    glimpses: tuple[Glimpse | None, ...] = ()
    has_next: bool = False
    next_page: str = ""
    total: int = 0
    pages: tuple[bytes | msgspec.Raw, ...] = ()

    @cached_property
    def cuts(self) -> tuple[Cut, ...]:
        """The resources undecoded, with their addresses: a second pass, made only for who is read in full."""
        return tuple(
            piece
            for page in self.pages
            for piece in _pieces(page)
            if not _is_outcome(piece, glimpse(piece.resource, PLAIN))
        )

    @property
    def decoded(self) -> Iterator[tuple[dict[str, Any], Cut]]:
        """Each resource that can be decoded, beside the piece that it came in."""
        for piece in self.cuts:
            try:
                resource = msgspec.json.decode(piece.resource)
            except UNREADABLE:
                continue
            if isinstance(resource, dict):
                yield resource, piece

    @property
    def resources(self) -> tuple[msgspec.Raw, ...]:
        """Every resource that came, included ones of other types too; no outcomes."""
        return tuple(piece.resource for piece in self.cuts)


ABSENT = Looked("absent", "not provided")
_FAILED_SHAPE = Looked("failed", "not a FHIR resource")


def look(raw: bytes | msgspec.Raw | None, need: Need) -> Looked:
    """The state of one prefetch value (None where the key is absent), and what is in it."""
    if raw is None or not memoryview(raw).nbytes:
        return ABSENT
    glasses = GLASSES.get(need.key, PLAIN)
    try:
        value = glasses.value.decode(raw)
    except UNREADABLE:
        return _look_closely(raw, need)
    if value is None:
        return Looked("empty")
    if value.resourceType != "Bundle":
        return _look_at_one(raw, need)
    outcomes: list[Glimpse | None] = []
    data: list[Glimpse | None] = []
    for entry in value.entry or ():
        if entry is not None and (seen := entry.resource) is not None:
            aside = seen.resourceType == "OperationOutcome" or (
                entry.search is not None and entry.search.mode == "outcome"
            )
            (outcomes if aside else data).append(seen)
    return _judge(raw, need, value, outcomes, data)


MORE: Final = "only the first page was provided"
_ERROR: Final = "the server reported an error"
_OTHER: Final = "another kind of resource than asked for"


def _look_closely(raw: bytes | msgspec.Raw, need: Need) -> Looked:
    """A value that is not in the ordinary shape, entry by entry: one bad resource never hides the others."""
    try:
        value = ROUGH.decode(raw)
    except UNREADABLE:
        return _FAILED_SHAPE
    if value.resourceType != "Bundle":
        return _look_at_one(raw, need)
    glasses = GLASSES.get(need.key, PLAIN)
    seen = [(piece, glimpse(piece.resource, glasses)) for piece in cut(raw)]
    outcomes = [g for piece, g in seen if _is_outcome(piece, g)]
    return _judge(raw, need, value, outcomes, [g for piece, g in seen if not _is_outcome(piece, g)])


def _look_at_one(raw: bytes | msgspec.Raw, need: Need) -> Looked:
    """A single resource, which also may stand where a Bundle was asked for."""
    seen = glimpse(raw, GLASSES.get(need.key, PLAIN))
    if seen is None or not isinstance(seen.resourceType, str) or not seen.resourceType:
        return _FAILED_SHAPE
    if seen.is_outcome:
        return Looked("failed", _ERROR) if seen.is_error else Looked("empty")
    if seen.resourceType not in need.types:
        return Looked("failed", _OTHER)
    return Looked("present", "", (seen,), pages=(raw,))


def _judge(
    raw: bytes | msgspec.Raw,
    need: Need,
    bundle: Any,
    outcomes: Sequence[Glimpse | None],
    data: Sequence[Glimpse | None],
) -> Looked:
    next_page, has_next = _next(bundle.link)
    total = bundle.total if isinstance(bundle.total, int) and not isinstance(bundle.total, bool) else 0
    kinds = {
        seen.resourceType if seen is not None else None
        for seen in data
        if seen is None or isinstance(seen.resourceType, str)
    }
    state: State
    if any(outcome is not None and outcome.is_outcome and outcome.is_error for outcome in outcomes):
        state, problem = "failed", _ERROR
    elif data and not kinds & need.types:
        state, problem = "failed", _OTHER
    elif has_next or total > len(data):
        state, problem = "incomplete", MORE
    else:
        state, problem = ("present" if data else "empty"), ""
    return Looked(state, problem, tuple(data), has_next, next_page, total, (raw,))


def _pieces(page: bytes | msgspec.Raw) -> list[Cut]:
    """The resources of a Bundle, or the one resource that the value is."""
    try:
        is_bundle = ROUGH.decode(page).resourceType == "Bundle"
    except UNREADABLE:
        return []
    return cut(page) if is_bundle else [Cut("", msgspec.Raw(page), False)]


def _is_outcome(piece: Cut, seen: Glimpse | None) -> bool:
    return piece.is_outcome or (seen is not None and seen.is_outcome)


def _next(links: Any) -> tuple[str, bool]:
    """The address of the next page, and whether there is one at all."""
    for link in links if isinstance(links, list) else [links]:
        if isinstance(link, dict) and link.get("relation") == "next":
            url = link.get("url")
            return (url if isinstance(url, str) else ""), True
    return "", False
