"""A draft given back with a note added: everything else stays as it was sent, to the letter.

It is not checked, as other resources that leave are: it is the client's own, and refusing to return what it sent would
help nobody. A draft that was valid is valid with the note; a number keeps the decimals that it was written with.
"""

from typing import Any, Final

import msgspec

_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_NOTHING: Final = (b"null", b'""', b"[]", b"{}")


def amended(draft: msgspec.Raw, note: str, release: str) -> dict[str, Any]:
    """The whole draft, as an update needs it (ACT-3), but for what is null or empty (GEN-3)."""
    members = {name: value for name, value in _members(draft).items() if bytes(value) not in _NOTHING}
    kind = msgspec.json.decode(members["resourceType"])
    if kind == "MedicationOrder":
        return {**members, "note": _one_text(members.get("note"), note)}
    if release == "DSTU2" and kind == "ReferralRequest":
        return {**members, "description": _one_text(members.get("description"), note)}
    name = "notes" if release == "DSTU2" and kind == "ProcedureRequest" else "note"
    return {**members, name: [*_annotations(members.get(name)), {"text": note}]}


def _annotations(written: msgspec.Raw | None) -> list[Any]:
    """Those that there are: in a list or alone; a mere string becomes one."""
    if written is None:
        return []
    notes = _items(written) if bytes(written).startswith(b"[") else [written]
    texts = [{"text": msgspec.json.decode(each)} if bytes(each).startswith(b'"') else each for each in notes]
    return [each for each in texts if isinstance(each, dict) or bytes(each).startswith(b"{")]


def _one_text(written: msgspec.Raw | None, note: str) -> str:
    """Where DSTU2 has room for one string only."""
    before = msgspec.json.decode(written) if written is not None else None
    return f"{before} {note}" if isinstance(before, str) else note
