"""Reads what users did about cards: the spec's shape, and Epic's `overrideReasons` (EPIC-17). A batch is all or
nothing.
"""

import re
from collections.abc import Container
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from cds_service.hooks.identifiers import known_uuid
from cds_service.hooks.problem import Problem

LONGEST_COMMENT: Final = 16_384
LONGEST_BATCH: Final = 10_000
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:")


class _Reason(msgspec.Struct, gc=False):
    code: str | None = None
    system: str | None = None


class _Override(msgspec.Struct, rename="camel", gc=False):
    reason: _Reason | None = None
    user_comment: str | None = None


class _Accepted(msgspec.Struct, gc=False):
    id: str


class _Item(msgspec.Struct, rename="camel", gc=False):
    card: str
    outcome: str
    outcome_timestamp: str
    accepted_suggestions: list[_Accepted] | None = None
    override_reason: _Override | None = None
    override_reasons: _Override | None = None


class _Body(msgspec.Struct, gc=False):
    feedback: list[_Item]


class FeedbackItem(NamedTuple):
    """One outcome for one card. Reason and comment are empty where the user gave none; a comment may hold anything, so
    it is never logged.
    """

    card: str
    outcome: str
    at: datetime
    accepted: tuple[str, ...] = ()
    reason_code: str = ""
    reason_system: str = ""
    comment: str = ""


_decode = msgspec.json.Decoder(_Body).decode


def read_feedback(body: bytes) -> tuple[FeedbackItem, ...]:
    """The items of a feedback call. Raises Problem (400) naming the first item that is wrong."""
    try:
        items = _decode(body).feedback
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise _wrong(f"The body is not CDS Hooks feedback: {what}.", where.rstrip("`")) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _wrong("The body is not valid JSON (RFC 8259).", "") from None
    if len(items) > LONGEST_BATCH:
        raise _wrong(f"A batch holds at most {LONGEST_BATCH} items.", "feedback")
    return tuple(_item(item, f"feedback[{number}]") for number, item in enumerate(items))


def _item(item: _Item, where: str) -> FeedbackItem:
    if not item.card:
        raise _wrong("card must be the uuid of the card.", f"{where}.card")
    if item.outcome not in ("accepted", "overridden"):
        raise _wrong("outcome must be accepted or overridden.", f"{where}.outcome")
    accepted = tuple(a.id for a in item.accepted_suggestions or ())
    if item.outcome == "accepted" and not accepted:
        raise _wrong("An accepted card names its acceptedSuggestions.", f"{where}.acceptedSuggestions")
    override = item.override_reason or item.override_reasons or _Override()
    comment = override.user_comment or ""
    if len(comment) > LONGEST_COMMENT:
        raise _wrong(f"A comment holds at most {LONGEST_COMMENT} characters.", f"{where}.overrideReason.userComment")
    reason = override.reason or _Reason()
    return FeedbackItem(
        item.card,
        item.outcome,
        _instant(item.outcome_timestamp, where),
        accepted,
        reason.code or "",
        reason.system or "",
        comment,
    )


def _instant(written: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(written.upper()) if _RFC3339.match(written) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _wrong("outcomeTimestamp must be an RFC 3339 timestamp with its offset.", f"{where}.outcomeTimestamp")
    return at


def _wrong(text: str, where: str) -> Problem:
    return Problem(400, "structure", text, (f"Feedback.{where}" if where else "Feedback",))


def as_note(item: FeedbackItem, reasons: Container[str]) -> dict[str, Any]:
    """What may be logged about an item: never the comment, nor any other text that we did not choose ourselves."""
    return {
        "card": known_uuid(item.card),
        "outcome": item.outcome,
        "at": item.at.isoformat(),
        "accepted": len(item.accepted),
        "reason": item.reason_code if not item.reason_code or item.reason_code in reasons else "another",
        "commented": bool(item.comment),
    }
