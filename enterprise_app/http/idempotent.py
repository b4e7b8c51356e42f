"""`Idempotency-Key`: the first answer is kept with its effect in one transaction and given again to repetitions.

A repetition with the same content gets the stored answer and `Idempotent-Replayed: true`; with other content 422;
while the first is still running 409. What was refused is not kept: nothing happened, so try again.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core import crypto, idempotency
from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError, Conflict, Invalid
from enterprise_app.http.answers import write_json

REPLAYED = "idempotent-replayed"
_MAX_LENGTH = 255
_KEPT_HEADERS = ("content-type", "etag", "location")
_PURPOSE = "idempotent answer"
_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(:number)")


class IdempotencyMismatch(AtriumError):
    """The key belongs to a request with other content."""

    code, status = "idempotency_mismatch", 422


def key_of(request: Request) -> str | None:
    """The caller's key; raises Invalid when it cannot be one."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= _MAX_LENGTH and key.isascii() and key.isprintable() and " " not in key):
        raise Invalid.of("Idempotency-Key", "bad_idempotency_key", max=_MAX_LENGTH)
    return key


async def once(
    session: AsyncSession, request: Request, ctx: Context, key: str, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """The stored answer of this key, or a fresh one, stored before the transaction commits."""
    place = _Place.of(ctx, key)
    await place.lock(session)
    kept = await _told(idempotency.claim(session, ctx, place.scope, key, await _fingerprint(request)))
    if kept is not None:
        return place.replay(kept)
    response = await answer()
    if response.status_code >= 400:
        raise _Refused(response)
    await idempotency.finish(session, place.scope, key, place.stored(response))
    return response


async def once_apart(
    session: AsyncSession,
    request: Request,
    ctx: Context,
    key: str,
    status: int,
    answer: Callable[[], Awaitable[Response]],
) -> Response:
    """As `once`, for a handler whose effect has a transaction of its own: it stores the answer there (`Keeper`).

    Then no crash can come between effect and answer. `session` only holds the lock.
    """
    place, fingerprint = _Place.of(ctx, key), await _fingerprint(request)
    await place.lock(session)
    kept = await _told(idempotency.find(session, ctx, place.scope, key, fingerprint))
    if kept is not None:
        return place.replay(kept)
    request.state.keeper = Keeper(ctx, place, key, fingerprint, status)
    return await answer()


@dataclass(frozen=True, slots=True)
class Keeper:
    """Stores the answer to a keyed request in the transaction of its effect."""

    ctx: Context
    place: "_Place"
    key: str
    fingerprint: str
    status: int

    async def __call__(self, session: AsyncSession, result: BaseModel) -> None:
        """Call it once, last thing in the transaction, with what the handler will return."""
        stored = self.place.stored(write_json(result, self.status))
        await idempotency.keep(session, self.ctx, self.place.scope, self.key, self.fingerprint, stored)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the answer of a key lies: in a tenant, under its caller."""

    scope: str
    name: str

    @classmethod
    def of(cls, ctx: Context, key: str) -> "_Place":
        scope = f"{ctx.actor.kind.value}:{ctx.actor.id or ''}"
        return cls(scope, f"{ctx.tenant_id} {scope} {key}")

    async def lock(self, session: AsyncSession) -> None:
        """A lock that does not wait: the second of two parallel requests is told so instead of hanging."""
        if not await session.scalar(_LOCK, {"number": _number(self.name)}):
            raise Conflict("idempotency_in_progress", retry_after=1)

    def stored(self, response: Response) -> idempotency.StoredAnswer:
        """Sealed, because an answer may hold a secret that is shown once, such as a new API key."""
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        return idempotency.StoredAnswer(
            response.status_code, crypto.seal(bytes(response.body), _PURPOSE, self.name), headers
        )

    def replay(self, kept: idempotency.StoredAnswer) -> Response:
        """The answer once more."""
        body = crypto.open_sealed(kept.body, _PURPOSE, self.name)
        return Response(body, kept.status, {**kept.headers, REPLAYED: "true"})


class _Refused(Exception):
    """Carries an error answer out of the transaction, so that it rolls back."""

    def __init__(self, response: Response) -> None:
        self.response = response


def refused(error: Exception) -> Response | None:
    """The answer that an exception of this module carries."""
    return error.response if isinstance(error, _Refused) else None


async def _told(asking: Awaitable[idempotency.StoredAnswer | None]) -> idempotency.StoredAnswer | None:
    try:
        return await asking
    except Conflict as conflict:
        if conflict.code == "idempotency_key_reused":
            raise IdempotencyMismatch from None
        raise


async def _fingerprint(request: Request) -> str:
    """What makes two requests the same: method, path, query and body (of one that streamed past, its digest)."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(getattr(request.state, "body_digest", None) or await request.body())
    return digest.hexdigest()


def _number(place: str) -> int:
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:8], signed=True)
