"""What the routes of /auth share: fields from a form or from JSON, the cookie, and the way back with an error."""

from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from enterprise_app.core.errors import AtriumError, Forbidden, Invalid
from enterprise_app.core.settings import get_settings
from enterprise_app.core.texts import LOCALE_COOKIE, chosen_language
from enterprise_app.http.origin import is_own_origin

from ..rules.redirects import safe_next
from ..schemas import SignedIn
from ..service.sessions import ABSOLUTE

COOKIE = "atrium_session"
Fields = dict[str, str]
_MAX_FIELD = 5000


def is_json(request: Request) -> bool:
    """Whether a program calls: it gets JSON and problems instead of redirects."""
    return "json" in request.headers.get("content-type", "")


async def read_fields(request: Request) -> Fields:
    """The texts of the form or of the JSON object; anything else is refused."""
    check_origin(request)
    if is_json(request):
        try:
            body = await request.json()
        except ValueError:
            raise Invalid.of("body", "json_invalid") from None
        if not isinstance(body, dict):
            raise Invalid.of("body", "must_be_object")
        values: dict[str, Any] = body
    else:
        values = dict(await request.form())
    for name, value in values.items():
        if not isinstance(value, str):
            raise Invalid.of(str(name)[:100], "must_be_text")
        if len(value) > _MAX_FIELD:
            raise Invalid.of(str(name)[:100], "too_long", max=_MAX_FIELD)
    return values


def check_origin(request: Request) -> None:
    """Forms are taken from this host's own pages only: nobody is signed in by another site (login CSRF)."""
    origin = request.headers.get("origin")
    if origin is not None and not is_own_origin(origin, request.headers.get("host")):
        raise Forbidden("origin_refused")


def check_handed_over(request: Request) -> None:
    """A hand-over comes from the platform's own pages: nobody is signed in as somebody else by a foreign link.

    On a developer's machine `localhost` and `atrium.localhost` are different sites, so there it can't be told.
    """
    local = (urlsplit(get_settings().base_url).hostname or "").endswith("localhost")
    if request.headers.get("sec-fetch-site") == "cross-site" and not local:
        raise Forbidden("origin_refused")


async def handle(
    request: Request, page: str, work: Callable[[Fields], Awaitable[Response]], *, keep: tuple[str, ...] = ()
) -> Response:
    """Do the work; a form's error goes back to `page` as ?error=code, with the fields of `keep`."""
    fields: Fields = {}
    try:
        fields = await read_fields(request)
        return await work(fields)
    except AtriumError as error:
        if is_json(request) or error.status >= 500 or error.code == "origin_refused":
            raise
        return back(page, error, {name: fields[name] for name in keep if fields.get(name)})


def back(page: str, error: AtriumError, kept: Fields) -> Response:
    """See other: the page, with what went wrong in the query."""
    query = {"error": error.code}
    if isinstance(error, Invalid) and error.problems:
        query = {"error": error.problems[0].code, "field": error.problems[0].field}
    if "retry_after" in error.params:
        query["retry_after"] = str(error.params["retry_after"])
    if "next" in kept:
        kept = {**kept, "next": safe_next(kept["next"])}
    return RedirectResponse(f"{page}?{urlencode(query | kept)}", 303)


def welcome(request: Request, signed_in: SignedIn) -> Response:
    """Set the cookie and lead on."""
    response = onward(request, signed_in.location)
    response.set_cookie(
        COOKIE,
        signed_in.secret.get_secret_value(),
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=get_settings().base_url.startswith("https:"),
    )
    return response


def onward(request: Request, location: str) -> Response:
    """A redirect, or for programs the address as JSON; never stored, since addresses may hold a code."""
    if is_json(request):
        response: Response = JSONResponse({"location": location})
    else:
        response = RedirectResponse(location, 303)
    response.headers["cache-control"] = "no-store"
    response.headers["referrer-policy"] = "no-referrer"
    return response


def cookie_of(request: Request) -> str:
    """The session's secret, "" without one."""
    try:
        jar: SimpleCookie = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def chosen_locale(request: Request) -> str:
    """The language that the reader chose on our pages before they had an account, "" for none."""
    return chosen_language(request.cookies.get(LOCALE_COOKIE, ""), request.headers.get("accept-language", ""))


def host_of(request: Request) -> str:
    """The Host header."""
    return request.headers.get("host", "")
