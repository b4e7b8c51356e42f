"""Reads addresses of pages and referrers: host, path, UTM parameters. Never raises on a strange address."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

MAX_URL = 2_048
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_PAID_CLICK = ("gclid", "gbraid", "wbraid", "msclkid", "dclid", "ttclid")


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A page's address in parts; `utm` in the order of UTM; `paid_click` when an ad network's click id is in it."""

    host: str | None
    path: str
    utm: tuple[str | None, str | None, str | None, str | None, str | None]
    paid_click: bool


_NO_UTM = (None, None, None, None, None)


@lru_cache(maxsize=20_000)
def read_page(url: str) -> PageAddress:
    """Split a page's address, absolute or only a path with query. The path loses query and anchor."""
    head, _, rest = url.partition("?")
    host, path = _host_and_path(head.partition("#")[0])
    query = rest.partition("#")[0]
    if "utm_" not in query and "clid" not in query and "braid" not in query:
        return PageAddress(host, path, _NO_UTM, False)
    found = _query(query)
    u = [found.get(name) or None for name in UTM]
    return PageAddress(host, path, (u[0], u[1], u[2], u[3], u[4]), any(name in found for name in _PAID_CLICK))


@lru_cache(maxsize=20_000)
def referrer_host(url: str) -> str | None:
    """The host of a referrer without `www.`; None when there is none (`-`, empty)."""
    if url in ("", "-"):
        return None
    host = _host_and_path(url.partition("?")[0])[0]
    return host.removeprefix("www.") if host else None


def same_site(host: str | None, other: str | None) -> bool:
    """Whether two hosts are the same site, `www.` or not."""
    return bool(host and other and host.removeprefix("www.") == other.removeprefix("www."))


def _host_and_path(address: str) -> tuple[str | None, str]:
    if "://" not in address and not address.startswith("//"):
        return None, address or "/"
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None, address or "/"
    return (host[:253] if host else None), parts.path or "/"


def _query(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, max_num_fields=200)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name.lower(), value.strip()[:200])
    return found
