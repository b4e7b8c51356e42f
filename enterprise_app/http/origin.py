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
    if origin is not None and urlsplit(origin).netloc == headers.get("host"):
        return
    if origin is None and headers.get("sec-fetch-site") == "same-origin":
        return
    raise Forbidden("origin_refused")


def has_credential(request: Request) -> bool:
    """Whether the caller names a token or key on purpose, as a browser never does by itself."""
    return "authorization" in request.headers or "x-api-key" in request.headers
