"""The client JWT (JWT-*, SEC-*, 10.2): which tokens pass, and at which step the others fall."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_service.trust.clients import Client
from cds_service.trust.clients_file import load_clients
from cds_service.trust.key_sources import KeyServer, KeySource, key_sources
from cds_service.trust.refused import Refused
from cds_service.trust.tokens import Verified, verify
from tests.attacks import ADMITTED, ATTACKS, Token, write_world
from tests.signing import DISCOVERY, FEEDBACK, PINNED, SERVICE, claims, elliptic, key_set

NOW = 1_780_000_000
World = tuple[tuple[Client, ...], Mapping[str, KeySource]]
NO_KEYS: Mapping[str, KeySource] = {}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    clients = load_clients(write_world(tmp_path_factory.mktemp("world")))
    return clients, key_sources(clients, lambda url: key_set(elliptic("pinned-1").jwk()).encode())


def check(world: World, token: str, endpoint: str = SERVICE, now: float = NOW) -> Verified:
    return verify(token, endpoint, *world, now)


@pytest.mark.parametrize("make", ADMITTED.values(), ids=ADMITTED)
def test_what_passes(world: World, make: Token) -> None:
    verified = check(world, make(NOW))
    assert verified.client.name in ("mercy", "north")
    assert verified.expires > NOW


@pytest.mark.parametrize(("make", "reason"), ATTACKS.values(), ids=ATTACKS)
def test_what_falls(world: World, make: Token, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        check(world, make(NOW))
    assert refused.value.reason == reason


def test_the_token_no_longer_passes_when_its_use_may_be_forgotten(world: World) -> None:
    token = ADMITTED["times with a fraction"](NOW)
    expires = check(world, token).expires
    check(world, token, now=expires - 1)
    with pytest.raises(Refused, match="expired"):
        check(world, token, now=expires)


@pytest.mark.parametrize("endpoint", [DISCOVERY, SERVICE, FEEDBACK])
def test_aud_is_the_endpoint_and_no_other(world: World, endpoint: str) -> None:
    for aud in (DISCOVERY, SERVICE, FEEDBACK):
        token = elliptic("mercy-1").token(claims(NOW, aud=aud))
        if aud == endpoint:
            check(world, token, endpoint)
        else:
            with pytest.raises(Refused, match="audience"):
                check(world, token, endpoint)


def test_discovery_may_be_signed_with_a_trailing_slash(world: World) -> None:
    check(world, elliptic("mercy-1").token(claims(NOW, aud=f"{DISCOVERY}/")), DISCOVERY)


def test_a_configured_audience_takes_the_place_of_the_endpoint(world: World) -> None:
    signer = elliptic("pinned-1")
    jku = "https://keys.pinned.example/jwks.json"
    for header in ({}, {"jku": jku}):
        assert (
            check(world, signer.token(claims(NOW, iss=PINNED, aud="configured-by-hand"), **header)).client.name
            == "pinned"
        )
    with pytest.raises(Refused, match="audience"):
        check(world, signer.token(claims(NOW, iss=PINNED, aud=SERVICE)))


def test_a_refusal_names_the_client_where_only_one_can_be_meant(world: World) -> None:
    for row, name in (("exp past", "mercy"), ("tenant wrong", "north"), ("iss unknown", ""), ("garbage", "")):
        with pytest.raises(Refused) as refused:
            check(world, ATTACKS[row][0](NOW))
        assert refused.value.client == name


def test_neither_jku_nor_iss_nor_header_makes_us_ask_anywhere(tmp_path: Path) -> None:
    """Only a token of the pinned client leads to its address, and to no other."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return key_set(elliptic("pinned-1").jwk()).encode()

    clients = load_clients(write_world(tmp_path))
    world = clients, key_sources(clients, fetch)
    for make in [*ADMITTED.values(), *(make for make, _ in ATTACKS.values())]:
        try:
            check(world, make(NOW))
        except Refused:
            continue
    assert asked == []
    for jku in ("https://x.example", "http://169.254.169.254/latest", "file:///etc/passwd", "", 7):
        with pytest.raises(Refused, match="jku"):
            check(world, elliptic("pinned-1").token(claims(NOW, iss=PINNED), jku=jku))
    assert asked == []
    check(world, elliptic("pinned-1").token(claims(NOW, iss=PINNED, aud="configured-by-hand")))
    assert asked == ["https://keys.pinned.example/jwks.json"]


