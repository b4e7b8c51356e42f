"""Counts and samples of the health of data: written in the transaction that takes the messages, read by period."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.ids import new_id
from enterprise_app.core.table import affected
from enterprise_app.domains.analytics.health_models import HEALTH, REJECTS, SHARDS
from enterprise_app.domains.analytics.queries.storing import Intake
from enterprise_app.domains.analytics.rules.tally import Refused, Tally
from enterprise_app.domains.analytics.vocabulary import HealthKind

KEPT = 100
"""Refused messages of a source that are kept."""
# In one order everywhere, and as the last thing of a transaction: nobody who waits here is waited for.
_ADD = sa.text(
    f"""
    INSERT INTO analytics_health (tenant_id, hour_at, source_id, kind, code, shard, messages, bytes)
    SELECT :tenant_id, :hour_at, :source_id, kind, code, pg_backend_pid() % {SHARDS}, messages, bytes
    FROM unnest(:kinds, :codes, :messages, :bytes) AS counted (kind, code, messages, bytes)
    ORDER BY kind, code
    ON CONFLICT (tenant_id, hour_at, source_id, kind, code, shard) DO UPDATE
    SET messages = analytics_health.messages + excluded.messages, bytes = analytics_health.bytes + excluded.bytes
    """  # noqa: S608 - a number of ours
).bindparams(
    sa.bindparam("kinds", type_=ARRAY(sa.Text)),
    sa.bindparam("codes", type_=ARRAY(sa.Text)),
    sa.bindparam("messages", type_=ARRAY(sa.BigInteger)),
    sa.bindparam("bytes", type_=ARRAY(sa.BigInteger)),
)
_FORGET = sa.text(
    f"""
    DELETE FROM analytics_rejects WHERE (tenant_id, source_id, id) IN (
        SELECT tenant_id, source_id, id FROM analytics_rejects
        WHERE tenant_id = :tenant_id AND source_id = :source_id
        ORDER BY id DESC OFFSET {KEPT} FOR UPDATE SKIP LOCKED
    )
    """  # noqa: S608
)


async def note(session: AsyncSession, intake: Intake, tally: Tally) -> None:
    """Add what was counted, the refused messages too. The last statement of the transaction."""
    if tally.samples:
        await _keep_samples(session, intake, tally.samples)
    if tally:
        await session.execute(_ADD, _counts(intake, tally))


def _counts(intake: Intake, tally: Tally) -> dict[str, Any]:
    counted = sorted(tally.counts.items())
    return {
        "tenant_id": intake.tenant_id,
        "source_id": intake.source_id,
        "hour_at": intake.received_at.replace(minute=0, second=0, microsecond=0),
        "kinds": [kind.value for (kind, _), _ in counted],
        "codes": [code for (_, code), _ in counted],
        "messages": [messages for _, messages in counted],
        "bytes": [tally.stored if kind is HealthKind.ACCEPTED else 0 for (kind, _), _ in counted],
    }


async def _keep_samples(session: AsyncSession, intake: Intake, samples: list[Refused]) -> None:
    common = {"tenant_id": intake.tenant_id, "source_id": intake.source_id, "rejected_at": intake.received_at}
    rows = [
        common
        | {"id": new_id(), "code": one.code, "field": one.field, "params": one.params}
        | {"message_id": one.message_id, "message": one.message}
        for one in samples
    ]
    await session.execute(sa.insert(REJECTS), rows)
    await session.execute(_FORGET, {"tenant_id": intake.tenant_id, "source_id": intake.source_id})


async def forget(session: AsyncSession, tenant_id: UUID, counts: datetime | None, samples: datetime) -> int:
    """Delete counts (None: no counts) and samples from before; returns how many rows of counts."""
    old = (REJECTS.c.tenant_id == tenant_id, REJECTS.c.rejected_at < samples)
    await session.execute(sa.delete(REJECTS).where(*old))
    if counts is None:
        return 0
    gone = sa.delete(HEALTH).where(HEALTH.c.tenant_id == tenant_id, HEALTH.c.hour_at < counts)
    return affected(await session.execute(gone))


async def sums(
    session: AsyncSession,
    tenant_id: UUID,
    start: datetime,
    end: datetime,
    source_id: UUID | None,
    starts: list[datetime],
) -> list[Any]:
    """Messages and bytes by bucket (1 is the first of `starts`), source, kind and code."""
    h = HEALTH.c
    edges = sa.cast(sa.literal(starts, ARRAY(sa.DateTime(timezone=True))), ARRAY(sa.DateTime(timezone=True)))
    bucket = sa.func.width_bucket(h.hour_at, edges).label("bucket")
    found = (
        sa.select(
            bucket, h.source_id, h.kind, h.code, sa.func.sum(h.messages).label("messages"),
            sa.func.sum(h.bytes).label("bytes"),
        )
        .where(h.tenant_id == tenant_id, h.hour_at >= start, h.hour_at < end)
        .group_by(bucket, h.source_id, h.kind, h.code)
    )  # fmt: skip
    if source_id:
        found = found.where(h.source_id == source_id)
    return list((await session.execute(found)).all())


async def last_hour(session: AsyncSession, tenant_id: UUID) -> datetime | None:
    """The last hour in which anything came."""
    h = HEALTH.c
    return await session.scalar(sa.select(sa.func.max(h.hour_at)).where(h.tenant_id == tenant_id))


async def samples(
    session: AsyncSession, tenant_id: UUID, source_id: UUID | None, code: str | None, limit: int
) -> list[Any]:
    """The last refused messages, newest first."""
    r = REJECTS.c
    found = sa.select(REJECTS).where(r.tenant_id == tenant_id).order_by(r.id.desc()).limit(limit)
    if source_id:
        found = found.where(r.source_id == source_id)
    if code:
        found = found.where(r.code == code)
    return list((await session.execute(found)).all())
