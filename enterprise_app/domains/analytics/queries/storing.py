"""Stores events exactly once: the ids decide, in one transaction with everything that follows from the events.

COPY is the fastest way in, but refused for tables under row-level security: the lines go into a temporary table of the
connection first, which is empty again at the end of each transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.rules.rows import COLUMNS, slot_start

_NAMES = ", ".join(COLUMNS)
COLUMN_TYPES = ", ".join(f"{name} {EVENTS.c[name].type.compile(postgresql.dialect())}" for name in COLUMNS)
"""What a line holds, as a table is declared."""
# Named after its columns: a pooler's connection may outlive a migration.
_INCOMING = f"pg_temp.incoming_{blake2b(COLUMN_TYPES.encode(), digest_size=6).hexdigest()}"
_CREATE = f"CREATE TEMPORARY TABLE IF NOT EXISTS {_INCOMING.partition('.')[2]} ({COLUMN_TYPES}) ON COMMIT DELETE ROWS"
_COPY = f"COPY {_INCOMING} ({_NAMES}) FROM STDIN (FORMAT text, NULL '', ENCODING 'UTF8')"
# Ordered by id: so two transactions with the same messages wait for each other instead of deadlocking, and the index
# is filled from one end to the other.
_REMEMBER = f"""
    INSERT INTO analytics_seen (tenant_id, id, seen_on, forever)
    SELECT '{{tenant_id}}'::uuid, id, '{{seen_on}}'::date, {{forever}} FROM {_INCOMING} ORDER BY id
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - only names of our own columns
# What has an older row in `seen` was there before. Ours of this moment are those of this transaction (xmin) that were
# written after the lines came (cmin); asking for RETURNING above instead would make every insert a third slower.
_FORGET_REPEATS = f"""
    DELETE FROM {_INCOMING} AS i USING analytics_seen AS s
    WHERE s.tenant_id = '{{tenant_id}}'::uuid AND s.id = i.id
        AND NOT (s.xmin = i.xmin AND s.cmin::text::bigint > i.cmin::text::bigint)
    RETURNING i.id
"""  # noqa: S608
_INSERT = f"""
    INSERT INTO analytics_events (tenant_id, source_id, received_at, {_NAMES})
    SELECT '{{tenant_id}}'::uuid, '{{source_id}}'::uuid, '{{received_at}}'::timestamptz, {_NAMES} FROM {_INCOMING}
"""  # noqa: S608
_MARK = sa.text(
    "INSERT INTO analytics_dirty (tenant_id, slot_at)"
    " SELECT :tenant_id, slot_at FROM unnest(cast(:slots AS timestamptz[])) AS slot_at"
)
_MANY = 5_000
"""From so many lines on, emptying the table by a new file is cheaper than marking each line as deleted."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Where events come from. `forever`: their ids are remembered as long as the data (imports), not only for the
    window of live messages."""

    tenant_id: UUID
    source_id: UUID
    received_at: datetime
    forever: bool


async def store(session: AsyncSession, intake: Intake, lines: bytes, count: int) -> set[str]:
    """Store what is new of `count` events, as lines of `rules.rows`; returns the ids of those that were there before.

    Ids must differ within `lines`. Whoever stores marks the slots in the same transaction: `mark_dirty`.
    """
    if not count:
        return set()
    connection = await session.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    try:
        async with driver.cursor() as cursor:
            return await _store(cursor, intake, lines, count)
    except psycopg.Error as error:
        raise await _as_usual(connection, driver, error) from error


async def mark_dirty(session: AsyncSession, tenant_id: UUID, slots: Iterable[int]) -> None:
    """Have the rollups of these slots redone; in the transaction that stores their events."""
    starts = [slot_start(slot) for slot in sorted(slots)]
    if starts:
        await session.execute(_MARK, {"tenant_id": tenant_id, "slots": starts})


async def _store(cursor: psycopg.AsyncCursor[Any], intake: Intake, lines: bytes, count: int) -> set[str]:
    values = {
        "tenant_id": intake.tenant_id,
        "source_id": intake.source_id,
        "received_at": intake.received_at.isoformat(),
        "seen_on": intake.received_at.date(),
        "forever": intake.forever,
    }
    await _run(cursor, _CREATE)
    async with cursor.copy(_COPY.encode()) as copy:
        await copy.write(lines)
    await _run(cursor, _REMEMBER.format(**values))
    repeats: set[str] = set()
    if cursor.rowcount < count:
        await _run(cursor, _FORGET_REPEATS.format(**values))
        repeats = {row[0].hex for row in await cursor.fetchall()}
    if len(repeats) < count:
        await _run(cursor, _INSERT.format(**values))
    await _run(cursor, f"TRUNCATE {_INCOMING}" if count >= _MANY else f"DELETE FROM {_INCOMING}")  # noqa: S608
    return repeats


async def _run(cursor: psycopg.AsyncCursor[Any], statement: str) -> None:
    await cursor.execute(statement.encode(), prepare=False)


async def _as_usual(
    connection: AsyncConnection, driver: psycopg.AsyncConnection[Any], error: psycopg.Error
) -> DBAPIError:
    """The error as SQLAlchemy would have raised it, so that sessions treat it the same: a lost connection is dropped,
    a deadlock is tried again."""
    gone = driver.closed or driver.broken
    if gone:
        await connection.invalidate(error)
    told = DBAPIError.instance(
        "COPY", None, error, psycopg.Error, connection_invalidated=gone, dialect=connection.dialect
    )
    assert isinstance(told, DBAPIError)
    return told
