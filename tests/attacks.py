"""What a token may be (ADMITTED) and must not be (ATTACKS, with the reason that the log gives), one row a notion.

The world: `mercy` publishes keys of every kind in a file; `north` one, and its tokens must name its tenant and client
id; `pinned` has an address for its keys. Each row makes a fresh token for the given second.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from cds_service.trust.refused import Reason
from tests.signing import (
    DISCOVERY,
    FEEDBACK,
    MERCY,
    NORTH,
    PINNED,
    PUBLIC_URL,
    SERVICE,
    Signer,
    claims,
    edwards,
    elliptic,
    encoded,
    key_set,
    rivest,
    signing_input,
)

Token = Callable[[int], str]
# Epic's key ids are base64 with signs that a URL would escape.
EPIC_KID = "3dGvW/k+a%2Fb=="


def ours() -> Signer:
    return elliptic("mercy-1")


def foreign() -> Signer:
    return elliptic("foreign")


def posing(kid: str = "mercy-1") -> Signer:
    """A key of somebody else's under another's name."""
    return Signer(kid, "ES384", foreign().private)


def mercy_keys() -> str:
    plain = rivest("mercy-rsa-plain")
    small = elliptic("mercy-mislabelled", "ES256")
    return key_set(
        *(key.jwk() for key in mercy_signers()),
        plain.jwk(alg=...),
        small.jwk(alg="ES384"),
        elliptic("mercy-encrypts").jwk(use="enc"),
        elliptic("mercy-derives").jwk(key_ops=["deriveKey"], use=...),
        elliptic("mercy-koblitz", "ES256K").jwk(),
        rivest("mercy-weak", "RS384", 1024).jwk(),
        elliptic("mercy-nameless").jwk(kid=...),
        # One id for two keys, of different kinds: the one whose algorithm fits is tried.
        elliptic("mercy-twice").jwk(),
        rivest("mercy-twice").jwk(),
        {"kty": "EC", "kid": "mercy-broken", "crv": "P-384", "x": "AA", "y": "AA", "alg": "ES384"},
    )


def mercy_signers() -> tuple[Signer, ...]:
    """One of every algorithm that a client may ask for."""
    return (
        ours(), elliptic("mercy-256", "ES256"), elliptic("mercy-521", "ES512"), elliptic(EPIC_KID),
        rivest("mercy-rs256", "RS256"), rivest("mercy-rs384"), rivest("mercy-rs512", "RS512"),
        rivest("mercy-ps256", "PS256"), rivest("mercy-ps384", "PS384"), rivest("mercy-ps512", "PS512"),
        edwards("mercy-ed"),
    )  # fmt: skip


def write_world(folder: Path, pinned_url: str = "https://keys.pinned.example/jwks.json") -> Path:
    """CLIENTS_CONFIG and its key files."""
    (folder / "mercy.json").write_text(mercy_keys())
    (folder / "north.json").write_text(key_set(elliptic("north-1").jwk()))
    path = folder / "clients.toml"
    path.write_text(f"""
[[clients]]
name = "mercy"
issuer = "{MERCY}"
jwks_file = "mercy.json"
fhir_servers = ["{MERCY}"]
fhir_version = "R4"

[[clients]]
name = "north"
issuer = "{NORTH}"
jwks_file = "north.json"
tenants = ["north-a", "north-b"]
subject = "our-client-id"

