"""Why a caller was not let in. The caller is told nothing (SEC-5); the log and the metric hold the code.

| reason | the token, or what came in its place |
| --- | --- |
| `no-token` | no `Authorization` header, or not of the scheme `Bearer` |
| `malformed` | not one JWT: three base64url parts, the first two JSON objects |
| `too-long` | longer than any honest token |
| `header` | `typ` is not JWT, `kid` is no text or missing, or `crit` asks for what nobody here understands |
| `algorithm` | `alg` is none, symmetric or unknown, or not the one that the key is for |
| `issuer` | `iss` is no client's |
| `jku` | `jku` is not the address pinned for the client (it is never contacted) |
| `keys-unavailable` | the client's keys could not be read even once, so nothing can be checked |
| `key` | the client has no usable key of this `kid` |
| `published-key` | the private half of the key is public, and the client's profile is not `sandbox` |
| `signature` | the signature is not the key's |
| `audience` | `aud` is neither this endpoint under PUBLIC_URL nor one of the client's audiences |
| `times` | `exp` or `iat` is missing, or one of them or `nbf` is no number of seconds |
| `expired` | `exp` is past |
| `not-yet` | `iat` or `nbf` is in the future |
| `lifetime` | `exp` is not after `iat`, or more than an hour after it |
| `tenant` | `tenant` is missing or not one of the client's |
| `subject` | `sub` is missing or not the client's |
| `nonce` | `jti` is missing, empty, too long or not printable |
| `ambiguous` | more than one client's demands are met (an `aud` that lists the audiences of several) |
| `replayed` | this `jti` of this issuer was used before |
"""

from typing import Literal, TypeAlias

Reason: TypeAlias = Literal[
    "no-token", "malformed", "too-long", "header", "algorithm", "issuer", "jku", "keys-unavailable", "key",
    "published-key", "signature", "audience", "times", "expired", "not-yet", "lifetime", "tenant", "subject", "nonce",
    "ambiguous", "replayed",
]  # fmt: skip


class Refused(Exception):  # noqa: N818 – it is what happens to the caller
    """`client` is the name of the one client that the token can be meant for, where that is known."""

    def __init__(self, reason: Reason, client: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.client = client
