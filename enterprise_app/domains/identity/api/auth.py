"""Sign-in, sign-up and the other forms whose answer is a cookie. Forms are redirected, JSON is answered."""

# ruff: noqa: S106 - the passwords here are examples of the documentation

from typing import Any

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.errors import AtriumError, Invalid
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import PUBLIC, Caller, Visitor
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import AccessTokenIssued, Registration, SignIn, TokenRequest
from .forms import COOKIE, Fields, back, check_handed_over, chosen_locale, cookie_of, handle, host_of, onward, welcome

router = Router(tags=["Sign-in"])


def _fields(**examples: str) -> dict[str, Any]:
    """OpenAPI of a form: these fields, as a form or as JSON."""
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in examples}}
    content = {"schema": schema, "example": examples}
    kinds = ("application/x-www-form-urlencoded", "application/json")
    return {"requestBody": {"required": True, "content": dict.fromkeys(kinds, content)}}


_GOES_ON: dict[int | str, dict[str, Any]] = {303: {"description": "Forms: on to the page, or back with ?error=code"}}


@router.post(
    "/auth/sign-in", permission=PUBLIC, responses=_GOES_ON, summary="Sign in",
    openapi_extra=_fields(email="ada@acme.example", password="correct horse battery", next="/campaigns"),
)  # fmt: skip
async def sign_in(request: Request, ctx: Visitor) -> Response:
    """Sets the session cookie of this host; from the platform's host leads to the tenant's."""

    async def work(fields: Fields) -> Response:
        wanted = SignIn(email=_text(fields, "email"), password=_secret(fields), next=fields.get("next") or "/")
        return welcome(request, await service.sign_in(ctx, wanted, host=host_of(request)))

    return await handle(request, "/sign-in", work, keep=("next",))


@router.post(
    "/auth/sign-up", permission=PUBLIC, responses=_GOES_ON, summary="Create a tenant and sign in",
    openapi_extra=_fields(
        name="Acme", slug="acme", owner_name="Ada Lovelace", email="ada@acme.example", password="correct horse battery"
    ),
)  # fmt: skip
async def sign_up(request: Request, ctx: Visitor) -> Response:
    """The registration of /api/v1/tenants/register, followed by a sign-in."""

    async def work(fields: Fields) -> Response:
        texts = {name: _text(fields, name) for name in ("name", "slug", "owner_name", "email")}
        wanted = Registration(
            **texts,
            password=_secret(fields),
            locale=fields.get("locale") or chosen_locale(request),
            zone=fields.get("zone") or "UTC",
        )
        return welcome(request, await service.sign_up(ctx, wanted, host=host_of(request)))

    return await handle(request, "/sign-up", work)


@router.post("/auth/sign-out", permission=PUBLIC, responses=_GOES_ON, summary="Sign out", openapi_extra=_fields())
async def sign_out(request: Request, ctx: Visitor) -> Response:
    """Ends the session of this host's cookie."""

    async def work(_: Fields) -> Response:
        if secret := cookie_of(request):
            await service.sign_out(ctx, secret, host=host_of(request))
        response = onward(request, "/sign-in")
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return response

    return await handle(request, "/sign-in", work)


@router.get("/auth/handoff", permission=PUBLIC, responses=_GOES_ON, summary="Take over a sign-in from another host")
async def hand_over(request: Request, ctx: Visitor, code: str = "", next: str = "/") -> Response:  # noqa: A002
    """Works once, within 30 seconds, on the host that the code was made for."""
    try:
        check_handed_over(request)
        return welcome(request, await service.accept_hand_over(ctx, code, host=host_of(request), onward=next))
    except AtriumError as error:
        if error.status >= 500:
            raise
        return back("/sign-in", error, {})