# Clients of one issuer, as Oracle has it.

ORACLE = """
[[clients]]
name = "east"
issuer = "https://one.example"
jwks_file = "keys.json"
tenants = ["east"]

[[clients]]
name = "west"
issuer = "https://one.example"
jwks_file = "keys.json"
tenants = ["west"]
audience = ["by-hand"]

[[clients]]
name = "south"
issuer = "https://one.example"
jwks_file = "keys.json"
tenants = ["south", "far-south"]
subject = "south-id"
"""


@pytest.fixture
def oracle(tmp_path: Path) -> World:
    (tmp_path / "keys.json").write_text(key_set(elliptic("oracle-1").jwk()))
    (tmp_path / "clients.toml").write_text(ORACLE)
    clients = load_clients(tmp_path / "clients.toml")
    return clients, key_sources(clients, lambda url: b"")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"tenant": "east"}, "east"),
        ({"tenant": "west", "aud": "by-hand"}, "west"),
        ({"tenant": "far-south", "sub": "south-id"}, "south"),
    ],
)
def test_one_issuer_for_all_the_token_is_whose_demands_it_meets(oracle: World, said: dict[str, str], name: str) -> None:
    token = elliptic("oracle-1").token(claims(NOW, iss="https://one.example", **said))
    assert check(oracle, token).client.name == name


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"tenant": "west"}, "tenant"),
        ({"tenant": "east", "aud": "by-hand"}, "tenant"),
        ({"tenant": "south", "sub": "other"}, "subject"),
        ({}, "tenant"),
    ],
)
def test_one_issuer_for_all_demands_are_not_mixed(oracle: World, said: dict[str, str], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check(oracle, elliptic("oracle-1").token(claims(NOW, iss="https://one.example", **said)))


def test_a_token_for_two_audiences_at_once_is_nobodys(tmp_path: Path) -> None:
    """The one confusion that only shows when a token comes."""
    (tmp_path / "keys.json").write_text(key_set(elliptic("oracle-1").jwk()))
    table = '[[clients]]\nname = "{0}"\nissuer = "https://one.example"\njwks_file = "keys.json"\naudience = ["{0}"]\n'
    (tmp_path / "clients.toml").write_text(table.format("east") + table.format("west"))
    clients = load_clients(tmp_path / "clients.toml")
    world = clients, key_sources(clients, lambda url: b"")
    with pytest.raises(Refused, match="ambiguous"):
        check(world, elliptic("oracle-1").token(claims(NOW, iss="https://one.example", aud=["east", "west"])))


# Known answers: tokens that others made, with keys whose private halves are public.

# CDS Hooks 2.0.1 and the ballot, "Trusting CDS Clients", the example.
SPECIFICATION = (
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVoci5leGFtcGxlLmNvbS9q"
    "d2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsImF1ZCI6Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1z"
    "ZXJ2aWNlcy9zb21lLXNlcnZpY2UiLCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00NjExLWJh"
    "NWItOGVlYzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMTFhZDMwMmEyIn0.d1WfLjGRKlcWB94l9do4cM8R"
    "EXeYJLL6SGUBO8VHZhfM8mwKYP70EMxJ67War4TQblEpaQrp11wx5p7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-i4awdoUwiEb"
)
SPECIFICATION_KEY = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "example-kid",
    "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
    "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
    "alg": "ES384",
}
# The public sandbox's key (cds-hooks/sandbox, .well-known/jwks.json), and a token that it signed in July 2020.
SANDBOX_KEY = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
    "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
    "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
    "alg": "ES384",
}
SANDBOX = (
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6IjQ0ODIzZjNkLTBiMDEtNGE2Yy1hODBlLWI5ZDNlOGE3MjI2ZiIsImprdSI6Imh0dHBz"
    "Oi8vc2FuZGJveC5jZHMtaG9va3Mub3JnLy53ZWxsLWtub3duL2p3a3MuanNvbiJ9.eyJpc3MiOiJodHRwczovL3NhbmRib3guY2RzLWhvb2tzLm9"
    "yZyIsImF1ZCI6Imh0dHA6Ly8xMjcuMC4wLjE6ODAwMC9jZHMtc2VydmljZXMiLCJleHAiOjE1OTQyMzA5MDAsImlhdCI6MTU5NDIzMDYwMCwianR"
    "pIjoiZWZiMzc3M2QtM2EyOC00M2UyLTlmYmMtYjkzNmE5YWUzODhiIn0.Cbey3n5NkDRoCLHZ2WMFc1z_RY8Rlq5oGxdAYfbrBPMiJXLCwjbYoU0"
    "av2CQj-Olhbnpe7Vs8vzJ5oHP5gc2-0ooc5J49t4Uz9iYKpiM9KLUrqaJe0umc_klM2-ynHAI"
)
SANDBOX_AUD, SANDBOX_SECOND = "http://127.0.0.1:8000/cds-services", 1594230700


