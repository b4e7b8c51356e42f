"""What analytics does in the background: imports, rollups, forgetting old message ids, next month's partitions."""

import asyncio
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from enterprise_app.core import db
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.jobs import Schedule, job
from enterprise_app.core.table import tenant_partition
from enterprise_app.core.upkeep import Upkeep
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.errors import ImportCancelled, ImportRunning, UploadMissing
from enterprise_app.domains.analytics.schemas import ImportPlan, ImportStatus
from enterprise_app.domains.analytics.service.backlog import AREA
from enterprise_app.domains.analytics.service.deleting import delete_due
from enterprise_app.domains.analytics.service.imports import note_failure
from enterprise_app.domains.analytics.vocabulary import FileFormat, ImportState

MONTHS_AHEAD = 3
_LOCK_TIMEOUT = "5s"


@job("analytics.import", concurrency=1)
async def run_import(
    tenant_id: str,
    *,
    import_id: str,
    path: str,
    file_format: str,
    file_name: str,
    source_name: str,
    site: str | None = None,
    plan: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Import an uploaded file and delete it. Run again after a crash it is exact: an import is whole or not at all."""
    ctx = job_context(UUID(tenant_id), "analytics.import")
    file, noted = Path(path), UUID(import_id)
    rejects = file.with_name(f"{import_id}.rejected.jsonl")
    async with tenant_session(ctx) as session:
        before = await service.get_import(session, ctx, noted)
    if before.state in (ImportState.FINISHED, ImportState.CANCELLED):  # a crash after its end, or never to begin
        return await _ended(ctx, before, file)
    try:
        done = await service.import_file(
            ctx, file, FileFormat(file_format), source_name=source_name, site=site, file_name=file_name,
            import_id=noted, plan=ImportPlan.model_validate(plan) if plan else None, rejects_path=rejects,
        )  # fmt: skip
    except ImportCancelled:
        async with tenant_session(ctx) as session:
            return await _ended(ctx, await service.get_import(session, ctx, noted), file)
    except Exception as error:
        await note_failure(ctx, noted, error)
        if before.upload_id is None:  # a failed job is not run again, so nobody would ever read the file
            await asyncio.to_thread(file.unlink, missing_ok=True)
        raise
    finally:
        await asyncio.to_thread(rejects.unlink, missing_ok=True)
    return await _ended(ctx, done, file)


async def _ended(ctx: Context, done: ImportStatus, file: Path) -> dict[str, Any]:
    """Delete the file, unless it can be tried again; what came of it."""
    if done.upload_id is None:
        await asyncio.to_thread(file.unlink, missing_ok=True)
    elif done.state is ImportState.FINISHED:
        with suppress(UploadMissing, ImportRunning):
            await service.remove_upload(ctx, done.upload_id)
    return done.model_dump(mode="json", include={"state", "accepted", "rejected", "duplicates"})


@job("analytics.tidy_imports")
async def run_tidy_imports(tenant_id: str, *, due_at: str = "") -> dict[str, int]:
    """Delete files that nobody imported, and old reports of rejected lines."""
    return await service.tidy_imports(job_context(UUID(tenant_id), "analytics.tidy_imports"))


@job("analytics.forget_seen")
async def run_forget_seen(tenant_id: str, *, due_at: str = "") -> int:
    """Forget the ids of messages older than the window of recognition."""
    ctx = job_context(UUID(tenant_id), "analytics.forget_seen")
    async with tenant_session(ctx) as session:
        return await service.forget_seen(session, ctx)


@job("analytics.partitions")
async def run_partitions(tenant_id: str, *, due_at: str = "") -> list[str]:
    """Make the partitions of the coming months, as the owner of the tables; returns the new ones."""
    return await asyncio.to_thread(ensure_partitions, db.urls().direct_owner, now().date())


@job("analytics.retention")
async def run_retention(tenant_id: str, *, due_at: str = "") -> str:
    """Announce what is about to go, and let go what was announced a week ago."""
    ctx = job_context(UUID(tenant_id), "analytics.retention")
    async with tenant_session(ctx) as session:
        from_when = await service.decide_retention(session, ctx)
    return from_when.isoformat() if from_when else ""


@job("analytics.delete_due", concurrency=1)
async def run_delete_due(tenant_id: str, *, due_at: str = "") -> dict[str, int]:
    """Delete what may go, for all tenants, as the owner of the tables."""
    return await asyncio.to_thread(delete_due, db.urls().direct_owner)


SCHEDULES = (
    Schedule("analytics.retention", "41 3 * * *", run_retention),
    Schedule("analytics.delete_due", "11 4 * * *", run_delete_due, per_tenant=False),
    Schedule("analytics.tidy_imports", "29 3 * * *", run_tidy_imports),
    Schedule("analytics.forget_seen", "17 3 * * *", run_forget_seen),
    Schedule("analytics.partitions", "7 2 * * *", run_partitions, per_tenant=False),
)


# From tenant to tenant along the index: as many steps as tenants have marks, however many marks they have. A day is
# closed 51 hours after it began (rules/tiles.py), 53 where the clocks change.
_WITH_WORK = """
    WITH RECURSIVE marked AS (
        (SELECT tenant_id FROM analytics_dirty ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.tenant_id FROM analytics_dirty d WHERE d.tenant_id > m.tenant_id ORDER BY d.tenant_id LIMIT 1)
        FROM marked m WHERE m.tenant_id IS NOT NULL
    )
    SELECT tenant_id FROM marked WHERE tenant_id IS NOT NULL
    UNION
    SELECT tenant_id FROM analytics_counting
    WHERE rolled_from > '2000-01-01Z' OR closed_until < now() - interval '53 hours'
"""

ROLLUPS = Upkeep("analytics.rollups", _WITH_WORK, "analytics", service.keep_rollups)
"""Rollups follow the events."""

_WITH_BACKLOG = """
    WITH RECURSIVE waiting AS (
        (SELECT tenant_id FROM analytics_backlog ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT tenant_id FROM analytics_backlog WHERE tenant_id > w.tenant_id ORDER BY tenant_id LIMIT 1)
        FROM waiting w WHERE w.tenant_id IS NOT NULL
    )
    SELECT tenant_id FROM waiting WHERE tenant_id IS NOT NULL
"""

BACKLOG = Upkeep("analytics.backlog", _WITH_BACKLOG, AREA, service.drain_backlog, rest=0.1)
"""What was kept in a rush is stored. It hardly rests: its senders have been answered, and it is behind."""


def ensure_partitions(owner_url: str, today: date) -> list[str]:
    """Make what is missing of this month and MONTHS_AHEAD; rows that waited in the rest move in."""
    made = []
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
        for offset in range(MONTHS_AHEAD + 1):
            start, end = _month(today, offset), _month(today, offset + 1)
            name = f"analytics_events_{start:%Y_%m}"
            if connection.execute("SELECT to_regclass(%s)", [name]).fetchone() == (None,):
                _make(connection, name, start, end)
                made.append(name)
    return made


class _Operations:
    """What core.table needs of alembic, on a plain connection."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def execute(self, sqltext: Any) -> Any:
        return self._connection.execute(sqltext)


def _make(connection: psycopg.Connection, name: str, start: date, end: date) -> None:
    """One transaction: the table, closed; its rows out of the rest; attached."""
    table, bounds = sql.Identifier(name), {"start": sql.Literal(start), "end": sql.Literal(end)}
    with connection.transaction():
        connection.execute(
            sql.SQL("CREATE TABLE {} (LIKE analytics_events INCLUDING DEFAULTS INCLUDING INDEXES)").format(table)
        )
        tenant_partition(_Operations(connection), name)
        # Between moving and attaching nobody may add to the rest.
        connection.execute("LOCK TABLE analytics_events_rest IN ACCESS EXCLUSIVE MODE")
        connection.execute(
            sql.SQL(
                "WITH moved AS (DELETE FROM analytics_events_rest WHERE occurred_at >= {start} AND occurred_at < {end}"
                " RETURNING *) INSERT INTO {table} SELECT * FROM moved"
            ).format(table=table, **bounds)
        )
        connection.execute(
            sql.SQL(
                "ALTER TABLE analytics_events ATTACH PARTITION {table} FOR VALUES FROM ({start}) TO ({end})"
            ).format(table=table, **bounds)
        )


def _month(today: date, offset: int) -> date:
    index = today.year * 12 + today.month - 1 + offset
    return date(index // 12, index % 12 + 1, 1)
