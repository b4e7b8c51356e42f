"""Requests that carry only the browser's cookie must come from the page's own site: tenants are same-site siblings."""

from urllib.parse import urlsplit

from starlette.requests import Request

from enterprise_app.core.errors import Forbidden

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def check(request: Request) -> None:
    """Refuse a change by cookie alone unless `Origin` (or `Sec-Fetch-Site`) says that it is our own page's."""
    headers = request.headers
    if request.method in _READING or has_credential(request) or "cookie" not in headers:
        return
    origin = headers.get("origin")
    if origin is not None and is_own_origin(origin, headers.get("host")):
        return
    if origin is None and headers.get("sec-fetch-site") == "same-origin":
        return
    raise Forbidden("origin_refused")


def is_own_origin(origin: str, host: str | None) -> bool:
    """Whether the page of that `Origin` came from this very host; what is no address is not."""
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


def has_credential(request: Request) -> bool:
    """Whether the caller names a token or key on purpose, as a browser never does by itself.

    Only what the edge reads counts: with `Authorization: Basic …` beside it, a cookie is still only a cookie.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return bool((scheme.lower() == "bearer" and secret.strip()) or request.headers.get("x-api-key", "").strip())
