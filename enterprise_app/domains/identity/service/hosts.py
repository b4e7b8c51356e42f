"""Hosts of the platform and of tenants, from the base address: everything is on one port."""

import re
from urllib.parse import urlsplit

from enterprise_app.core.settings import get_settings

_LABEL = re.compile(r"[a-z0-9-]{1,63}\Z")
_LOCAL = ("localhost", "127.0.0.1", "::1")


def hostname(host: str) -> str:
    """The name in a Host header: lower case, without port and final dot. A session is bound to it."""
    try:
        return (urlsplit(f"//{host.strip()}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_platform_host(host: str) -> bool:
    """Whether the platform itself answers there."""
    name = hostname(host)
    return name in _LOCAL or name == urlsplit(get_settings().base_url).hostname


def slug_of(host: str) -> str | None:
    """The tenant's slug in `slug.base`, None for the platform and for foreign names."""
    base = urlsplit(get_settings().base_url).hostname or ""
    slug, dot, rest = hostname(host).partition(".")
    return slug if dot and rest == base and _LABEL.match(slug) else None


def tenant_host(slug: str) -> str:
    """The host name of a tenant."""
    return f"{slug}.{urlsplit(get_settings().base_url).hostname}"


def tenant_url(slug: str, path: str = "") -> str:
    """The tenant's address, with a path."""
    base = urlsplit(get_settings().base_url)
    return f"{base.scheme}://{slug}.{base.netloc}{path}"


def platform_url(path: str = "") -> str:
    """The platform's address, with a path."""
    return get_settings().base_url + path