@router.post(
    "/auth/switch", permission=Permission.SELF_MANAGE, responses=_GOES_ON, summary="Switch to another tenant",
    openapi_extra=_fields(tenant="acme", next="/"),
)  # fmt: skip
async def switch(request: Request, ctx: Caller) -> Response:
    """Leads to the other tenant's host, signed in."""

    async def work(fields: Fields) -> Response:
        address = await service.switch_tenant(ctx, _text(fields, "tenant"), onward=fields.get("next") or "/")
        return onward(request, address)

    return await handle(request, "/", work)


@router.post(
    "/auth/forgot", permission=PUBLIC, responses=_GOES_ON, summary="Ask for a reset link",
    openapi_extra=_fields(email="ada@acme.example"),
)  # fmt: skip
async def forgot(request: Request, ctx: Visitor) -> Response:
    """Mails a link when the e-mail has an account; answers the same when not."""

    async def work(fields: Fields) -> Response:
        await service.request_password_reset(ctx, _text(fields, "email"))
        return onward(request, "/forgot?sent=1")

    return await handle(request, "/forgot", work)


@router.post(
    "/auth/reset", permission=PUBLIC, responses=_GOES_ON, summary="Set a new password with a reset link",
    openapi_extra=_fields(token="…", password="correct horse battery"),
)  # fmt: skip
async def reset(request: Request, ctx: Visitor) -> Response:
    """The link works once; all sessions end."""

    async def work(fields: Fields) -> Response:
        await service.reset_password(ctx, _text(fields, "token"), _secret(fields))
        return onward(request, "/sign-in?reset=1")

    return await handle(request, "/reset", work, keep=("token",))


@router.post(
    "/auth/invitation", permission=PUBLIC, responses=_GOES_ON, summary="Join a tenant by invitation",
    openapi_extra=_fields(token="…", name="Grace Hopper", password="correct horse battery"),
)  # fmt: skip
async def invitation(request: Request, ctx: Visitor) -> Response:
    """As the account signed in on this host, with the password of the invited e-mail's account, or as a new account."""

    async def work(fields: Fields) -> Response:
        who = ctx
        if cookie_of(request) and not fields.get("password"):
            who = await request.app.state.edge.caller(request)
        password = SecretStr(fields.get("password", ""))
        token, name = _text(fields, "token"), fields.get("name", "")
        chosen = chosen_locale(request)
        joined = await service.accept_invitation(
            who, token, host=host_of(request), name=name, password=password, locale=chosen
        )
        return welcome(request, joined)

    return await handle(request, "/invitation", work, keep=("token",))


@router.post(
    "/auth/setup", permission=PUBLIC, responses=_GOES_ON, summary="Create the operator's account",
    openapi_extra=_fields(token="…", name="Operator", email="ops@example.com", password="correct horse battery"),
)  # fmt: skip
async def setup(request: Request, ctx: Visitor) -> Response:
    """With the one-time link that `./atrium up` shows."""

    async def work(fields: Fields) -> Response:
        texts = {name: _text(fields, name) for name in ("name", "email")}
        token, host = _text(fields, "token"), host_of(request)
        return welcome(request, await service.create_operator(ctx, token, **texts, password=_secret(fields), host=host))

    return await handle(request, "/setup", work, keep=("token",))


@router.post("/api/v1/auth/token", permission=PUBLIC, response_model=AccessTokenIssued, summary="Get an access token")
async def token(ctx: Visitor, body: TokenRequest) -> AccessTokenIssued:
    """An hour of API for e-mail and password, in one tenant."""
    return await service.issue_access_token(ctx, body)


@router.post("/api/v1/auth/revoke", permission=Permission.SELF_MANAGE, status_code=204, summary="End an access token")
async def revoke(request: Request, ctx: Caller) -> None:
    """Ends the bearer token of this request."""
    bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
    await service.revoke_access_token(ctx, bearer)


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "").strip()
    if not value:
        raise Invalid.of(name, "required")
    return value


def _secret(fields: Fields) -> SecretStr:
    if not fields.get("password"):
        raise Invalid.of("password", "required")
    return SecretStr(fields["password"])
