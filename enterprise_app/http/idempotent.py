"""`Idempotency-Key`: the first answer is kept with its effect in one transaction and given again to repetitions.

A repetition with the same content gets the stored answer and `Idempotent-Replayed: true`; with other content 422;
while the first is still running 409. What was refused is not kept: the effect did not happen, so try again.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError, Conflict, Invalid
from enterprise_app.core.settings import get_settings

KEPT = timedelta(hours=24)
REPLAYED = "idempotent-replayed"
_MAX_LENGTH = 255
_KEPT_HEADERS = ("content-type", "etag", "location")

_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(:number)")
_FIND = sa.text(
    "SELECT fingerprint, status, headers, body, created_at FROM idempotency_keys WHERE scope = :scope AND key = :key"
)
_FORGET = sa.text("DELETE FROM idempotency_keys WHERE scope = :scope AND key = :key")
_KEEP = sa.text(
    "INSERT INTO idempotency_keys (tenant_id, scope, key, fingerprint, status, headers, body) "
    "VALUES (:tenant_id, :scope, :key, :fingerprint, :status, :headers, :body)"
).bindparams(sa.bindparam("headers", type_=JSONB))


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
    place = {"scope": f"{ctx.actor.kind.value}:{ctx.actor.id or ''}", "key": key}
    content = await _fingerprint(request)
    # A lock that does not wait: the second of two parallel requests is told so instead of hanging. It must be taken
    # by a statement of its own, because the next one has to see what the first request has committed meanwhile.
    if not (await session.execute(_LOCK, {"number": _number(ctx, place)})).scalar_one():
        raise Conflict("idempotency_in_progress", retry_after=1)
    kept = (await session.execute(_FIND, place)).one_or_none()
    if kept is not None and now() - kept.created_at < KEPT:
        return _replay(kept, content)
    await session.execute(_FORGET, place)
    response = await answer()
    if response.status_code < 400:
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        values = {"fingerprint": content, "status": response.status_code, "headers": headers}
        values |= place | {"tenant_id": ctx.tenant_id, "body": _seal(bytes(response.body))}
        await session.execute(_KEEP, values)
    return response


async def _fingerprint(request: Request) -> bytes:
    """What makes two requests the same: method, path, query and body."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    return digest.digest()


def _number(ctx: Context, place: dict[str, str]) -> int:
    text = f"{ctx.tenant_id} {place['scope']} {place['key']}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


def _replay(kept: Any, content: bytes) -> Response:
    if bytes(kept.fingerprint) != content:
        raise IdempotencyMismatch
    return Response(_open(bytes(kept.body)), kept.status, {**kept.headers, REPLAYED: "true"})


@cache
def _cipher() -> AESGCM:
    """An answer may hold a secret that is shown once, such as a new API key: at rest it is sealed."""
    return AESGCM(hashlib.sha256(b"idempotent answers " + get_settings().secret.encode()).digest())


def _seal(body: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + _cipher().encrypt(nonce, body, None)


def _open(sealed: bytes) -> bytes:
    return _cipher().decrypt(sealed[:12], sealed[12:], None)
