"""What just happened: the newest events, and how many people and events the last minutes had. Reads are bounded."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.queries.rollups import short_id
from enterprise_app.domains.analytics.vocabulary import ACTIVITY

LOOKED_AT = 10_000
"""The newest events among which those with a name or of a source are looked for."""
_AHEAD = timedelta(minutes=1)
_E = EVENTS.c


async def newest(
    session: AsyncSession,
    tenant_id: UUID,
    columns: list[str],
    since: datetime,
    moment: datetime,
    *,
    source_id: UUID | None = None,
    name: str = "",
    limit: int,
) -> list[Any]:
    """Events since then, newest first; with conditions, among the newest `LOOKED_AT`. None of clocks far ahead."""
    found = (
        sa.select(*(_E[column] for column in columns))
        .where(_E.tenant_id == tenant_id, _E.occurred_at >= since, _E.occurred_at < moment + _AHEAD)
        .order_by(_E.occurred_at.desc(), _E.id.desc())
    )
    if not (source_id or name):
        return list((await session.execute(found.limit(limit))).all())
    some = found.limit(LOOKED_AT).subquery()
    kept = sa.select(some).order_by(some.c.occurred_at.desc(), some.c.id.desc()).limit(limit)
    if source_id:
        kept = kept.where(some.c.source_id == source_id)
    if name:
        kept = kept.where(some.c.name.icontains(name, autoescape=True))
    return list((await session.execute(kept)).all())


async def minutes(
    session: AsyncSession, tenant_id: UUID, start: datetime, end: datetime
) -> list[tuple[int, int, bytes]]:
    """Per minute (counted from 1970): events, and the short ids of its visitors in a row. Humans only."""
    minute = sa.cast(sa.func.floor(sa.func.date_part("epoch", _E.occurred_at) / 60), sa.BigInteger).label("minute")
    each = (
        sa.select(minute, _E.visitor_id, sa.func.count().label("events"))
        .where(_E.tenant_id == tenant_id, _E.occurred_at >= start, _E.occurred_at < end)
        .where(_E.type.in_(ACTIVITY), ~_E.is_bot)
        .group_by(minute, _E.visitor_id)
        .subquery()
    )
    joined = sa.func.string_agg(short_id(each.c.visitor_id), sa.literal_column("''::bytea"), type_=BYTEA)
    rows = await session.execute(sa.select(each.c.minute, sa.func.sum(each.c.events), joined).group_by(each.c.minute))
    return [(int(at), int(events), bytes(visitors)) for at, events, visitors in rows]
