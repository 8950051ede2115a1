"""CLIENTS_CONFIG: what may be written, and that every error names the line and what to do."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.command import main
from cds_service.toml_lines import line_of
from cds_service.trust.clients import Client
from cds_service.trust.clients_file import load_clients
from cds_service.trust.door import ClientsError
from cds_service.trust.servers import ServerBase
from tests.attacks import write_world
from tests.own_log import log_of_its_own  # noqa: F401
from tests.signing import elliptic, key_set, rivest
from tests.test_tokens import SANDBOX_KEY, SPECIFICATION_KEY

ONE = '[[clients]]\nname = "a"\nissuer = "https://a.example"\njwks_url = "https://a.example/jwks.json"\n'


def load(folder: Path, text: str) -> tuple[Client, ...]:
    path = folder / "clients.toml"
    path.write_text(text, encoding="utf-8")
    return load_clients(path)


def said(folder: Path, text: str) -> str:
    with pytest.raises(ClientsError) as error:
        load(folder, text)
    return str(error.value)


def test_every_field(tmp_path: Path) -> None:
    (client,) = load(
        tmp_path,
        """
        [[clients]]
        name = "mercy"
        issuer = "https://fhir.mercy.example/r4"
        jwks_url = "https://keys.mercy.example/jwks?app=cds"
        audience = ["cds", "https://cds.example.org/cds-services/facial-twitching"]
        subject = "client-1"
        tenants = ["t1", "t2"]
        fhir_servers = ["https://FHIR.mercy.example:443/r4/", "http://10.0.0.7:8080/fhir"]
        fhir_version = "R4"
        profile = "epic"
        """,
    )
    assert client.caller.name == "mercy"
    assert client.caller.profile == "epic"
    assert client.caller.fhir_version == "R4"
    assert client.caller.servers == (
        ServerBase("https", "fhir.mercy.example", 443, "/r4"),
        ServerBase("http", "10.0.0.7", 8080, "/fhir"),
    )
    assert client[1:] == (
        "https://fhir.mercy.example/r4",
        "https://keys.mercy.example/jwks?app=cds",
        (),
        ("cds", "https://cds.example.org/cds-services/facial-twitching"),
        "client-1",
        ("t1", "t2"),
    )


def test_a_key_file_lies_beside_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the service was started."""
    path = write_world(tmp_path)
    monkeypatch.chdir("/")
    mercy, _, pinned = load_clients(path)
    assert {"mercy-1", "mercy-rs384"} <= {key.kid for key in mercy.keys}
    assert not pinned.keys


