"""CLIENTS_CONFIG, read and checked at start: every error names its line and what to do."""

import re
from pathlib import Path
from typing import Any

import msgspec

from cds_service.languages import LANGUAGES
from cds_service.toml_lines import line_of, read_toml
from cds_service.trust.clients import Client, Entry, Fault, client_of, confusions, faults_of
from cds_service.trust.door import ClientsError
from cds_service.trust.keys import KeysError


def load_clients(path: Path) -> tuple[Client, ...]:
    """All clients of the file. Raises ClientsError naming every fault."""
    text, tables = _tables(path)
    read = {place: _client(table, path.parent) for place, table in enumerate(tables)}
    clients = {place: said for place, said in read.items() if isinstance(said, Client)}
    faults = [(place, fault) for place, said in read.items() if not isinstance(said, Client) for fault in said]
    faults += confusions(clients)
    if faults:
        lines = sorted((line_of(text, "clients", place, fault.field), fault) for place, fault in faults)
        raise ClientsError("\n".join(f"{path.name} line {line}: `{fault.field}` {fault.text}" for line, fault in lines))
    return tuple(clients.values())


def _tables(path: Path) -> tuple[str, list[Any]]:
    try:
        text, read = read_toml(path)
    except ValueError as error:
        raise ClientsError(str(error)) from None
    tables = read.pop("clients", [])
    if read:
        raise ClientsError(f"{path.name} holds `{next(iter(read))}`: all that it may hold is [[clients]] tables")
    if not isinstance(tables, list) or not tables:
        raise ClientsError(f"{path.name} lists no client: add a [[clients]] table for each EHR that may call")
    return text, tables


def _client(table: Any, folder: Path) -> Client | list[Fault]:
    read = _entry(table)
    if isinstance(read, Fault):
        return [read]
    try:
        return list(faults_of(read)) or client_of(read, folder)
    except KeysError as error:
        return [Fault("jwks_file", f"cannot be used: the keys {error}")]


def _entry(table: Any) -> Entry | Fault:
    if not isinstance(table, dict):
        return Fault("clients", "must be tables: write each client as [[clients]]")
    for field, value in table.items():
        if value in ("", []) or (isinstance(value, list) and "" in value):
            return Fault(field, "is empty: fill it in, or leave it out")
    try:
        return msgspec.convert(table, Entry)
    except msgspec.ValidationError as error:
        return _fault(str(error))


def _fault(said: str) -> Fault:
    """msgspec's words, with the field in front."""
    what, _, where = said.partition(" - at ")
    named = re.match(r"`\$\.(\w+)", where) or re.search(r"field `(.*)`", what)
    field = named[1] if named else "clients"
    if "unknown field" in what:
        return Fault(field, f"is unknown; the fields are {', '.join(Entry.__struct_fields__)}")
    if "missing" in what:
        return Fault(field, "is missing: every client needs one")
    if field == "profile":
        return Fault(field, "must be generic, epic, oracle or sandbox")
    if field == "language":
        return Fault(field, f"must be one of {', '.join(LANGUAGES)}")
    return Fault(field, f"is of the wrong kind: {what[0].lower()}{what[1:]}")
