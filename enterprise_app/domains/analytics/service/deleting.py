"""Deletes what may go, as the owner of the tables: whole months where all in them is due, the rest in bounded pieces.

Each piece takes the events' ids out of the memory of repeats, and marks their slots for the rollups, in its own
transaction: killed anywhere, what is left is whole, the overview equals a recount, and importing a file again adds
what is gone and nothing else.
"""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from psycopg import sql

from enterprise_app.core.clock import now
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.domains.analytics.rules.retention import still_due, windows_of
from enterprise_app.domains.analytics.vocabulary import ImportedKeep
from enterprise_app.domains.tenancy import service as tenancy

log = logging.getLogger(__name__)

PIECE = 5_000
_LOCK_TIMEOUT = "3s"
_MONTH = re.compile(r"analytics_events_(\d{4})_(\d{2})")
# Locked: neither plan nor choice changes between this look and the end of the piece's transaction.
_DUE = """
    SELECT r.tenant_id, t.plan, t.trial_ends_at, r.imported, r.imported_days, r.events_before, r.imports_before
    FROM analytics_retention AS r JOIN tenants AS t ON t.id = r.tenant_id
    WHERE (%(tenant)s::uuid IS NULL OR r.tenant_id = %(tenant)s::uuid)
        AND (r.events_before IS NOT NULL OR r.imports_before IS NOT NULL)
    ORDER BY r.tenant_id FOR SHARE OF r, t
"""
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
        INSERT INTO analytics_dirty (tenant_id, slot_at, removed)
        SELECT DISTINCT %(tenant)s::uuid, date_bin('15 minutes', occurred_at, '2000-01-01Z'), true FROM gone
    )
    SELECT count(*) FROM gone
"""
_NOTE_FIRST = """
    UPDATE analytics_sources SET first_event_at = %(before)s
    WHERE tenant_id = %(tenant)s AND (kind = 'import') = %(imported)s AND first_event_at < %(before)s
"""
_SURVIVOR = """
    SELECT EXISTS (
        SELECT FROM {month} AS e
        LEFT JOIN unnest(%(tenants)s::uuid[], %(events)s::timestamptz[], %(imports)s::timestamptz[])
            AS r (tenant_id, events_before, imports_before) ON r.tenant_id = e.tenant_id
        LEFT JOIN analytics_sources AS s ON s.tenant_id = e.tenant_id AND s.id = e.source_id
        WHERE (e.occurred_at < CASE WHEN s.kind = 'import' THEN r.imports_before ELSE r.events_before END) IS NOT TRUE
    )
"""
_LEAVE = """
    WITH forgotten AS (
        DELETE FROM analytics_seen AS s USING {month} AS e WHERE s.tenant_id = e.tenant_id AND s.id = e.id
    )
    INSERT INTO analytics_dirty (tenant_id, slot_at, removed)
    SELECT DISTINCT e.tenant_id, date_bin('15 minutes', e.occurred_at, '2000-01-01Z'), true FROM {month} AS e
"""


@dataclass(frozen=True, slots=True)
class _Due:
    """A tenant's live and imported events may go that happened before these moments."""

    tenant_id: UUID
    events_before: datetime | None
    imports_before: datetime | None

    def before(self, imported: bool) -> datetime | None:
        """For one of the two kinds."""
        return self.imports_before if imported else self.events_before


def delete_due(owner_url: str) -> dict[str, int]:
    """Delete for every tenant what was announced and is due; returns how many events and whole months went.

    Nothing goes that plan and choice, as they are in the moment of deletion, keep.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        due = _read_due(connection)
        months = _drop_months(connection, due)
        events = sum(_delete(connection, one.tenant_id, imported) for one in due for imported in (False, True))
    return {"events": events, "months": months}


def _read_due(connection: psycopg.Connection, tenant_id: UUID | None = None) -> list[_Due]:
    """What was decided, as far as it still holds."""
    at, found = now(), []
    for tenant, plan, trial_ends_at, imported, days, events, imports in connection.execute(_DUE, {"tenant": tenant_id}):
        granted = tenancy.entitlements_in_force(plan, trial_ends_at, at).limit(Limit.RETENTION_DAYS)
        windows = windows_of(granted, ImportedKeep(imported), days)
        found.append(_Due(tenant, still_due(events, windows.events, at), still_due(imports, windows.imports, at)))
    return found


def _delete(connection: psycopg.Connection, tenant_id: UUID, imported: bool) -> int:
    total = 0
    while True:
        try:
            done = _delete_piece(connection, tenant_id, imported)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            log.warning("analytics.retention_busy", extra={"tenant": str(tenant_id)})
            return total
        total += done
        if done < PIECE:
            return total


def _delete_piece(connection: psycopg.Connection, tenant_id: UUID, imported: bool) -> int:
    """One transaction: what may go is asked for anew in each."""
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
        before = next((one.before(imported) for one in _read_due(connection, tenant_id)), None)
        if before is None:
            return 0
        values = {"tenant": tenant_id, "before": before, "imported": imported, "piece": PIECE}
        row = connection.execute(_DELETE, values).fetchone()
        done = row[0] if row else 0
        if done < PIECE:
            connection.execute(_NOTE_FIRST, values)
        return done


def _drop_months(connection: psycopg.Connection, due: list[_Due]) -> int:
    """Months in which every event of every tenant is due: dropping a table costs nothing, deleting its rows would."""
    latest = max((at for one in due for at in (one.events_before, one.imports_before) if at), default=None)
    if latest is None:
        return 0
    dropped = 0
    for (name,) in connection.execute(_PARTITIONS).fetchall():
        end = _end(name)
        if end is not None and end <= latest and not _survives(connection, name, due):
            dropped += _drop(connection, name)
    return dropped


def _end(name: str) -> datetime | None:
    found = _MONTH.fullmatch(name)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _survives(connection: psycopg.Connection, name: str, due: list[_Due]) -> bool:
    values = {
        "tenants": [one.tenant_id for one in due],
        "events": [one.events_before for one in due],
        "imports": [one.imports_before for one in due],
    }
    row = connection.execute(sql.SQL(_SURVIVOR).format(month=sql.Identifier(name)), values).fetchone()
    return row is None or row[0]


def _drop(connection: psycopg.Connection, name: str) -> int:
    """One transaction: looked at once more while nobody may add to it. Busy, it waits for the next night."""
    month = sql.Identifier(name)
    try:
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
            connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(month))
            if _survives(connection, name, _read_due(connection)):
                return 0
            connection.execute(sql.SQL(_LEAVE).format(month=month))
            connection.execute(sql.SQL("DROP TABLE {}").format(month))
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        log.warning("analytics.month_busy", extra={"month": name})
        return 0
    return 1