FAULTS = {
    "unknown field": (ONE + 'isuer = "x"\n', 5, "`isuer` is unknown; the fields are name, issuer,"),
    "missing name": ("\n\n" + ONE.replace('name = "a"\n', ""), 3, "`name` is missing"),
    "missing issuer": (ONE.replace('issuer = "https://a.example"\n', ""), 1, "`issuer` is missing"),
    "wrong kind": (ONE.replace('"https://a.example"', "7"), 3, "`issuer` is of the wrong kind: expected `str`"),
    "text for a list": (ONE + 'tenants = "t"\n', 5, "`tenants` is of the wrong kind: expected `array`"),
    "number in a list": (ONE + "tenants = [1]\n", 5, "`tenants` is of the wrong kind"),
    "empty list": (ONE + "# nobody?\ntenants = []\n", 6, "`tenants` is empty: fill it in, or leave it out"),
    "empty text": (ONE + 'subject = ""\n', 5, "`subject` is empty"),
    "empty text in a list": (ONE + 'audience = [\n  "a",\n  "",\n]\n', 5, "`audience` is empty"),
    "profile": (ONE + 'profile = "Epic"\n', 5, "`profile` must be generic, epic, oracle or sandbox"),
    "release": (ONE + 'fhir_version = "R6"\n', 5, "`fhir_version` must be one of DSTU2, STU3, R4"),
    "server": (ONE + 'fhir_servers = ["https://a", "a"]\n', 5, "`fhir_servers` is wrong: address 2 must begin"),
    "server with a user": (ONE + 'fhir_servers = ["https://u:p@a.example"]\n', 5, "address 1 must be a plain"),
    "name": (ONE.replace('"a"', '"a\\nb"'), 2, "`name` must be 1 to 64 letters"),
    "no keys": (ONE.replace('jwks_url = "https://a.example/jwks.json"\n', ""), 1, "or `jwks_url` is needed"),
    "keys twice": (ONE + 'jwks_file = "a.json"\n', 5, "`jwks_file` or `jwks_url` is needed, and not both"),
    "http": (ONE.replace("https://a.example/j", "http://a.example/j"), 4, "`jwks_url` must begin with https://"),
    "http to a name like loopback": (ONE.replace("https://a.example/j", "http://localhost.a.example/j"), 4, "https://"),
    "file": (ONE.replace("https://a.example/j", "file:///etc/j"), 4, "`jwks_url` must be a plain URL"),
    "user": (ONE.replace("https://a.example/j", "https://me:secret@a.example/j"), 4, "`jwks_url` must be a plain URL"),
    "port": (ONE.replace("https://a.example/j", "https://a.example:port/j"), 4, "`jwks_url` has a host or port"),
    "same name": (ONE + ONE.replace("https://a", "https://b").replace('"a"', '"A"'), 6, "'A' is used twice"),
    "same issuer": (ONE + ONE.replace('"a"', '"b"'), 7, "`issuer` is that of 'a' too, and nothing keeps"),
    "sandbox": (
        ONE.replace('"https://a.example"', '"https://sandbox.cds-hooks.org"'), 3,
        '`issuer` is the public sandbox\'s, and the private half of its key is public: only profile = "sandbox"',
    ),
    "sandbox's keys": (ONE.replace("a.example/j", "sandbox.cds-hooks.org/j"), 4, "`jwks_url` is the public sandbox's"),
    "key file missing": (ONE.replace("jwks_url", "jwks_file"), 4, "the keys cannot be read: No such file"),
    "inline, one line": ('clients = [{name = "a", isuer = "x"}]', 1, "`isuer` is unknown"),
    "inline, many lines": (
        'clients = [\n  {name = "a", issuer = "https://a.example", jwks_url = "https://a.example/j"},\n\n'
        '  {name = "b", issuer = "https://b.example", jwks_url = "https://b.example/j", tenants = [\n  "t", ""]},\n]\n',
        5, "`tenants` is empty",
    ),
    "inline, not tables": ("clients = [1]", 1, "write each client as [[clients]]"),
    "after a text with brackets": ('[[clients]]\nname = """\n[[clients]]\n"""\n' + ONE, 1, "`issuer` is missing"),
    "table below": (ONE + "[clients.keys]\nx = 1\n", 5, "`keys` is unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_an_error_names_line_field_and_what_to_do(tmp_path: Path, text: str, line: int, words: str) -> None:
    message = said(tmp_path, text).splitlines()[0]
    assert message.startswith(f"clients.toml line {line}: ")
    assert words in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lists no client"),
        ("clients = []", "lists no client"),
        ('clients = "a"', "lists no client"),
        ("[clients]\nname = 1", "lists no client"),
        (f"[settings]\nport = 1\n{ONE}", "holds `settings`"),
        ("[[client]]", "holds `client`"),
        ("[[clients]\n", "is not TOML: "),
        ('[[clients]]\nname = "a"\nname = "b"', "line 3"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, words: str) -> None:
    assert words in said(tmp_path, text)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ClientsError, match=r"clients\.toml cannot be read: No such file"):
        load_clients(tmp_path / "clients.toml")
    (tmp_path / "clients.toml").write_bytes(b"\xff")
    with pytest.raises(ClientsError, match="UTF-8"):
        load_clients(tmp_path / "clients.toml")


def test_all_faults_are_named_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = (
        ONE
        + 'profile = "x"\n\n'
        + ONE.replace('"a"', '"b"').replace("https://a.example/j", "ftp://a/j")
        + "subject = 1\n"
    )
    text += ONE.replace('"a"', '"?"').replace("https://a.example/j", "ftp://a/j")
    lines = [message.split(":")[0] for message in said(tmp_path, text).splitlines()]
    assert lines == [f"clients.toml line {line}" for line in (5, 11, 13, 15)]


KEY_FILES = {
    "private": (key_set(elliptic("a").private_jwk()), "hold a private or symmetric one"),
    "private RSA among public ones": (key_set(elliptic("a").jwk(), rivest("b").private_jwk()), "hold a private"),
    "symmetric": (
        key_set({"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"}),
        "hold a private or symmetric one",
    ),
    "PEM": ("-----BEGIN PUBLIC KEY-----", "are not JSON"),
    "one key, not a set": ('{"kty": "EC"}', "are no JWK Set"),
    "a list": ("[]", "are no JWK Set"),
    "no key": (key_set(), "hold none that can be used"),
    "weak": (key_set(rivest("weak", bits=1024).jwk()), "hold none that can be used"),
    "for encryption": (key_set(elliptic("a").jwk(use="enc")), "hold none that can be used"),
    "without kid": (key_set(elliptic("a").jwk(kid=...)), "hold none that can be used"),
    "the sandbox's": (key_set(SANDBOX_KEY), "hold one that anybody can sign with"),
    "the specification's": (key_set(elliptic("a").jwk(), SPECIFICATION_KEY), "hold one that anybody can sign with"),
}


@pytest.mark.parametrize(("content", "words"), KEY_FILES.values(), ids=KEY_FILES)
def test_a_key_file_that_cannot_be_used(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    text = ONE.replace('jwks_url = "https://a.example/jwks.json"', 'jwks_file = "keys.json"')
    message = said(tmp_path, text)
    assert message.startswith("clients.toml line 4: `jwks_file` cannot be used: the keys ")
    assert words in message


def test_the_sandboxs_key_is_for_a_sandbox_client(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(key_set(SANDBOX_KEY))
    text = ONE.replace("a.example", "sandbox.cds-hooks.org", 1) + 'profile = "sandbox"\n'
    (client,) = load(tmp_path, text.replace('jwks_url = "https://a.example/jwks.json"', 'jwks_file = "keys.json"'))
    assert client.caller.profile == "sandbox"


@pytest.mark.parametrize(
    "url", ["http://localhost:9000/j", "http://127.0.0.1/j", "http://[::1]:9000/j", "HTTPS://a.example/j"]
)
def test_plain_http_is_for_loopback(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, ONE.replace("https://a.example/jwks.json", url))[0].jwks_url == url


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ('tenants = ["x"]', 'tenants = ["y", "z"]', True),
        ('subject = "x"', 'subject = "y"', True),
        ('audience = ["x"]', 'audience = ["y"]', True),
        ('tenants = ["x"]\nsubject = "s"', 'tenants = ["x", "y"]\nsubject = "t"', True),
        ('tenants = ["x"]', 'tenants = ["y", "x"]', False),
        ('tenants = ["x"]', "", False),
        ('tenants = ["x"]', 'subject = "y"', False),
        ('audience = ["x"]', "", False),
    ],
)
def test_clients_of_one_issuer_must_be_told_apart(tmp_path: Path, first: str, second: str, apart: bool) -> None:
    text = f"{ONE}{first}\n{ONE}{second}\n".replace('"a"', '"b"', 1)
    if apart:
        assert len(load(tmp_path, text)) == 2
    else:
        assert "give both an `audience`, a `subject` or `tenants`" in said(tmp_path, text)


def test_lines_are_found_wherever_toml_lets_them_be() -> None:
    text = '# a\n[[ clients ]]  # one\n"name" = """\nx\n"""\n\n[[clients]]\r\nname = [\n1,\n2]\n'
    assert line_of(text, "clients", 0) == 2
    assert line_of(text, "clients", 0, "name") == 3
    assert line_of(text, "clients", 1) == 7
    assert line_of(text, "clients", 1, "name") == 8
    assert line_of(text, "clients", 1, "issuer") == 7


def test_check_says_who_may_call_and_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTS_CONFIG", str(write_world(tmp_path)))
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0, result.output
    assert "client mercy: https://fhir.mercy.example/r4, keys from its file" in result.output
    assert (
        "client pinned: https://fhir.pinned.example/r4, keys from https://keys.pinned.example/jwks.json"
        in result.output
    )
    (tmp_path / "mercy.json").unlink()
    for command in (["check"], ["serve"]):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 1
        assert "clients.toml line 5: `jwks_file` cannot be used: the keys cannot be read" in result.stderr
