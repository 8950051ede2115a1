"""Invented EHRs that sign: their keys, and tokens as right or as wrong as a test wants them."""

import base64
import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

PUBLIC_URL = "https://cds.example.org"
DISCOVERY = f"{PUBLIC_URL}/cds-services"
SERVICE = f"{DISCOVERY}/facial-twitching"
FEEDBACK = f"{SERVICE}/feedback"
MERCY = "https://fhir.mercy.example/r4"
NORTH = "https://fhir.north.example/r4"
PINNED = "https://fhir.pinned.example/r4"
_CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1(), "ES256K": ec.SECP256K1()}


@dataclass(frozen=True)
class Signer:
    """A private key, the id under which its public half is published, and the algorithm that it signs with."""

    kid: str
    algorithm: str
    private: Any

    def jwk(self, **changes: Any) -> dict[str, Any]:
        """The public half as it stands in a JWK Set."""
        method = jwt.get_algorithm_by_name(self.algorithm)
        public = json.loads(method.to_jwk(self.private.public_key()))  # type: ignore[no-untyped-call]
        return without_ellipses({**public, "kid": self.kid, "use": "sig", "alg": self.algorithm, **changes})

    def private_jwk(self) -> dict[str, Any]:
        method = jwt.get_algorithm_by_name(self.algorithm)
        return {**json.loads(method.to_jwk(self.private)), "kid": self.kid}  # type: ignore[no-untyped-call]

    def signature(self, message: bytes) -> bytes:
        return bytes(jwt.get_algorithm_by_name(self.algorithm).sign(message, self.private))

    def token(self, claims: dict[str, Any] | bytes, **header: Any) -> str:
        """`...` takes a member out of the header."""
        said = without_ellipses({"alg": self.algorithm, "typ": "JWT", "kid": self.kid, **header})
        message = signing_input(said, claims)
        return f"{message}.{encoded(self.signature(message.encode()))}"


def without_ellipses(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ...}


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signing_input(header: dict[str, Any], claims: dict[str, Any] | bytes) -> str:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"{encoded(json.dumps(header).encode())}.{encoded(payload)}"


def claims(now: int, **changes: Any) -> dict[str, Any]:
    """What mercy says to the service; `...` takes a claim out."""
    said = {"iss": MERCY, "aud": SERVICE, "exp": now + 300, "iat": now, "jti": str(uuid4())}
    return without_ellipses({**said, **changes})


def key_set(*entries: dict[str, Any]) -> str:
    return json.dumps({"keys": entries})


@cache
def elliptic(kid: str, algorithm: str = "ES384") -> Signer:
    return Signer(kid, algorithm, ec.generate_private_key(_CURVES[algorithm]))


@cache
def rivest(kid: str, algorithm: str = "RS384", bits: int = 2048) -> Signer:
    return Signer(kid, algorithm, rsa.generate_private_key(65537, bits))


@cache
def edwards(kid: str) -> Signer:
    return Signer(kid, "EdDSA", ed25519.Ed25519PrivateKey.generate())