def published(tmp_path: Path, issuer: str, key: dict[str, str], profile: str) -> World:
    """A client whose address gives this key: what a file holds is refused at start already."""
    path = tmp_path / "clients.toml"
    url = "https://keys.pinned.example/jwks.json"
    path.write_text(f'[[clients]]\nname = "x"\nissuer = "{issuer}"\njwks_url = "{url}"\nprofile = "{profile}"\n')
    clients = tuple(client._replace(jwks_url="") for client in load_clients(path))
    return clients, {"x": KeyServer(url, lambda _: key_set(key).encode())}


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        # Its signature stands: what refuses it is the clock, and before 2015 its life of three and a half years.
        (NOW, "expired"),
        (1422568860 + 30, "expired"),
        (1422568860, "lifetime"),
        (1311280970 - 31, "not-yet"),
    ],
)
def test_the_specifications_token_verifies_and_is_expired(tmp_path: Path, second: int, reason: str) -> None:
    world = published(tmp_path, "https://fhir-ehr.example.com/", SPECIFICATION_KEY, "sandbox")
    with pytest.raises(Refused) as refused:
        check(world, SPECIFICATION, "https://cds.example.org/cds-services/some-service", second)
    assert refused.value.reason == reason


def test_the_specifications_token_with_a_changed_signature_does_not_verify(tmp_path: Path) -> None:
    world = published(tmp_path, "https://fhir-ehr.example.com/", SPECIFICATION_KEY, "sandbox")
    changed = SPECIFICATION.replace(".d1Wf", ".d1Wg")
    assert changed != SPECIFICATION
    with pytest.raises(Refused, match="signature"):
        check(world, changed, "https://cds.example.org/cds-services/some-service")


def test_the_sandboxs_token_passes_for_a_sandbox_client(tmp_path: Path) -> None:
    world = published(tmp_path, "https://sandbox.cds-hooks.org", SANDBOX_KEY, "sandbox")
    verified = check(world, SANDBOX, SANDBOX_AUD, SANDBOX_SECOND)
    assert not verified.client.caller.may_use_token


@pytest.mark.parametrize(
    "key",
    [
        SANDBOX_KEY,
        {**SANDBOX_KEY, "kid": "another-name"},
        {**SANDBOX_KEY, "x": SANDBOX_KEY["x"] + "="},
    ],
    ids=["as published", "renamed", "spelled otherwise"],
)
@pytest.mark.parametrize("profile", ["generic", "epic", "oracle"])
def test_a_key_that_anybody_has_is_nobodys(tmp_path: Path, key: dict[str, str], profile: str) -> None:
    """Whatever a client's server says: a token that everybody can make proves nothing."""
    (client,), keys = published(tmp_path, "https://fhir.example.org", key, "sandbox")
    caller = client.caller._replace(profile=profile)  # type: ignore[arg-type]
    client = client._replace(caller=caller, issuer="https://sandbox.cds-hooks.org")
    with pytest.raises(Refused) as refused:
        verify(SANDBOX, SANDBOX_AUD, (client,), keys, SANDBOX_SECOND)
    assert refused.value.reason == ("key" if key["kid"] == "another-name" else "published-key")
