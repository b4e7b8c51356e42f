"""Deletes what may go, as the owner of the tables: whole months where all in them is due, the rest in bounded pieces.

Each piece takes the events' ids out of the memory of repeats, and marks their slots for the rollups, in its own
transaction: killed anywhere, what is left is whole, the overview equals a recount, and importing a file again adds
what is gone and nothing else.
"""

import logging
import re
from datetime import UTC, datetime

import psycopg
from psycopg import sql

log = logging.getLogger(__name__)

PIECE = 5_000
_LOCK_TIMEOUT = "3s"
_MONTH = re.compile(r"analytics_events_(\d{4})_(\d{2})")
_DUE = "SELECT tenant_id, events_before, imports_before FROM analytics_retention"
_PARTITIONS = """
    SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'analytics_events'::regclass
"""
_DELETE = """
    WITH due AS MATERIALIZED (
        SELECT e.tenant_id, e.occurred_at, e.id FROM analytics_events AS e
        WHERE e.tenant_id = %(tenant)s AND e.occurred_at < %(before)s AND e.source_id IN (
            SELECT s.id FROM analytics_sources AS s
            WHERE s.tenant_id = %(tenant)s AND (s.kind = 'import') = %(imported)s
        )
        ORDER BY e.occurred_at LIMIT %(piece)s
    ), gone AS (
        DELETE FROM analytics_events AS e USING due
        WHERE e.tenant_id = due.tenant_id AND e.occurred_at = due.occurred_at AND e.id = due.id
        RETURNING e.id, e.occurred_at
    ), forgotten AS (
        DELETE FROM analytics_seen AS s USING gone WHERE s.tenant_id = %(tenant)s AND s.id = gone.id
    ), marked AS (
        INSERT INTO analytics_dirty (tenant_id, slot_at)
        SELECT DISTINCT %(tenant)s::uuid, date_bin('15 minutes', occurred_at, '2000-01-01Z') FROM gone
    )
    SELECT count(*) FROM gone
"""
_SURVIVOR = """
    SELECT EXISTS (
        SELECT FROM {month} AS e
        LEFT JOIN analytics_retention AS r ON r.tenant_id = e.tenant_id
        LEFT JOIN analytics_sources AS s ON s.tenant_id = e.tenant_id AND s.id = e.source_id
        WHERE (e.occurred_at < CASE WHEN s.kind = 'import' THEN r.imports_before ELSE r.events_before END) IS NOT TRUE
    )
"""
_LEAVE = """
    WITH forgotten AS (
        DELETE FROM analytics_seen AS s USING {month} AS e WHERE s.tenant_id = e.tenant_id AND s.id = e.id
    )
    INSERT INTO analytics_dirty (tenant_id, slot_at)
    SELECT DISTINCT e.tenant_id, date_bin('15 minutes', e.occurred_at, '2000-01-01Z') FROM {month} AS e
"""


def delete_due(owner_url: str) -> dict[str, int]:
    """Delete for every tenant what was announced and is due; returns how many events and whole months went."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        due = connection.execute(_DUE).fetchall()
        months = _drop_months(connection, max((at for _, *times in due for at in times if at), default=None))
        events = 0
        for tenant_id, events_before, imports_before in due:
            for imported, before in ((False, events_before), (True, imports_before)):
                if before is not None:
                    events += _delete(connection, tenant_id, before, imported)
    return {"events": events, "months": months}


def _delete(connection: psycopg.Connection, tenant_id: object, before: datetime, imported: bool) -> int:
    values = {"tenant": tenant_id, "before": before, "imported": imported, "piece": PIECE}
    total = 0
    while True:
        row = connection.execute(_DELETE, values).fetchone()
        total += (done := row[0] if row else 0)
        if done < PIECE:
            return total


def _drop_months(connection: psycopg.Connection, latest: datetime | None) -> int:
    """Months in which every event of every tenant is due: dropping a table costs nothing, deleting its rows would."""
    if latest is None:
        return 0
    dropped = 0
    for (name,) in connection.execute(_PARTITIONS).fetchall():
        end = _end(name)
        if end is not None and end <= latest and not _survives(connection, name):
            dropped += _drop(connection, name)
    return dropped


def _end(name: str) -> datetime | None:
    found = _MONTH.fullmatch(name)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _survives(connection: psycopg.Connection, name: str) -> bool:
    row = connection.execute(sql.SQL(_SURVIVOR).format(month=sql.Identifier(name))).fetchone()
    return row is None or row[0]


def _drop(connection: psycopg.Connection, name: str) -> int:
    """One transaction: looked at once more while nobody may add to it. Busy, it waits for the next night."""
    month = sql.Identifier(name)
    try:
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
            connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(month))
            if _survives(connection, name):
                return 0
            connection.execute(sql.SQL(_LEAVE).format(month=month))
            connection.execute(sql.SQL("DROP TABLE {}").format(month))
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        log.warning("analytics.month_busy", extra={"month": name})
        return 0
    return 1
