"""Who may call a route, and what a handler asks for: the caller, the visitor, the session, the expected version.

A handler names what it needs as parameters:

    @router.patch("/{campaign_id}", permission=Permission.CAMPAIGNS_UPDATE)
    async def update_campaign(
        ctx: Caller, session: Session, version: ExpectedVersion, campaign_id: UUID, change: CampaignChange
    ) -> Campaign:
        return await service.update_campaign(session, ctx, campaign_id, version, change)

`Session` is a tenant session that the route opens and commits before the answer leaves (an error rolls it back), so
that the effect and its idempotency key are one transaction.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal, Protocol

from fastapi import Depends, Header
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid, PreconditionRequired
from enterprise_app.core.vocabulary.permissions import Permission

PUBLIC: Final = "public"
"""The access of a route that anybody may call."""

Access = Permission | Literal["public"]


class Edge(Protocol):
    """What the composition root plugs in: it alone turns credentials into a Context. Both get the raw request."""

    async def caller(self, request: Request) -> Context:
        """The context of the session cookie, token or key; raises Unauthenticated, Forbidden, NotFound (tenant)."""
        ...

    async def visitor(self, request: Request) -> Context:
        """An anonymous context of the host's tenant (or of the platform), with locale, ip and request id."""
        ...


async def _caller(request: Request) -> Context:
    return request.state.ctx


async def _visitor(request: Request) -> Context:
    return await request.app.state.edge.visitor(request)


async def open_session(request: Request) -> AsyncSession:
    """The session that the route opened for this request."""
    return request.state.session


async def keeping(request: Request) -> Any:
    """How the handler stores its answer; nothing to do for a request without a key."""
    return getattr(request.state, "keeper", None) or _keep_nothing


async def _keep_nothing(session: AsyncSession, result: BaseModel) -> None:
    """For requests without a key."""


SESSION: Final = "session"
GIVEN: Final[dict[Any, str]] = {_caller: "ctx", open_session: SESSION}
"""What the route itself knows by the time its handler runs: the dependency, and its name in `request.state`."""


_IfMatch = Annotated[str | None, Header(description='The version you read, as its ETag: `"3"`.', examples=['"1"'])]


async def _expected_version(if_match: _IfMatch = None) -> int:
    if if_match is None:
        raise PreconditionRequired
    return _version_of(if_match)


async def _version_if_given(if_match: _IfMatch = None) -> int | None:
    return None if if_match is None else _version_of(if_match)


def _version_of(if_match: str) -> int:
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Invalid.of("If-Match", "bad_etag")
    return int(digits)


Caller = Annotated[Context, Depends(_caller)]
"""The authenticated context; only on routes with a permission."""

Visitor = Annotated[Context, Depends(_visitor)]
"""An anonymous context; for public routes."""

Session = Annotated[AsyncSession, Depends(open_session)]
"""The request's tenant session, committed before the answer is sent; needs a permission (a tenant)."""

Keep = Annotated[Callable[[AsyncSession, BaseModel], Awaitable[None]], Depends(keeping)]
"""For a creating handler whose use case opens its own transaction: to be called in there with what is returned, so that
the answer to the `Idempotency-Key` and the effect are one transaction."""

ExpectedVersion = Annotated[int, Depends(_expected_version)]
"""The version in `If-Match`; 428 without the header."""

VersionIfGiven = Annotated[int | None, Depends(_version_if_given)]
"""The version in `If-Match`, None without it: for acts that name the state they lead to."""
