"""Which server a request may name, and with which token: everything that a URL can be made to look like."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url

from cds_service.hooks.authorization import Authorization, read_authorization
from cds_service.trust.caller import Caller, Profile
from cds_service.trust.grants import ANOTHER_PATIENT, NOT_LISTED, UNUSABLE, Grant, Refusal, granted
from cds_service.trust.servers import permitted, read_base

EHR = "https://ehr.example.org/fhir"
BASES = (
    EHR,
    "https://ehr.example.org:8443/r4",
    "http://127.0.0.1:8080/fhir",
    "https://[2001:db8::1]/fhir",
    "https://whole.example.org",
)
LISTED = tuple(map(read_base, BASES))

PERMITTED = {
    EHR: EHR,
    "https://ehr.example.org/fhir/": EHR,
    "https://ehr.example.org/fhir//": EHR,
    "https://ehr.example.org//fhir": EHR,
    "https://ehr.example.org:443/fhir": EHR,
    "https://ehr.example.org:/fhir": EHR,
    "HTTPS://EHR.Example.ORG/fhir": EHR,
    "https://ehr.example.org./fhir": EHR,
    "https://ehr.example.org.:443/fhir": EHR,
    "https://ehr.example.org/fhir/tenant-1/R4": "https://ehr.example.org/fhir/tenant-1/R4",
    "https://ehr.example.org/fhir/a:b~c": "https://ehr.example.org/fhir/a:b~c",
    "https://ehr.example.org:8443/r4": "https://ehr.example.org:8443/r4",
    "http://127.0.0.1:8080/fhir": "http://127.0.0.1:8080/fhir",
    "https://[2001:DB8::1]:443/fhir": "https://[2001:db8::1]/fhir",
    "https://whole.example.org": "https://whole.example.org",
    "https://whole.example.org/": "https://whole.example.org",
    "https://whole.example.org/any/where": "https://whole.example.org/any/where",
}


@pytest.mark.parametrize("asked", PERMITTED)
def test_a_listed_base_is_known_however_it_is_written(asked: str) -> None:
    found = permitted(asked, LISTED)
    assert found is not None
    assert found.url == PERMITTED[asked]


REFUSED = {
    "another host": "https://evil.test/fhir",
    "the host as a beginning": "https://ehr.example.org.evil.test/fhir",
    "the host as an end": "https://evil-ehr.example.org/fhir",
    "the host as a path": "https://evil.test/ehr.example.org/fhir",
    "a part of the host": "https://example.org/fhir",
    "a part of the path": "https://ehr.example.org/fhirevil",
    "above the path": "https://ehr.example.org/",
    "beside the path": "https://ehr.example.org/other",
    "path in capitals": "https://ehr.example.org/FHIR",
    "http for https": "http://ehr.example.org/fhir",
    "http on https's port": "http://ehr.example.org:443/fhir",
    "https for http": "https://127.0.0.1:8080/fhir",
    "another port": "https://ehr.example.org:8444/fhir",
    "a port of another base": "https://ehr.example.org:8443/fhir",
    "port 0": "https://ehr.example.org:0/fhir",
    "a port too large": "https://ehr.example.org:65979/fhir",
    "a port with a zero before": "https://ehr.example.org:0443/fhir",
    "a port with a sign": "https://ehr.example.org:+443/fhir",
    "a port in other digits": "https://ehr.example.org:４４３/fhir",
    "two ports": "https://ehr.example.org:443:443/fhir",
    "user": "https://ehr.example.org@evil.test/fhir",
    "user at the host": "https://user:secret@ehr.example.org/fhir",
    "empty user": "https://@ehr.example.org/fhir",
    "user behind a port": "https://ehr.example.org:443@evil.test/fhir",
    "user behind a backslash": "https://evil.test\\@ehr.example.org/fhir",
    "backslashes": "https:\\\\ehr.example.org\\fhir",
    "a host behind a backslash": "https://ehr.example.org\\.evil.test/fhir",
    "two final dots": "https://ehr.example.org../fhir",
    "an empty label": "https://ehr..example.org/fhir",
    "dots up": "https://ehr.example.org/fhir/../admin",
    "dots up at the end": "https://ehr.example.org/fhir/..",
    "a dot": "https://ehr.example.org/./fhir",
    "percent-escaped dots": "https://ehr.example.org/fhir/%2e%2e/admin",
    "percent-escaped host": "https://%65hr.example.org/fhir",
    "percent-escaped slash": "https://ehr.example.org%2ffhir",
    "percent-escaped twice": "https://ehr.example.org/fhir/%252e%252e",
    "a semicolon": "https://ehr.example.org/fhir;x",
    "dots up behind a semicolon": "https://ehr.example.org/fhir/..;/admin",
    "a query": "https://ehr.example.org/fhir?x=/fhir",
    "an empty query": "https://ehr.example.org/fhir?",
    "a fragment": "https://ehr.example.org/fhir#x",
    "a host behind a fragment": "https://evil.test#ehr.example.org/fhir",
    "a host behind a query": "https://evil.test?ehr.example.org/fhir",
    "no scheme": "//ehr.example.org/fhir",
    "a path alone": "/fhir",
    "one slash": "https:/ehr.example.org/fhir",
    "no slashes": "https:ehr.example.org/fhir",
    "three slashes": "https:///ehr.example.org/fhir",
    "no host": "https:///fhir",
    "another scheme": "ftp://ehr.example.org/fhir",
    "a file": "file:///fhir",
    "a scheme in a scheme": "javascript:https://ehr.example.org/fhir",
    "blank before": " https://ehr.example.org/fhir",
    "blank behind": "https://ehr.example.org/fhir ",
    "blank in the host": "https://ehr.example.org evil.test/fhir",
    "tab in the host": "https://ehr.example\t.org/fhir",
    "line break": "https://ehr.example.org/fhir\r\nHost: evil.test",
    "line feed in the host": "https://ehr.exam\nple.org/fhir",
    "NUL": "https://ehr.example.org\0.evil.test/fhir",
    "delete": "https://ehr.example.org/fhir\x7f",
    "umlaut": "https://ëhr.example.org/fhir",
    "cyrillic е": "https://еhr.example.org/fhir",
    "punycode of it": "https://xn--hr-8kc.example.org/fhir",
    "fullwidth letters": "https://ｅhr.example.org/fhir",
    "ideographic full stop": "https://ehr。example.org/fhir",
    "a sign that becomes a slash": "https://evil.test℀ehr.example.org/fhir",
    "a sign that becomes a question mark": "https://evil.test？ehr.example.org/fhir",
    "Kelvin sign": "https://ehr.example.org/\u212a",
    "soft hyphen": "https://ehr.exam\u00adple.org/fhir",
    "surrogate": "https://ehr.example.org/fhir\ud800",
    "decimal address": "http://2130706433:8080/fhir",
    "octal address": "http://0177.0.0.1:8080/fhir",
    "hexadecimal address": "http://0x7f.0.0.1:8080/fhir",
    "short address": "http://127.1:8080/fhir",
    "another loopback": "http://127.0.0.2:8080/fhir",
    "name of loopback": "http://localhost:8080/fhir",
    "IPv4 in IPv6": "http://[::ffff:127.0.0.1]:8080/fhir",
    "IPv6 loopback": "http://[::1]:8080/fhir",
    "IPv6 with a zone": "https://[2001:db8::1%25eth0]/fhir",
    "IPv6 written out": "https://[2001:db8:0:0:0:0:0:1]/fhir",
    "IPv6 and more": "https://[2001:db8::1].evil.test/fhir",
    "IPv6 never closed": "https://[2001:db8::1/fhir",
    "no IPv6 at all": "https://[ehr.example.org]/fhir",
    "IP of the future": "https://[v1.ehr]/fhir",
    "very long host": "https://" + "a." * 5_000 + "ehr.example.org/fhir",
    "very long path": EHR + "/a" * 5_000,
}


@pytest.mark.parametrize("asked", REFUSED.values(), ids=REFUSED.keys())
def test_whatever_else_is_refused(asked: str) -> None:
    assert permitted(asked, LISTED) is None
    assert granted(asked, Authorization("secret", "Bearer"), "p1", Caller(servers=LISTED)) == NOT_LISTED


def test_what_is_too_long_is_not_remembered_by_urllib() -> None:
    """It keeps the last addresses that it took apart: long ones would stay in memory for a long time."""
    urlsplit.cache_clear()  # type: ignore[attr-defined]
    assert permitted(EHR + "/a" * 1_000, LISTED) is None
    assert urlsplit.cache_info().currsize == 0  # type: ignore[attr-defined]


def test_nothing_is_permitted_where_nothing_is_listed() -> None:
    assert permitted(EHR, ()) is None
    assert granted(EHR, Authorization(), "p1", Caller()) == NOT_LISTED


PORTS = {"http": 80, "https": 443}
ODDS = [
    *"@:\\/?#;.[]。ßK-_~&=|a℀ \t\0\u00ad",
    "//",
    "..",
    "%2f",
    "%00",
    "\r\n",
    "evil.test",
    "localhost",
    ":80",
    "xn--",
]
PIECES = [
    ["https://", "http://", "HTTPS://", "//"],
    ["ehr.example.org", "EHR.example.org", "whole.example.org", "127.0.0.1", "[2001:db8::1]"],
    ["", "", ":443", ":80", ":8443", ":8080", ":"],
    ["/fhir", "/r4", "/", "", "/fhir/", "/fhir/R4", "//fhir", "/[fhir]"],
]


@st.composite
def urls(draw: st.DrawFn) -> str:
    """Listed bases and their likes, with something odd in one or two places."""
    pieces = [draw(st.sampled_from(choices)) for choices in PIECES]
    for _ in range(draw(st.integers(0, 2))):
        odd = draw(st.sampled_from(ODDS) | st.text(max_size=2))
        pieces.insert(draw(st.integers(0, len(pieces))), odd)
    return "".join(pieces)


@settings(max_examples=500)
@given(urls())
@example("https://ehr.example.org/fhir/[x]")
def test_what_would_be_contacted_is_listed_whoever_reads_the_address(asked: str) -> None:
    found = permitted(asked, LISTED)
    event("permitted" if found else "refused")
    if found is None:
        return
    base = next(base for base in LISTED if base.holds(found))
    address = f"{found.url}/Condition?patient=p1"
    ours, theirs = urlsplit(address), parse_url(address)
    host = base.host.strip("[]")
    assert (ours.scheme, ours.hostname, ours.port or PORTS[ours.scheme]) == (base.scheme, host, base.port)
    assert (ours.username, theirs.auth) == (None, None)
    assert (theirs.scheme, theirs.host, theirs.port or PORTS[ours.scheme]) == base[:3]
    assert (ours.query, theirs.query) == ("patient=p1", "patient=p1")
    # Nor did the request's own spelling mean another host.
    assert (urlsplit(asked).hostname or "").removesuffix(".") == host
    for path in (ours.path, theirs.path or ""):
        assert path.startswith(f"{base.path}/")
        assert not {".", ".."} & set(path.split("/"))
    assert read_base(found.url) == found


BEARER: dict[str, Any] = {"access_token": "secret", "token_type": "Bearer"}
OPEN, WITH_TOKEN = Grant(read_base(EHR)), Grant(read_base(EHR), "secret")
TOKENS: dict[str, tuple[dict[str, Any], Grant | Refusal]] = {
    "none: an open server": ({}, OPEN),
    "Bearer": (BEARER, WITH_TOKEN),
    "bearer in small letters": ({**BEARER, "token_type": "bearer"}, WITH_TOKEN),
    "no type": ({"access_token": "secret"}, WITH_TOKEN),
    "another type": ({**BEARER, "token_type": "MAC"}, UNUSABLE),
    "no token": ({"token_type": "Bearer"}, UNUSABLE),
    "for this patient": ({**BEARER, "patient": "p1"}, WITH_TOKEN),
    "for this patient, by type": ({**BEARER, "patient": "Patient/p1"}, WITH_TOKEN),
}
for wrong in (5, "", " ", "a b", "a\r\nX: y", "a\n", "a\0", "ä", "\ud800", "x" * 16_385):
    TOKENS[f"unusable: {str(wrong)[:9]!a}"] = {**BEARER, "access_token": wrong}, UNUSABLE
for wrong in ("p2", "Patient/p2", "P1", "p1 ", "p1/", "p", "Patient/Patient/p1"):
    TOKENS[f"for another patient: {wrong}"] = {**BEARER, "patient": wrong}, ANOTHER_PATIENT
for wrong in (5, ["p1"], {"reference": "Patient/p1"}):
    TOKENS[f"for somebody who cannot be read: {wrong}"] = {**BEARER, "patient": wrong}, UNUSABLE
each_token = pytest.mark.parametrize(("said", "expected"), TOKENS.values(), ids=TOKENS.keys())


def grant(said: dict[str, Any], profile: Profile = "generic") -> Grant | Refusal:
    return granted(EHR, read_authorization(said or None), "p1", Caller(profile=profile, servers=LISTED))


@each_token
def test_which_token_is_used(said: dict[str, Any], expected: Grant | Refusal) -> None:
    assert grant(said) == expected
    assert grant(said, "sandbox") == OPEN, "what everybody's key may read is open data only"


def test_nothing_is_read_where_no_server_is_named() -> None:
    assert granted("", Authorization("secret", "Bearer"), "p1", Caller(servers=LISTED)) == Refusal("")


@pytest.mark.parametrize("shown", [repr, str, "{}".format, "%s".__mod__, "{!r:>40}".format])
def test_neither_token_nor_address_is_shown(shown) -> None:  # type: ignore[no-untyped-def]
    for said in (Authorization("secret", "Bearer", "p1"), grant(BEARER)):
        text = shown([said])
        assert "secret" not in text
        assert "p1" not in text
        assert "example" not in text


@pytest.mark.parametrize("asked", [EHR, *REFUSED.values()], ids=["listed", *REFUSED.keys()])
def test_no_refusal_repeats_what_was_asked(asked: str) -> None:
    try:
        read_base(asked)
    except ValueError as error:
        assert not asked or asked not in str(error)
        assert "evil" not in str(error)
