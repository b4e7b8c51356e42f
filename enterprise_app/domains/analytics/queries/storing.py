"""Stores events exactly once: the ids decide, in the same statement and so in the same transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.rules.record import EventRecord

_NAMES = tuple(f.name for f in fields(EventRecord))
_JSON = ("properties", "context")
_TYPES = ", ".join(f"{n} {'text' if n in _JSON else EVENTS.c[n].type.compile(postgresql.dialect())}" for n in _NAMES)
_VALUES = ", ".join(f"cast(i.{n} AS jsonb)" if n in _JSON else f"i.{n}" for n in _NAMES)
# Ordered by id, so that two requests with the same messages wait for each other instead of deadlocking.
_STORE = f"""
    WITH incoming AS MATERIALIZED (SELECT * FROM json_to_recordset(cast(:rows AS json)) AS r({_TYPES})),
    fresh AS (
        INSERT INTO analytics_seen (tenant_id, id, seen_on, forever)
        SELECT :tenant_id, id, :seen_on, :forever FROM incoming ORDER BY id
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO analytics_events (tenant_id, source_id, received_at, {", ".join(_NAMES)})
    SELECT :tenant_id, :source_id, :received_at, {_VALUES} FROM incoming i JOIN fresh USING (id)
    RETURNING id
"""  # noqa: S608 - only names of our own columns
_STORE_IDS = sa.text(_STORE)


async def store(
    session: AsyncSession,
    tenant_id: UUID,
    source_id: UUID,
    records: Sequence[EventRecord],
    *,
    received_at: datetime,
    forever: bool,
) -> set[UUID]:
    """Store what is new and return its ids; the others were there before. Ids must differ within `records`.

    `forever`: the ids are remembered as long as the data (imports), not only for the window of live messages.
    """
    if not records:
        return set()
    values = {
        "rows": rows_json(records),
        "tenant_id": tenant_id,
        "source_id": source_id,
        "received_at": received_at,
        "seen_on": received_at.date(),
        "forever": forever,
    }
    return set((await session.execute(_STORE_IDS, values)).scalars())


def rows_json(records: Iterable[EventRecord]) -> str:
    """The records as one JSON array; what is None is left out, which is most of it."""
    return json.dumps([_row(record) for record in records], default=_plain)


def _row(record: EventRecord) -> dict[str, Any]:
    return {name: value for name in _NAMES if (value := getattr(record, name)) is not None}


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
