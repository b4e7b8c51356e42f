"""Counting the API's calls: every one by token or key, exactly, before it is answered."""

from typing import Protocol

from starlette.requests import Request

from enterprise_app.core.context import PLATFORM_TENANT_ID, Context
from enterprise_app.http.origin import has_credential

PREFIX = "/api/v1"


class CallCounter(Protocol):
    """Who counts: metering."""

    async def admit(self, ctx: Context) -> object:
        """Count one call; raises RateLimited or QuotaExceeded. May return what is left, see `Left`."""
        ...


class Left(Protocol):
    """What is left of the hour."""

    @property
    def remaining(self) -> int: ...
    @property
    def resets_in(self) -> int: ...


class CallGate:
    """Pages call with the session's cookie and are not counted; programs are. The platform itself has no plan."""

    def __init__(self, counter: CallCounter) -> None:
        self._counter = counter

    async def admit(self, request: Request, ctx: Context) -> None:
        """Count the call and say on the answer what is left."""
        if not (request.url.path.startswith(PREFIX) and has_credential(request)) or ctx.tenant_id == PLATFORM_TENANT_ID:
            return
        left = await self._counter.admit(ctx)
        if left is not None:
            request.state.answer_headers = rate_headers(left)  # pyright: ignore[reportArgumentType]


def rate_headers(left: Left) -> dict[str, str]:
    """The `RateLimit` header of the IETF draft: the policy's name, what remains, seconds until it is reset."""
    return {"ratelimit": f'"hour";r={left.remaining};t={left.resets_in}'}
