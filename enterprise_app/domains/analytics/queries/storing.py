"""Stores events exactly once: the ids decide, in one transaction with everything that follows from the events.

COPY is the fastest way in, but refused for tables under row-level security: the lines go into a temporary table of the
connection first, which is empty again at the end of each transaction.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.db_alone import as_usual
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.queries.viewing import views_in
from enterprise_app.domains.analytics.rules.rows import COLUMNS, SLOT_SECONDS

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
# For experiments: who saw which variant, where a site tells so itself (Segment's semantic event). Most lines say
# nothing of it, so they are looked through only when the words are among the bytes.
_VIEWED = b"Experiment Viewed"
_NOTE_VIEWS = f"""
    INSERT INTO analytics_experiment_views (tenant_id, visitor_id, occurred_at, experiment, variant)
    SELECT '{{tenant_id}}'::uuid, visitor_id, occurred_at, experiment, variant {views_in(_INCOMING)}
"""
_MARK = """
    INSERT INTO analytics_dirty (tenant_id, slot_at)
    SELECT '{tenant_id}'::uuid, to_timestamp(slot::double precision * {seconds})
    FROM unnest('{{{slots}}}'::bigint[]) AS slot
"""
# Hardly ever a write: only what is older than anything before changes the row.
_NOTE_FIRST = """
    UPDATE analytics_sources SET first_event_at = to_timestamp({first}::double precision * {seconds})
    WHERE tenant_id = '{tenant_id}'::uuid AND id = '{source_id}'::uuid
        AND (first_event_at IS NULL OR first_event_at > to_timestamp({first}::double precision * {seconds}))
"""
_PATIENCE = "SET LOCAL lock_timeout = '{patience}s'"
_MANY = 5_000
"""From so many lines on, emptying the table by a new file is cheaper than marking each line as deleted."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Where events come from, and how to take them.

    `forever`: their ids are remembered as long as the data (imports), not only for the window of live messages.
    `patience`: seconds to wait for another transaction that stores the same ids.
    """

    tenant_id: UUID
    source_id: UUID
    received_at: datetime
    forever: bool
    patience: int = 30

    def values(self) -> dict[str, Any]:
        """For the statements: nothing of it is a stranger's text."""
        return {
            "tenant_id": self.tenant_id,
            "source_id": self.source_id,
            "received_at": self.received_at.isoformat(),
            "seen_on": self.received_at.date(),
            "forever": self.forever,
            "patience": self.patience,
        }


async def store(session: AsyncSession, intake: Intake, lines: bytes, count: int, slots: Iterable[int] = ()) -> set[str]:
    """Store what is new of `count` events, as lines of `rules.rows`; returns the ids of those that were there before.

    Ids must differ within `lines`. The `slots` that the events lie in are marked for the rollups; who leaves them out
    does so later in the same transaction (`mark_dirty`).
    """
    if not count:
        return set()
    async with driver_cursor(session) as cursor:
        return await _store(cursor, intake.values(), lines, count, list(slots))


async def mark_dirty(session: AsyncSession, tenant_id: UUID, source_id: UUID, slots: Iterable[int]) -> None:
    """Have the rollups of these slots of a source redone; in the transaction that stores their events."""
    if statement := _marking(tenant_id, source_id, slots):
        async with driver_cursor(session) as cursor:
            await _run(cursor, statement)


def _marking(tenant_id: UUID, source_id: UUID, slots: Iterable[int]) -> str:
    """The marks, and when the source's first event happened."""
    ordered = sorted(slots)
    if not ordered:
        return ""
    values = {"tenant_id": tenant_id, "source_id": source_id, "seconds": SLOT_SECONDS}
    listed = ",".join(map(str, ordered))
    return _MARK.format(slots=listed, **values) + ";" + _NOTE_FIRST.format(first=ordered[0], **values)


@asynccontextmanager
async def driver_cursor(
    session: AsyncSession, kind: type[psycopg.AsyncCursor[Any]] = psycopg.AsyncCursor
) -> AsyncIterator[psycopg.AsyncCursor[Any]]:
    """The driver's own cursor in the session's transaction: what COPY and many statements at once take."""
    connection = await session.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    try:
        async with kind(driver) as cursor:
            yield cursor
    except psycopg.Error as error:
        raise await as_usual(connection, driver, error) from error


async def _store(
    cursor: psycopg.AsyncCursor[Any], values: dict[str, Any], lines: bytes, count: int, slots: list[int]
) -> set[str]:
    await _run(cursor, _PATIENCE.format(**values), _CREATE)
    async with cursor.copy(_COPY.encode()) as copy:
        await copy.write(lines)
    await _run(cursor, _REMEMBER.format(**values))
    repeats: set[str] = set()
    if cursor.rowcount < count:
        await _run(cursor, _FORGET_REPEATS.format(**values))
        repeats = {row[0].hex for row in await cursor.fetchall()}
    viewed = _NOTE_VIEWS.format(**values) if _VIEWED in lines else ""
    emptied = f"TRUNCATE {_INCOMING}" if count >= _MANY else f"DELETE FROM {_INCOMING}"  # noqa: S608
    if len(repeats) < count:
        marks = _marking(values["tenant_id"], values["source_id"], slots)
        await _run(cursor, _INSERT.format(**values), viewed, marks, emptied)
    else:
        await _run(cursor, emptied)
    return repeats


async def _run(cursor: psycopg.AsyncCursor[Any], *statements: str) -> None:
    """In one round trip; the cursor stands at the result of the first."""
    await cursor.execute(";".join(filter(None, statements)).encode(), prepare=False)
