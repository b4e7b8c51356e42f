"""The row that says how long a tenant's events are kept, and what it would cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics.models import RETENTION
from enterprise_app.domains.analytics.rules.retention import Announced, Oldest, Windows
from enterprise_app.domains.analytics.vocabulary import ImportedKeep

_EDGES = """
    SELECT min(first) FILTER (WHERE kind <> 'import') AS events, min(first) FILTER (WHERE kind = 'import') AS imports
    FROM (
        SELECT kind, CASE WHEN kind = 'platform' THEN created_at ELSE first_event_at END AS first
        FROM analytics_sources WHERE tenant_id = :tenant_id
    ) AS sources
"""
_OLDER = """
    SELECT count(*) FROM analytics_events AS e JOIN analytics_sources AS s
        ON s.tenant_id = e.tenant_id AND s.id = e.source_id
    WHERE e.tenant_id = :tenant_id
        AND e.occurred_at < CASE WHEN s.kind = 'import' THEN :imports_before ELSE :events_before END
        AND e.occurred_at < greatest(:imports_before, :events_before)
"""
_MOMENT = sa.DateTime(timezone=True)
_BOUNDS = [sa.bindparam("imports_before", type_=_MOMENT), sa.bindparam("events_before", type_=_MOMENT)]


@dataclass(frozen=True, slots=True)
class Keeping:
    """A tenant's row: its choice for imported events, and what was announced."""

    version: int = 1
    imported: ImportedKeep = ImportedKeep.FOREVER
    imported_days: int | None = None
    announced: Announced | None = None


async def find(session: AsyncSession, tenant_id: UUID, *, locked: bool = False) -> Keeping:
    """The row, the usual choice where there is none; `locked` makes one and holds it until the transaction ends."""
    if locked:
        await session.execute(insert(RETENTION).values(tenant_id=tenant_id).on_conflict_do_nothing())
    select = sa.select(RETENTION).where(RETENTION.c.tenant_id == tenant_id)
    row = (await session.execute(select.with_for_update() if locked else select)).first()
    if row is None:
        return Keeping()
    announced = None
    if row.due_at is not None:
        announced = Announced(Windows(row.announced_days, row.announced_imported_days), row.due_at)
    return Keeping(row.version, ImportedKeep(row.imported), row.imported_days, announced)


async def save(session: AsyncSession, tenant_id: UUID, **values: Any) -> None:
    """Change the row, which exists."""
    await session.execute(sa.update(RETENTION).where(RETENTION.c.tenant_id == tenant_id).values(**values))


async def save_decision(
    session: AsyncSession,
    tenant_id: UUID,
    announced: Announced | None,
    events_before: datetime | None,
    imports_before: datetime | None,
) -> None:
    """What was announced, and what may go from now on: the nightly deletion reads only this."""
    values = {
        "announced_days": announced.windows.events if announced else None,
        "announced_imported_days": announced.windows.imports if announced else None,
        "due_at": announced.due_at if announced else None,
        "events_before": events_before,
        "imports_before": imports_before,
    }
    await save(session, tenant_id, **values)


async def find_oldest(session: AsyncSession, tenant_id: UUID) -> Oldest:
    """When the oldest events happened, as the sources have it: none is older. The events themselves are not read."""
    row = (await session.execute(sa.text(_EDGES), {"tenant_id": tenant_id})).one()
    return Oldest(row.events, row.imports)


async def count_older(session: AsyncSession, tenant_id: UUID, events: datetime, imports: datetime) -> int:
    """How many live and imported events happened before these moments."""
    values = {"tenant_id": tenant_id, "events_before": events, "imports_before": imports}
    return (await session.execute(sa.text(_OLDER).bindparams(*_BOUNDS), values)).scalar_one()
