"""The EHRs that may call: what is written of each in CLIENTS_CONFIG, and what is checked before any is believed."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from cds_service.languages import Language
from cds_service.trust.caller import Caller, Profile
from cds_service.trust.keys import Key, KeysError, read_key_file
from cds_service.trust.loopback import is_loopback
from cds_service.trust.servers import read_base

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_RELEASES: Final = ("DSTU2", "STU3", "R4", "R4B", "R5", "1.0.2", "3.0.1", "3.0.2", "4.0.1", "4.3.0", "5.0.0")
_SANDBOX: Final = "https://sandbox.cds-hooks.org"
_ANYBODYS: Final = 'the private half of its key is public: only profile = "sandbox" may have it'


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[clients]]` table, as it is written."""

    name: str
    issuer: str
    jwks_url: str = ""
    jwks_file: str = ""
    audience: tuple[str, ...] = ()
    subject: str = ""
    tenants: tuple[str, ...] = ()
    fhir_servers: tuple[str, ...] = ()
    fhir_version: str = ""
    profile: Profile = "generic"
    language: Language | None = None


class Client(NamedTuple):
    """One EHR: who it is once it is let in, and what its tokens must say. `keys` are those of its `jwks_file`."""

    caller: Caller
    issuer: str
    jwks_url: str = ""
    keys: tuple[Key, ...] = ()
    audience: tuple[str, ...] = ()
    subject: str = ""
    tenants: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.caller.name


class Fault(NamedTuple):
    """What is wrong with a field and what to do, in words that follow the field's name."""

    field: str
    text: str


def faults_of(entry: Entry) -> Iterator[Fault]:
    """What is wrong with this client by itself, but for what its `jwks_file` holds."""
    if not _NAME.fullmatch(entry.name):
        yield Fault("name", "must be 1 to 64 letters, digits, blanks, dots, hyphens or underscores, no sign first")
    if bool(entry.jwks_url) == bool(entry.jwks_file):
        yield Fault("jwks_file", "or `jwks_url` is needed, and not both")
    if entry.jwks_url and (problem := _problem_of(entry.jwks_url)):
        yield Fault("jwks_url", problem)
    for place, server in enumerate(entry.fhir_servers, 1):
        try:
            read_base(server)
        except ValueError as error:
            yield Fault("fhir_servers", f"is wrong: address {place} {error}")
    if entry.fhir_version and entry.fhir_version not in _RELEASES:
        yield Fault("fhir_version", f"must be one of {', '.join(_RELEASES)}")
    for field, address in (("issuer", entry.issuer), ("jwks_url", entry.jwks_url)):
        if entry.profile != "sandbox" and f"{address}/".startswith(f"{_SANDBOX}/"):
            yield Fault(field, f"is the public sandbox's, and {_ANYBODYS}")


def _problem_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "has a host or port that cannot be read"
    if not host or parts.username is not None or parts.fragment or not re.fullmatch(r"[!-~]+", url):
        return "must be a plain URL: no user, fragment or blank"
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return "must begin with https:// (http:// on loopback only), for whoever changes keys on their way may call"
    return ""


def confusions(clients: Mapping[int, Client]) -> Iterator[tuple[int, Fault]]:
    """Clients that cannot be told apart: by name in a log, or because one token could be for both. By their places."""
    for (_, one), (place, other) in combinations(clients.items(), 2):
        if one.name.lower() == other.name.lower():
            yield place, Fault("name", f"{other.name!r} is used twice: logs tell clients apart by it")
        elif one.issuer == other.issuer and not _apart(one, other):
            text = f"is that of {one.name!r} too, and nothing keeps their tokens apart: give both "
            yield place, Fault("issuer", text + "an `audience`, a `subject` or `tenants` that the other has not")


def _apart(one: Client, other: Client) -> bool:
    demands = zip(_demands(one), _demands(other), strict=True)
    return any(mine and theirs and mine.isdisjoint(theirs) for mine, theirs in demands)


def _demands(client: Client) -> tuple[set[str], ...]:
    return set(client.audience), {client.subject} - {""}, set(client.tenants)


def client_of(entry: Entry, folder: Path) -> Client:
    """The client of a faultless entry. Raises KeysError for a `jwks_file` that cannot be used."""
    keys = read_key_file(folder / entry.jwks_file) if entry.jwks_file else ()
    if entry.profile != "sandbox" and any(key.published for key in keys):
        raise KeysError(f"hold one that anybody can sign with; {_ANYBODYS}")
    servers = tuple(map(read_base, entry.fhir_servers))
    caller = Caller(entry.name, entry.profile, servers, entry.fhir_version, entry.language)
    return Client(caller, entry.issuer, entry.jwks_url, keys, entry.audience, entry.subject, entry.tenants)
