"""The backlog's rows: many written at once, read oldest first, deleted in the transaction that stores their events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import write_alone
from enterprise_app.core.ids import new_id
from enterprise_app.core.table import affected
from enterprise_app.domains.analytics.models import BACKLOG

MAX_ROWS, MAX_MESSAGES, MAX_BYTES = 200, 8_000, 4 * 1024 * 1024
"""What is read at once: as long as none of the three is passed, at least one row."""
_LONGEST_PAUSE = 3_600
MAX_ATTEMPTS = 100
"""Are counted, which takes four days; it goes on after that."""
_COLUMNS = ("tenant_id", "id", "source_id", "received_at", "messages", "bytes", "ip", "agent", "body")
_ADD = f"INSERT INTO analytics_backlog ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608 - our own names
_OLDEST = sa.text(
    """
    SELECT id, source_id, received_at, ip, agent, body FROM (
        SELECT *, sum(messages) OVER w AS all_messages, sum(bytes) OVER w AS all_bytes, row_number() OVER w AS place
        FROM (
            SELECT * FROM analytics_backlog WHERE tenant_id = :tenant_id AND due_at <= now() ORDER BY id LIMIT :rows
        ) AS oldest WINDOW w AS (ORDER BY id)
    ) AS counted WHERE place = 1 OR (all_messages <= :messages AND all_bytes <= :bytes) ORDER BY id
    """
)
_IDS = sa.bindparam("ids", type_=ARRAY(sa.Uuid))
_SETTLE = sa.text("DELETE FROM analytics_backlog WHERE tenant_id = :tenant_id AND id = ANY(:ids)").bindparams(_IDS)
_PUT_OFF = sa.text(
    f"""
    UPDATE analytics_backlog SET attempts = least(attempts + 1, {MAX_ATTEMPTS}),
        due_at = now() + interval '1 second' * least(power(2, least(attempts, 20)), {_LONGEST_PAUSE})
    WHERE tenant_id = :tenant_id AND id = ANY(:ids)
    """  # noqa: S608 - a number of ours
).bindparams(_IDS)
_B = BACKLOG.c


@dataclass(frozen=True, slots=True)
class Body:
    """A batch's body, packed by zstandard, checked to be good, and what its request said of the sender."""

    source_id: UUID
    received_at: datetime
    messages: int
    data: bytes
    ip: str | None
    agent: str | None

    def values(self, tenant_id: UUID) -> tuple[Any, ...]:
        """In the order of the columns."""
        return (tenant_id, new_id(), self.source_id, self.received_at, self.messages, len(self.data), self.ip,
                self.agent, self.data)  # fmt: skip


class Waiting(NamedTuple):
    """How much waits, and since when."""

    messages: int
    bytes: int
    since: datetime | None
    rows: int


async def add(ctx: Context, bodies: Sequence[Body]) -> None:
    """Keep them, in one statement that is a transaction of its own."""
    values = [value for body in bodies for value in body.values(ctx.tenant_id)]
    await write_alone(ctx, _statement(len(bodies)), values)


@lru_cache(maxsize=256)
def _statement(rows: int) -> bytes:
    """The insert of so many, with PostgreSQL's own placeholders: long statements are not taken apart each time."""
    width = len(_COLUMNS)
    places = (f"({','.join(f'${row * width + n + 1}' for n in range(width))})" for row in range(rows))
    return (_ADD + ",".join(places)).encode()


async def measure(session: AsyncSession, tenant_id: UUID) -> Waiting:
    """What waits of a tenant."""
    sums = sa.select(sa.func.coalesce(sa.func.sum(_B.messages), 0), sa.func.coalesce(sa.func.sum(_B.bytes), 0),
                     sa.func.min(_B.received_at), sa.func.count()).where(_B.tenant_id == tenant_id)  # fmt: skip
    return Waiting(*(await session.execute(sums)).one())


async def oldest(session: AsyncSession, tenant_id: UUID) -> list[Any]:
    """The next rows to store."""
    limits = {"rows": MAX_ROWS, "messages": MAX_MESSAGES, "bytes": MAX_BYTES}
    return list((await session.execute(_OLDEST, {"tenant_id": tenant_id} | limits)).all())


async def settle(session: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> int:
    """Delete rows whose events this transaction stores; returns how many were still there."""
    return affected(await session.execute(_SETTLE, {"tenant_id": tenant_id, "ids": list(ids)}))


async def forget(session: AsyncSession, tenant_id: UUID, before: datetime) -> int:
    """Delete what came before that and could not be stored, however often it was tried; returns how many rows."""
    hopeless = (_B.tenant_id == tenant_id, _B.received_at < before, _B.attempts >= MAX_ATTEMPTS)
    return affected(await session.execute(sa.delete(BACKLOG).where(*hopeless)))


async def put_off(session: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> None:
    """Try them again later, each time after twice as long, at most an hour."""
    await session.execute(_PUT_OFF, {"tenant_id": tenant_id, "ids": list(ids)})
