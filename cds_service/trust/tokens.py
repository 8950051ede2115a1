"""Checks a client's JWT, in the order of the conformance list (10.2): first what is cheap and says where to look, then
the signature, and only then what the claims say.

Nothing in a token chooses how it is checked: not `alg` (it must be the key's), not `jku` (it must be the pinned one),
and `jwk`, `x5u` and `x5c` are not looked at. Where several clients have one issuer, each step keeps those whose demands
are met.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import jwt
import msgspec

from cds_service.trust.clients import Client
from cds_service.trust.endpoint import as_endpoint
from cds_service.trust.key_sources import KeySource
from cds_service.trust.keys import ALGORITHMS, Key
from cds_service.trust.refused import Reason, Refused

Clients: TypeAlias = tuple[Client, ...]
Part: TypeAlias = dict[str, Any]

LEEWAY: Final = 30
_LIFETIME: Final = 3600
_LONGEST: Final = 8192
_LONGEST_NONCE: Final = 255
_FORM: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_JWS: Final = jwt.PyJWS(algorithms=sorted(ALGORITHMS))


class Verified(NamedTuple):
    """Whose token it is, and what tells whether it was used before. It passes no more from `expires` on."""

    client: Client
    jti: str
    expires: int


def verify(token: str, endpoint: str, clients: Clients, keys: Mapping[str, KeySource], now: float) -> Verified:
    """Whose token this is. Raises Refused. Whether it was used before is the caller's to ask, last."""
    header, claims = _parts(token)
    _check_header(header)
    left = _keep(clients, "issuer", lambda client: client.issuer == claims.get("iss"))
    left = _keep(left, "jku", lambda client: client.jwks_url in ("", header.get("jku", client.jwks_url)))
    left = _signed(left, token, header, keys)
    left = _keep(left, "audience", lambda client: _is_for(claims.get("aud"), endpoint, client))
    expires = _in_time(claims, now, left)
    left = _keep(left, "tenant", lambda client: not client.tenants or claims.get("tenant") in client.tenants)
    left = _keep(left, "subject", lambda client: not client.subject or claims.get("sub") == client.subject)
    jti = _nonce(claims, left)
    if len(left) > 1:
        raise Refused("ambiguous")
    return Verified(left[0], jti, expires)


def _keep(clients: Clients, reason: Reason, meets: Callable[[Client], bool]) -> Clients:
    kept = tuple(client for client in clients if meets(client))
    if not kept:
        # Before the issuer is known, the token is nobody's in particular.
        raise Refused(reason, "" if reason == "issuer" else _named(clients))
    return kept


def _named(clients: Clients) -> str:
    return clients[0].name if len(clients) == 1 else ""


def _parts(token: str) -> tuple[Part, Part]:
    """Header and claims, of which nothing is believed yet."""
    if len(token) > _LONGEST:
        raise Refused("too-long")
    if not _FORM.fullmatch(token):
        raise Refused("malformed")
    try:
        read = _JWS.decode_complete(token, options={"verify_signature": False})
        claims = msgspec.json.decode(read["payload"])
    except (jwt.DecodeError, ValueError, RecursionError):
        raise Refused("malformed") from None
    except jwt.PyJWTError:
        raise Refused("header") from None
    if not isinstance(claims, dict):
        raise Refused("malformed")
    return read["header"], claims


def _check_header(header: Part) -> None:
    algorithm, kind, kid = (header.get(name) for name in ("alg", "typ", "kid"))
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Refused("algorithm")
    if not isinstance(kind, str) or kind.upper() != "JWT" or not isinstance(kid, str) or not kid or "crit" in header:
        raise Refused("header")


def _signed(clients: Clients, token: str, header: Part, keys: Mapping[str, KeySource]) -> Clients:
    """Those whose key signed it. Clients that share their keys have them tried once."""
    tried = {source: _try(source, token, header) for source in {keys[client.name]: None for client in clients}}
    faults: list[Reason] = []
    kept: list[Client] = []
    for client in clients:
        key = tried[keys[client.name]]
        if isinstance(key, str):
            faults.append(key)
        elif key.published and client.caller.profile != "sandbox":
            faults.append("published-key")
        else:
            kept.append(client)
    if not kept:
        raise Refused(faults[0], _named(clients))
    return tuple(kept)


def _try(source: KeySource, token: str, header: Part) -> Key | Reason:
    """The key that signed the token, or why none did."""
    try:
        found = source.find(header["kid"])
    except Refused as refused:
        return refused.reason
    if not found:
        return "key"
    fitting = [key for key in found if key.algorithm == header["alg"]]
    for key in fitting:
        try:
            _JWS.decode_complete(token, key.jwk, algorithms=[key.algorithm])
        except jwt.PyJWTError:
            continue
        return key
    return "signature" if fitting else "algorithm"


def _is_for(audience: Any, endpoint: str, client: Client) -> bool:
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list):
        return False
    if client.audience:
        return any(name in client.audience for name in named)
    return any(isinstance(name, str) and as_endpoint(name) == endpoint for name in named)


def _in_time(claims: Part, now: float, clients: Clients) -> int:
    """When it expires for good. Leeway is for clocks that differ a little."""
    expires, issued, begins = (_seconds(claims.get(name)) for name in ("exp", "iat", "nbf"))
    reason: Reason | None = None
    if expires is None or issued is None or (begins is None and "nbf" in claims):
        raise Refused("times", _named(clients))
    if now >= expires + LEEWAY:
        reason = "expired"
    elif max(issued, issued if begins is None else begins) > now + LEEWAY:
        reason = "not-yet"
    elif not 0 < expires - issued <= _LIFETIME:
        reason = "lifetime"
    if reason:
        raise Refused(reason, _named(clients))
    return math.ceil(expires) + LEEWAY


def _seconds(value: Any) -> float | None:
    """A NumericDate; no text, no boolean (Python counts with both readily), and nothing beyond what a float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return None
    return value


def _nonce(claims: Part, clients: Clients) -> str:
    jti = claims.get("jti")
    # Printable: what is not (half a surrogate pair, a zero byte) cannot be stored everywhere.
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_NONCE or not jti.isprintable():
        raise Refused("nonce", _named(clients))
    return jti
