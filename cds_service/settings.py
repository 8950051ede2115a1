"""Settings: environment variables only, read once at start. A wrong one stops the start and says which and why."""

from datetime import date, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(Exception):
    """One or more settings are wrong; the message has a line for each."""


class Settings(BaseSettings):
    """What ops can set. The README lists every one of these (a guard test sees to it)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field("localhost", description="Address to listen on; `0.0.0.0` in a container.")
    port: int = Field(8080, ge=1, le=65535, description="Port to listen on.")
    public_url: str = Field(
        "", description="Base URL under which EHRs reach the service; default `http://localhost:PORT`."
    )
    workers: int = Field(1, ge=1, le=64, description="Worker processes; as many as there are cores.")
    threads: int = Field(4, ge=1, le=64, description="Threads in each worker.")
    max_body_mb: float = Field(
        25, gt=0, le=1000, description="Largest request body in megabytes; beyond it the answer is 413."
    )
    prefetch: Literal["full", "lean"] = Field(
        "full", description="`full` advertises all prefetch keys, `lean` the required three."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",), description="Browser origins that may call, comma-separated."
    )
    cds_today: date | None = Field(
        None, description="Fixes the calendar day (YYYY-MM-DD) for demonstrations and tests."
    )
    timezone: str = Field("UTC", description="The site's time zone, an IANA name such as `Europe/Berlin`.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged."
    )

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
            raise ValueError("must be an absolute http(s) URL without query or fragment, e.g. https://cds.example.org")
        return value.rstrip("/")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("is no time zone that this system knows; use an IANA name such as Europe/Berlin") from None
        return value

    @property
    def base_url(self) -> str:
        """Where this service is, for the world: never taken from a request's Host header."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def today(self) -> date:
        """The site's calendar day: the one place where the clock is read."""
        return self.cds_today or datetime.now(self.zone).date()


def load_settings() -> Settings:
    """The settings of the environment. Raises SettingsError, one line for each that is wrong, without its value."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"{str(e['loc'][0]).upper() if e['loc'] else 'settings'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from None
