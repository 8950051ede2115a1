"""Which FHIR servers may be contacted: those that ops listed, whatever a request says (FHIR-12).

A request's `fhirServer` is an attacker's choice until shown otherwise. It is taken apart, brought to one spelling, and
compared part by part; what is contacted is built from the parts that passed, never the text that came.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_PORTS: Final = {"http": 80, "https": 443}
# What no honest FHIR base holds: blanks and controls, a backslash (some parsers read it as a slash), percent-escapes
# (one more spelling of everything), and the parts of a URL that a base doesn't have.
_ODD: Final = re.compile(r"[^!-~]|[\\%?#@<>\"{}|^`]")
# Far beyond any real base: urllib remembers the addresses that it took apart, however long.
_LONGEST: Final = 2_000
_HOST: Final = re.compile(r"(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")


class ServerBase(NamedTuple):
    """A FHIR base URL in its parts: lower-case host without a final dot, the port always named, no final slash."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"

    def holds(self, other: "ServerBase") -> bool:
        """True when the other is this base or below it."""
        below = other.path == self.path or other.path.startswith(f"{self.path}/")
        return other[:3] == self[:3] and below


def read_base(text: str) -> ServerBase:
    """The parts of a base URL. Raises ValueError saying what is wrong with it, without the text itself."""
    if len(text) > _LONGEST:
        raise ValueError("is too long")
    if _ODD.search(text):
        raise ValueError("must be a plain http(s) URL: no user, query, fragment, blank, percent-escape or backslash")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("has a host or port that cannot be read") from None
    if parts.scheme not in _PORTS:
        raise ValueError("must begin with https:// (or http://)")
    host = parts.netloc.lower().removesuffix(f":{port}").removesuffix(":").removesuffix(".")
    if not _HOST.fullmatch(host):
        raise ValueError("names no host")
    segments = [segment for segment in parts.path.split("/") if segment]
    if any(segment in (".", "..") or ";" in segment for segment in segments):
        raise ValueError("has a path with dots or semicolons for segments")
    path = "".join(f"/{segment}" for segment in segments)
    return ServerBase(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)


def permitted(fhir_server: str, listed: Iterable[ServerBase]) -> ServerBase | None:
    """The request's server if it is a listed base or below one, else None."""
    try:
        asked = read_base(fhir_server)
    except ValueError:
        return None
    return asked if any(base.holds(asked) for base in listed) else None
