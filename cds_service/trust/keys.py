"""JSON Web Keys (RFC 7517): which of a set can check a token, and with which algorithm each.

A key is for one algorithm (RFC 8725, 3.1): an elliptic curve fixes it, an RSA key names it (RS384 where it doesn't).
So a token's `alg` chooses nothing; it only has to be the key's. Symmetric and private keys have no place in a set that
others read, and are never used.
"""

from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any, Final, NamedTuple

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_OF_CURVE: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
ALGORITHMS: Final = frozenset({*_OF_CURVE.values(), *_RSA})
# Below is weak; far above, each signature takes long to check.
_RSA_BITS: Final = range(2048, 8192 + 1)
# Keys that anybody can sign with, by their `x`.
_PUBLISHED: Final = {
    int.from_bytes(urlsafe_b64decode(x))
    for x in (
        # The public sandbox's: the private half is in its repository. Then the one that it had before.
        "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
        "QWI9fI8TcNtdikhVs_M1N_Szb7BOj19etvIKfrQMa9k=",
        # The example in the CDS Hooks specification, which prints both halves.
        "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
    )
}


class KeysError(ValueError):
    """What is wrong with a set of keys, as words that continue "the keys …"."""


class Key(NamedTuple):
    """One usable public key. `published`: its private half is known to everybody."""

    kid: str
    algorithm: str
    jwk: jwt.PyJWK
    published: bool


def entries_of(document: bytes) -> list[dict[str, Any]]:
    """The members of a JWK Set, unchecked. Raises KeysError where the document is none."""
    try:
        read = msgspec.json.decode(document)
    except (ValueError, RecursionError):
        raise KeysError("are not JSON") from None
    entries = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(entries, list):
        raise KeysError('are no JWK Set: {"keys": […]}')
    return [entry for entry in entries if isinstance(entry, dict)]


def usable(entries: list[dict[str, Any]]) -> tuple[Key, ...]:
    """Those that can check a signature; the others are passed over."""
    return tuple(key for entry in entries if (key := _read(entry)) is not None)


def read_key_file(path: Path) -> tuple[Key, ...]:
    """Raises KeysError unless the file holds public keys, one of them usable."""
    try:
        entries = entries_of(path.read_bytes())
    except OSError as error:
        raise KeysError(f"cannot be read: {error.strerror}") from None
    if any(_is_secret(entry) for entry in entries):
        raise KeysError("hold a private or symmetric one: ask for the public keys, and have this one changed")
    keys = usable(entries)
    if not keys:
        raise KeysError("hold none that can be used: public, with a `kid`, EC, RSA from 2048 bits or Ed25519")
    return keys


def _is_secret(entry: dict[str, Any]) -> bool:
    return "d" in entry or "k" in entry or entry.get("kty") == "oct"


def _read(entry: dict[str, Any]) -> Key | None:
    kid, algorithm = entry.get("kid"), _algorithm(entry)
    if not isinstance(kid, str) or not kid or algorithm is None or _is_secret(entry) or not _is_for_signatures(entry):
        return None
    try:
        jwk = jwt.PyJWK(entry, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None  # malformed in one of the many ways in which a key can be
    if isinstance(jwk.key, RSAPublicKey) and jwk.key.key_size not in _RSA_BITS:
        return None
    return Key(kid, algorithm, jwk, _is_published(jwk))


def _algorithm(entry: dict[str, Any]) -> str | None:
    named = entry.get("alg")
    if entry.get("kty") == "RSA":
        return "RS384" if named is None else next((known for known in _RSA if known == named), None)
    if entry.get("kty") not in ("EC", "OKP"):
        return None
    fixed = next((algorithm for curve, algorithm in _OF_CURVE.items() if curve == entry.get("crv")), None)
    return fixed if named in (None, fixed) else None


def _is_for_signatures(entry: dict[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _is_published(jwk: jwt.PyJWK) -> bool:
    """By the point itself: the same key can be written with another `kid`, or mirrored."""
    return isinstance(jwk.key, EllipticCurvePublicKey) and jwk.key.public_numbers().x in _PUBLISHED
