"""Every setting of the platform: read from the environment and from `.env` in the project's folder, checked at once.

The environment wins over the file. A misspelt name or a bad value stops the start with line, problem and fix.
"""

import os
import secrets
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .settings_file import Entry, Problem, SettingsError, nearest, read_entries
from .settings_values import http_origin, mail_address, url_of

PROJECT_ROOT = Path(__file__).resolve().parents[2]
SETTINGS_FILE = PROJECT_ROOT / ".env"

PostgresUrl = Annotated[SecretStr, AfterValidator(url_of("postgresql", "postgres"))]
RedisUrl = Annotated[SecretStr, AfterValidator(url_of("redis", "rediss", "unix"))]
SmtpUrl = Annotated[SecretStr, AfterValidator(url_of("smtp", "smtps"))]
Origin = Annotated[str, AfterValidator(http_origin)]
MailAddress = Annotated[str, AfterValidator(mail_address)]


class Settings(BaseSettings):
    """The settings, frozen. Secrets are `SecretStr`: they don't show up in logs and error reports."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", populate_by_name=False, env_file=None)

    database_url: PostgresUrl | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL to use, as a user that may create roles. Unset: an embedded server in the data folder.",
        examples=["postgresql://admin:secret@db.example.com:5432/postgres"],
    )
    database_direct_url: PostgresUrl | None = Field(
        None,
        validation_alias="DATABASE_DIRECT_URL",
        description="The same database without a transaction pooler in between, for LISTEN and locks.",
        examples=["postgresql://admin:secret@db.example.com:5433/postgres"],
    )
    pg_version: int | None = Field(
        None,
        validation_alias="PG_VERSION",
        ge=14,
        le=30,
        description="Major version of the embedded PostgreSQL. Newer than the data: they are backed up and moved over.",
        examples=["18"],
    )
    redis_url: RedisUrl | None = Field(
        None,
        validation_alias="REDIS_URL",
        description="Redis or Valkey shared by several web processes. Unset: one web process, everything in memory.",
        examples=["redis://127.0.0.1:6379/0"],
    )
    smtp_url: SmtpUrl | None = Field(
        None,
        validation_alias="SMTP_URL",
        description="Mail server. Unset: mails stay in a local mailbox, and nobody has to prove their e-mail before "
        "inviting others (with `up --dev` the mailbox is a page, and they have to).",
        examples=["smtp://user:secret@mail.example.com:587"],
    )
    mail_from: MailAddress = Field(
        "Atrium <no-reply@atrium.localhost>", validation_alias="MAIL_FROM", description="Sender of mails."
    )
    base_url: Origin = Field(
        "",
        validation_alias="ATRIUM_BASE_URL",
        description="Public address of the platform; tenants answer on subdomains of it. "
        "Unset: `http://atrium.localhost:<ATRIUM_PORT>`.",
        examples=["https://atrium.example.com"],
    )
    port: int = Field(
        8000, validation_alias="ATRIUM_PORT", ge=1, le=65535, description="Port of the web process (`up --port`)."
    )
    host: str = Field(
        "127.0.0.1", validation_alias="ATRIUM_HOST", description="Address to listen on; `0.0.0.0` for every network."
    )
    data_dir: Path = Field(
        Path(".atrium"),
        validation_alias="ATRIUM_DATA_DIR",
        description="Folder of the data, relative to the project's folder (`up --data-dir`).",
    )
    secret_key: SecretStr | None = Field(
        None,
        validation_alias="ATRIUM_SECRET_KEY",
        min_length=32,
        description="Key that signs and derives; at least 32 characters. Unset: made up once, kept in the data folder.",
    )
    dev: bool = Field(False, validation_alias="ATRIUM_DEV", description="Development pages and helpers (`up --dev`).")
    web_workers: int = Field(
        1, validation_alias="ATRIUM_WEB_WORKERS", ge=1, le=64, description="Web processes; more than 1 need REDIS_URL."
    )
    workers: int = Field(
        1,
        validation_alias="ATRIUM_WORKERS",
        ge=0,
        le=64,
        description="Worker processes that `up` starts (`up --workers`); 0 when they run elsewhere.",
    )
    sockets: int = Field(
        5000,
        validation_alias="ATRIUM_SOCKETS",
        ge=1,
        le=1_000_000,
        description="Open pages that one web process serves at once; at most half of them of visitors who are not "
        "signed in. More are refused with 503.",
    )
    sockets_per_address: int = Field(
        100,
        validation_alias="ATRIUM_SOCKETS_PER_ADDRESS",
        ge=1,
        le=1_000_000,
        description="Open pages of visitors who are not signed in that one web process serves for one network address "
        "(IPv6: one /64). More are refused with 429.",
    )
    flag_calls: int = Field(
        1000,
        validation_alias="ATRIUM_FLAG_CALLS",
        ge=1,
        le=1_000_000,
        description="Calls a second for feature flags (OFREP) that one web process answers for one credential, ten "
        "seconds' worth at once; for a write key at most half of them from one network address. More are refused with "
        "429.",
    )
    flag_lookups: int = Field(
        300,
        validation_alias="ATRIUM_FLAG_LOOKUPS",
        ge=1,
        le=1_000_000,
        description="Questions to the database a second that flags of one tenant may cost one web process (traits "
        "that a call doesn't bring, what a visitor saw before), ten seconds' worth at once. More are refused with 429.",
    )
    self_registration: bool = Field(
        True, validation_alias="ATRIUM_SELF_REGISTRATION", description="Whether anybody may create a tenant."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", validation_alias="ATRIUM_LOG_LEVEL", description="Least level that is logged."
    )
    log_format: Literal["console", "json"] = Field(
        "console", validation_alias="ATRIUM_LOG_FORMAT", description="For people, or one JSON object a line."
    )
    ip_truncate: bool = Field(
        False,
        validation_alias="ATRIUM_IP_TRUNCATE",
        description="Store visitors' addresses without their last part (IPv4 /24, IPv6 /48).",
    )
    forwarded_ips: str = Field(
        "127.0.0.1,::1",
        validation_alias="ATRIUM_FORWARDED_IPS",
        description="Proxies whose `X-Forwarded-*` headers are believed: addresses and networks, comma separated.",
        examples=["10.0.0.0/8,127.0.0.1"],
    )

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return (PROJECT_ROOT / value.expanduser()).absolute()

    @field_validator("forwarded_ips")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in filter(None, (p.strip() for p in value.split(","))):
            try:
                ip_network(part, strict=False)
            except ValueError:
                raise ValueError(f"{part!r} is neither an address nor a network such as 10.0.0.0/8") from None
        return value

    @field_validator("web_workers")
    @classmethod
    def _several_need_redis(cls, value: int, info: ValidationInfo) -> int:
        if value > 1 and info.data.get("redis_url") is None:
            raise ValueError("several web processes share their state in Redis: set REDIS_URL, or use 1")
        return value

    @model_validator(mode="before")
    @classmethod
    def _base_url_follows_port(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not values.get("ATRIUM_BASE_URL"):
            port = str(values.get("ATRIUM_PORT", ""))
            port = port if port.isdecimal() and 0 < int(port) < 65536 else "8000"  # a bad port has its own message
            values = {**values, "ATRIUM_BASE_URL": f"http://atrium.localhost:{port}"}
        return values

    @property
    def trusted_proxies(self) -> list[str]:
        """`forwarded_ips` as a list."""
        return [part.strip() for part in self.forwarded_ips.split(",") if part.strip()]

    @property
    def secret(self) -> str:
        """The secret key in clear, for deriving keys; only `get_settings()` guarantees that there is one."""
        if self.secret_key is None:
            raise SettingsError([Problem("ATRIUM_SECRET_KEY", "is not set", None)])
        return self.secret_key.get_secret_value()


def setting_names() -> list[str]:
    """The names as they are written in the environment and in `.env`."""
    return [str(field.validation_alias) for field in Settings.model_fields.values()]


def load_settings(file: Path = SETTINGS_FILE, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check everything; raises `SettingsError` that lists every problem. Creates nothing."""
    environ = os.environ if environ is None else environ
    known = setting_names()
    entries = read_entries(file)
    problems = [_unknown(e.name, e, known) for e in entries.values() if e.name not in known]
    problems += [_unknown(n, None, known) for n in sorted(environ) if n.startswith("ATRIUM_") and n not in known]
    values = {name: entry.value for name, entry in entries.items() if name in known}
    values |= {name: environ[name] for name in known if name in environ}
    try:
        settings = Settings.model_validate({name: value for name, value in values.items() if value != ""})
    except ValidationError as error:
        problems += [_bad_value(detail, entries, environ) for detail in error.errors(include_input=False)]
    if problems:
        raise SettingsError(problems)
    return settings  # pyright: ignore[reportPossiblyUnboundVariable]


@cache
def get_settings() -> Settings:
    """The settings of this process; makes the data folder and the secret key when they don't exist yet."""
    settings = load_settings()
    if settings.secret_key is not None:
        return settings
    return settings.model_copy(update={"secret_key": SecretStr(_stored_key(settings.data_dir / "secret.key"))})


def _stored_key(file: Path) -> str:
    """The generated key; the first of several processes that start at once makes it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    if not file.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text().strip()


def _unknown(name: str, entry: Entry | None, known: list[str]) -> Problem:
    suggestion = nearest(name, known)
    hint = f"did you mean {suggestion}?" if suggestion else "see docs/settings.md for the list"
    return Problem(name, f"is not a setting; {hint}", entry)


def _bad_value(detail: Any, entries: Mapping[str, Entry], environ: Mapping[str, str]) -> Problem:
    name = str(detail["loc"][0]) if detail["loc"] else "settings"
    message = str(detail["msg"]).removeprefix("Value error, ")
    return Problem(name, message[:1].lower() + message[1:], None if name in environ else entries.get(name))
