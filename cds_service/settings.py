"""Settings: environment variables only, read once at start. A wrong one stops the start and says which and why."""

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime
from ipaddress import ip_network
from typing import Annotated, Any, Final, Literal, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from cds_service.languages import LANGUAGES, Language
from cds_service.trust.servers import read_base

_LISTS: Final = frozenset({"cors_origins", "fhir_servers", "private_networks"})


class SettingsError(Exception):
    """One or more settings are wrong; the message has a line for each, without its value."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What ops can set, one environment variable each, in capitals. The README lists all (a guard test sees to it)."""

    host: str = "localhost"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8080
    public_url: str = ""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    threads: Annotated[int, Meta(ge=1, le=64)] = 4
    max_body_mb: Annotated[float, Meta(gt=0, le=1000)] = 25
    prefetch: Literal["full", "lean"] = "full"
    cors_origins: tuple[str, ...] = ("*",)
    clients_config: str = ""
    site_config: str = ""
    fhir_servers: tuple[str, ...] = ()
    private_networks: tuple[str, ...] = ()
    outbound_proxy: str = ""
    answer_budget_ms: Annotated[int, Meta(ge=50, le=60_000)] = 2000
    data_dir: str = "data"
    database_url: str = ""
    migrate: Literal["on", "off"] = "on"
    cds_today: date | None = None
    timezone: str = "UTC"
    language: Language = "en"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def base_url(self) -> str:
        """Where this service is, for the world: never taken from a request's Host header."""
        return self.public_url.rstrip("/") or f"http://localhost:{self.port}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def today(self) -> date:
        """The site's calendar day: the one place where the clock is read."""
        return self.cds_today or datetime.now(self.zone).date()


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the environment; an empty variable is an unset one. Raises SettingsError naming all wrong."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for field in msgspec.structs.fields(Settings):
        written = environment.get(field.name.upper(), "").strip()
        if not written:
            continue
        try:
            found[field.name] = _read(field, written)
        except (msgspec.ValidationError, ValueError) as error:
            wrong.append(f"{field.name.upper()}: {_why(error, field)}")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return Settings(**found)


def _read(field: msgspec.structs.FieldInfo, written: str) -> Any:
    value: Any = [part.strip() for part in written.split(",") if part.strip()] if field.name in _LISTS else written
    value = _first_known(written) if field.name == "language" else value
    value = msgspec.convert(value, field.type, strict=False)
    check = _CHECKS.get(field.name)
    if check:
        check(value)
    return value


def _first_known(written: str) -> str:
    """`de`, and the list that desktops and images set LANGUAGE to (`de_CH:de:en`): its first language that is ours."""
    wanted = (part.partition("_")[0].strip().lower() for part in written.split(":"))
    return next((language for language in wanted if language in LANGUAGES), written)


def _why(error: Exception, field: msgspec.structs.FieldInfo) -> str:
    """In words for ops, without the value that was given."""
    if get_origin(field.type) is Literal:
        return f"must be one of {', '.join(get_args(field.type))}"
    return "must be a day such as 2026-06-15" if "encoded date" in str(error) else str(error)


def _check_url(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an absolute http(s) URL without query or fragment, e.g. https://cds.example.org")


def _check_zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone that this system knows; use an IANA name such as Europe/Berlin") from None


def _check_proxy(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a proxy's address, e.g. http://proxy.example.org:3128")


def _check_servers(values: tuple[str, ...]) -> None:
    for place, value in enumerate(values, 1):
        try:
            read_base(value)
        except ValueError as error:
            raise ValueError(f"address {place} {error}") from None


def _check_networks(values: tuple[str, ...]) -> None:
    for place, value in enumerate(values, 1):
        try:
            ip_network(value)
        except ValueError:
            raise ValueError(f"item {place} is no network such as 10.20.0.0/16 or fd00::/8") from None


def _check_database(value: str) -> None:
    # Here: who names no PostgreSQL should not wait for its driver to load.
    from cds_service.database.postgres import read_url

    read_url(value)


_CHECKS: Final[Mapping[str, Callable[[Any], None]]] = {
    "public_url": _check_url,
    "timezone": _check_zone,
    "outbound_proxy": _check_proxy,
    "fhir_servers": _check_servers,
    "private_networks": _check_networks,
    "database_url": _check_database,
}