[[clients]]
name = "pinned"
issuer = "{PINNED}"
jwks_url = "{pinned_url}"
audience = ["configured-by-hand"]
""")
    return path


def said(**changes: Any) -> Token:
    return lambda now: ours().token(claims(now, **changes))


def after(**seconds: float) -> Token:
    """Times that lie so many seconds after now."""
    return lambda now: ours().token(claims(now, **{name: now + value for name, value in seconds.items()}))


def headed(**header: Any) -> Token:
    return lambda now: ours().token(claims(now), **header)


def by(signer: Signer, **changes: Any) -> Token:
    return lambda now: signer.token(claims(now, **changes))


def north(**changes: Any) -> Token:
    """Of the client whose tokens must name tenant and client id."""
    return by(elliptic("north-1"), **{"iss": NORTH, "tenant": "north-a", "sub": "our-client-id", **changes})


def unsigned(now: int) -> str:
    return f"{signing_input({'alg': 'none', 'typ': 'JWT', 'kid': 'mercy-1'}, claims(now))}."


def hmac_with_the_public_key(now: int) -> str:
    """The classic: whoever lets the token choose takes the public key for a shared secret."""
    public = ours().private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    message = signing_input({"alg": "HS256", "typ": "JWT", "kid": "mercy-1"}, claims(now))
    return f"{message}.{encoded(hmac.digest(public, message.encode(), hashlib.sha256))}"


def zeros_for_a_signature(now: int) -> str:
    return f"{ours().token(claims(now)).rpartition('.')[0]}.{encoded(bytes(96))}"


def changed_after_signing(now: int) -> str:
    header, _, signature = ours().token(claims(now)).split(".")
    return f"{header}.{encoded(json.dumps(claims(now, exp=now + 600)).encode())}.{signature}"


def raw(text: str) -> Token:
    """A payload as it stands, `NOW` filled in."""
    return lambda now: ours().token(text.replace("NOW", str(now)).encode())


ADMITTED: dict[str, Token] = {
    **{f"algorithm {signer.algorithm} {signer.kid}": by(signer) for signer in mercy_signers()},
    "RSA without alg: RS384": by(rivest("mercy-rsa-plain")),
    "key id used twice, EC": by(elliptic("mercy-twice")),
    "key id used twice, RSA": by(rivest("mercy-twice")),
    "typ in small letters": headed(typ="jwt"),
    "jku with a key file": headed(jku="https://elsewhere.example/jwks.json"),
    "jwk, x5u, x5c not looked at": headed(jwk=foreign().jwk(), x5u="https://elsewhere.example", x5c=["AAAA"]),
    "aud as a list": said(aud=["https://elsewhere.example", SERVICE]),
    "aud with a doubled slash": said(aud=f"{DISCOVERY}//facial-twitching"),
    "times with a fraction": lambda now: ours().token(claims(now, exp=now + 299.5, iat=now - 0.5)),
    "exp just past": after(exp=-20, iat=-300),
    "iat just ahead": after(iat=20, exp=300),
    "Epic's times": after(iat=0, nbf=-300, exp=900),
    "an hour": after(iat=0, exp=3600),
    "claims that are not ours": said(tenant="any", sub="any", extra={"a": [1]}),
    "tenant and subject": north(),
    "another tenant of the client": north(tenant="north-b"),
}

ATTACKS: dict[str, tuple[Token, Reason]] = {
    "no signature": (unsigned, "algorithm"),
    "alg None in capitals": (headed(alg="None"), "algorithm"),
    "HS256 with the public key": (hmac_with_the_public_key, "algorithm"),
    "alg of another family": (headed(alg="RS384"), "algorithm"),
    "alg of another curve": (headed(alg="ES256"), "algorithm"),
    "alg of another hash": (lambda now: rivest("mercy-rs384").token(claims(now), alg="RS512"), "algorithm"),
    "PSS for a PKCS#1 key": (by(Signer("mercy-rs384", "PS384", rivest("mercy-rs384").private)), "algorithm"),
    "RS256 for a key without alg": (
        by(Signer("mercy-rsa-plain", "RS256", rivest("mercy-rsa-plain").private)), "algorithm",
    ),
    "alg missing": (headed(alg=...), "algorithm"),
    "alg a list": (headed(alg=["ES384"]), "algorithm"),
    "alg unknown": (headed(alg="ES999"), "algorithm"),
    "secp256k1": (by(elliptic("mercy-koblitz", "ES256K")), "algorithm"),
    "key whose curve is not its alg's": (by(Signer("mercy-mislabelled", "ES384", foreign().private)), "key"),
    "key for encryption": (by(elliptic("mercy-encrypts")), "key"),
    "key for derivation": (by(elliptic("mercy-derives")), "key"),
    "key of 1024 bits": (by(rivest("mercy-weak", "RS384", 1024)), "key"),
    "key that is broken": (by(posing("mercy-broken")), "key"),
    "kid unknown": (headed(kid="mercy-2"), "key"),
    "kid of another client": (headed(kid="north-1"), "key"),
    "kid that only unescaped is known": (headed(kid="3dGvW/k+a/b=="), "key"),
    "kid missing": (headed(kid=...), "header"),
    "kid empty": (headed(kid=""), "header"),
    "kid a number": (headed(kid=1), "header"),
    "typ missing": (headed(typ=...), "header"),
    "typ of another kind": (headed(typ="at+jwt"), "header"),
    "crit": (headed(crit=["exp"], exp=1), "header"),
    "crit that is understood": (headed(crit=["b64"], b64=True), "header"),
    "b64 false": (headed(b64=False), "malformed"),
    "signed by somebody else": (by(posing()), "signature"),
    "signed by another client": (by(Signer("mercy-1", "ES384", elliptic("north-1").private)), "signature"),
    "another client's issuer": (by(ours(), iss=NORTH), "key"),
    "zeros for a signature": (zeros_for_a_signature, "signature"),
    "changed after signing": (changed_after_signing, "signature"),
    "truncated": (lambda now: ours().token(claims(now))[:-20], "signature"),
    "jwk of the attacker": (lambda now: posing().token(claims(now), jwk=foreign().jwk()), "signature"),
    "jwk of the attacker, and its kid": (lambda now: foreign().token(claims(now), jwk=foreign().jwk()), "key"),
    "iss unknown": (said(iss="https://elsewhere.example"), "issuer"),
    "iss missing": (said(iss=...), "issuer"),
    "iss with a slash more": (said(iss=f"{MERCY}/"), "issuer"),
    "iss a list": (said(iss=[MERCY]), "issuer"),
    "aud missing": (said(aud=...), "audience"),
    "aud of another service": (said(aud="https://elsewhere.example/cds-services/x"), "audience"),
    "aud of discovery": (said(aud=DISCOVERY), "audience"),
    "aud of feedback": (said(aud=FEEDBACK), "audience"),
    "aud the base": (said(aud=PUBLIC_URL), "audience"),
    "aud over plain HTTP": (said(aud=SERVICE.replace("https", "http")), "audience"),
    "aud in capitals": (said(aud=SERVICE.upper()), "audience"),
    "aud with a query": (said(aud=f"{SERVICE}?"), "audience"),
    "aud with a trailing slash": (said(aud=f"{SERVICE}/"), "audience"),
    "aud an empty list": (said(aud=[]), "audience"),
    "aud an object": (said(aud={SERVICE: 1}), "audience"),
    "aud a list of lists": (said(aud=[[SERVICE]]), "audience"),
    "exp past": (after(exp=-31, iat=-300), "expired"),
    "exp missing": (said(exp=...), "times"),
    "exp text": (lambda now: ours().token(claims(now, exp=str(now + 300))), "times"),
    "exp true": (said(exp=True), "times"),
    "exp null": (said(exp=None), "times"),
    "exp huge": (said(exp=10**400), "times"),
    "exp beyond a float": (raw(f'{{"iss":"{MERCY}","aud":"{SERVICE}","iat":NOW,"jti":"a","exp":1e999}}'), "malformed"),
    "exp not a number": (raw(f'{{"iss":"{MERCY}","aud":"{SERVICE}","iat":NOW,"jti":"a","exp":NaN}}'), "malformed"),
    "exp negative": (said(exp=-1), "times"),
    "exp years ahead": (after(exp=10**8), "lifetime"),
    "iat missing": (said(iat=...), "times"),
    "iat ahead": (after(iat=40, exp=300), "not-yet"),
    "iat after exp": (after(iat=20, exp=10), "lifetime"),
    "over an hour": (after(iat=0, exp=3601), "lifetime"),
    "nbf ahead": (after(nbf=40), "not-yet"),
    "nbf text": (said(nbf="soon"), "times"),
    "tenant missing": (north(tenant=...), "tenant"),
    "tenant wrong": (north(tenant="north-c"), "tenant"),
    "tenant a list": (north(tenant=["north-a"]), "tenant"),
    "sub missing": (north(sub=...), "subject"),
    "sub wrong": (north(sub="their-client-id"), "subject"),
    "jti missing": (said(jti=...), "nonce"),
    "jti empty": (said(jti=""), "nonce"),
    "jti a number": (said(jti=7), "nonce"),
    "jti long": (said(jti="j" * 256), "nonce"),
    "jti with a zero byte": (said(jti="a\0b"), "nonce"),
    "jti half a surrogate pair": (said(jti="\ud800"), "malformed"),
    "claims a list": (raw('["a"]'), "malformed"),
    "claims deeply nested": (raw("[" * 3000), "malformed"),
    "claims not JSON": (raw("hello"), "malformed"),
    "garbage": (lambda now: "garbage", "malformed"),
    "three dots": (lambda now: "a.b.c.d", "malformed"),
    "not base64": (lambda now: "!!.!!.!!", "malformed"),
    "two parts": (lambda now: ours().token(claims(now)).rpartition(".")[0], "malformed"),
    "padded": (lambda now: f"{ours().token(claims(now))}=", "malformed"),
    "100 kB": (said(extra="x" * 100_000), "too-long"),
    "jku foreign": (
        lambda now: elliptic("pinned-1").token(claims(now, iss=PINNED, aud="configured-by-hand"), jku="https://x.example"),
        "jku",
    ),
    "jku null": (lambda now: elliptic("pinned-1").token(claims(now, iss=PINNED), jku=None), "jku"),
}  # fmt: skip
