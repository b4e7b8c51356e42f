"""Checks of single values; the messages say what would be right and never repeat a secret."""

from collections.abc import Callable
from email.utils import parseaddr
from urllib.parse import urlsplit

from pydantic import SecretStr


def url_of(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    """A check for URLs of these schemes, with a host and a sane port."""

    def check(value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in schemes:
            allowed = " or ".join(f"{scheme}://" for scheme in schemes)
            raise ValueError(f"must start with {allowed}" + (f", not {parts.scheme}://" if parts.scheme else ""))
        if parts.scheme != "unix" and not parts.hostname and "host=" not in parts.query:
            raise ValueError("has no host name after ://")
        _check_port(parts.netloc)
        return value

    return check


def http_origin(value: str) -> str:
    """`http(s)://host[:port]` without a path; a trailing slash is forgiven."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https"):
        raise ValueError("must start with http:// or https://")
    if not parts.hostname:
        raise ValueError("has no host name after ://")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be an address without a path, such as https://atrium.example.com")
    _check_port(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}"


def mail_address(value: str) -> str:
    """`name@host` or `Name <name@host>`."""
    local, at, host = parseaddr(value)[1].rpartition("@")
    if not (local and at and host):
        raise ValueError("must be a mail address such as Atrium <no-reply@example.com>")
    return value


def _check_port(netloc: str) -> None:
    try:
        port = urlsplit(f"//{netloc}").port
    except ValueError:
        raise ValueError("has a port that is not a number from 1 to 65535") from None
    if port == 0:
        raise ValueError("has a port that is not a number from 1 to 65535")
