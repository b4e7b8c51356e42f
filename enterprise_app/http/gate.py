"""Counting the API's calls: every one by token or key, exactly, before it is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from starlette.requests import Request

from enterprise_app.core.context import PLATFORM_TENANT_ID, Context
from enterprise_app.core.errors import RateLimited
from enterprise_app.http.origin import has_credential

PREFIX = "/api/v1"


class CallCounter(Protocol):
    """Who counts: metering."""

    async def admit(self, ctx: Context) -> "Left | None":
        """Count one call; what is left, None when nothing limits. Raises RateLimited or QuotaExceeded."""
        ...


class Left(Protocol):
    """What is left of the hour."""

    @property
    def granted(self) -> int: ...
    @property
    def remaining(self) -> int: ...
    @property
    def resets_in(self) -> int: ...


Tell = Callable[[UUID, str, str, int, float], None]
"""Hears of every answered call: tenant, method, route, status, seconds. Must return at once."""


@dataclass(frozen=True, slots=True)
class _NoneLeft:
    granted: int
    resets_in: int
    remaining: int = 0


class CallGate:
    """Pages call with the session's cookie and are not counted; programs are. The platform itself has no plan."""

    def __init__(self, counter: CallCounter, tell: Tell | None = None) -> None:
        self._counter, self._tell = counter, tell

    async def admit(self, request: Request, ctx: Context) -> None:
        """Count the call and say on the answer what is left."""
        if (
            not (request.scope["path"].startswith(PREFIX) and has_credential(request))
            or ctx.tenant_id == PLATFORM_TENANT_ID
        ):
            return
        if self._tell is not None:
            request.state.on_answer = partial(self._tell, ctx.tenant_id, request.method)
        try:
            left = await self._counter.admit(ctx)
        except RateLimited as refused:
            left = _NoneLeft(int(refused.params["granted"]), int(refused.params["retry_after"]))
            request.state.answer_headers = rate_headers(left)
            raise
        if left is not None:
            request.state.answer_headers = rate_headers(left)


def rate_headers(left: Left) -> dict[str, str]:
    """The three `RateLimit-` headers that clients know, and the draft's newer structured pair; times in seconds."""
    return {
        "ratelimit-limit": str(left.granted),
        "ratelimit-remaining": str(left.remaining),
        "ratelimit-reset": str(left.resets_in),
        "ratelimit-policy": f'"hour";q={left.granted};w=3600',
        "ratelimit": f'"hour";r={left.remaining};t={left.resets_in}',
    }
