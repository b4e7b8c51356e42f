"""Idempotency keys: the first answer is stored in the transaction of its effect, repetitions get the same answer.

A second request with the key waits in `claim` until the first one's transaction is over: never two effects.
"""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.errors import Conflict
from enterprise_app.core.table import affected

_CLAIM = sa.text(
    """
    INSERT INTO idempotency_keys (tenant_id, scope, key, fingerprint)
    VALUES (:tenant_id, :scope, :key, :fingerprint) ON CONFLICT DO NOTHING RETURNING 1
    """
)
_FIND = sa.text(
    """
    SELECT fingerprint, status, headers, body FROM idempotency_keys
    WHERE tenant_id = :tenant_id AND scope = :scope AND key = :key
    """
)
_KEEP = sa.text(
    """
    INSERT INTO idempotency_keys (tenant_id, scope, key, fingerprint, status, headers, body)
    VALUES (:tenant_id, :scope, :key, :fingerprint, :status, :headers, :body)
    """
).bindparams(sa.bindparam("headers", type_=JSONB))
_FINISH = sa.text(
    "UPDATE idempotency_keys SET status = :status, headers = :headers, body = :body WHERE scope = :scope AND key = :key"
).bindparams(sa.bindparam("headers", type_=JSONB))


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered the first time."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


async def claim(session: AsyncSession, ctx: Context, scope: str, key: str, fingerprint: str) -> StoredAnswer | None:
    """None: go ahead and `finish` in this transaction. Otherwise the answer to repeat.

    `scope` is whose key it is (an API key's or member's id). Raises Conflict when the key came with another request.
    """
    values = {"tenant_id": ctx.tenant_id, "scope": scope, "key": key, "fingerprint": fingerprint.encode()}
    if await session.scalar(_CLAIM, values):
        return None
    found = await find(session, ctx, scope, key, fingerprint)
    assert found is not None, "the row that was in the way"
    return found


async def find(session: AsyncSession, ctx: Context, scope: str, key: str, fingerprint: str) -> StoredAnswer | None:
    """The stored answer, None when the key is new. Raises Conflict as `claim` does."""
    row = (await session.execute(_FIND, {"tenant_id": ctx.tenant_id, "scope": scope, "key": key})).one_or_none()
    if row is None:
        return None
    if row.fingerprint != fingerprint.encode():
        raise Conflict("idempotency_key_reused", key=key)
    if row.status is None:
        raise Conflict("idempotency_key_in_use", key=key)
    return StoredAnswer(row.status, row.body, row.headers or {})


async def keep(
    session: AsyncSession, ctx: Context, scope: str, key: str, fingerprint: str, answer: StoredAnswer
) -> None:
    """Key and answer at once, where the effect has a (system) transaction of its own: in that one."""
    values = {
        "tenant_id": ctx.tenant_id, "scope": scope, "key": key, "fingerprint": fingerprint.encode(),
        "status": answer.status, "headers": answer.headers, "body": answer.body,
    }  # fmt: skip
    await session.execute(_KEEP, values)


async def finish(session: AsyncSession, scope: str, key: str, answer: StoredAnswer) -> None:
    """Store the answer beside its effect, in the same transaction."""
    values = {"scope": scope, "key": key, "status": answer.status, "headers": answer.headers, "body": answer.body}
    await session.execute(_FINISH, values)


async def prune(session: AsyncSession, before: datetime) -> int:
    """Forget keys older than that, of all tenants (system session); returns how many."""
    done = await session.execute(sa.text("DELETE FROM idempotency_keys WHERE created_at < :before"), {"before": before})
    return affected(done)
