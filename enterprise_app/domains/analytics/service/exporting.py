"""Raw events as a file: the rows of a filtered list, streamed, as CSV or JSON lines, at most `MAX_ROWS` of them."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.rules.csvtext import csv_line
from enterprise_app.domains.analytics.service.listing import EVENT_LIST, narrowed, patiently
from enterprise_app.domains.analytics.vocabulary import ExportFormat
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

MAX_ROWS = 100_000
_AT_ONCE = 500
_auditing: set[asyncio.Task[None]] = set()
_LEFT_OUT = {"tenant_id"}
COLUMNS = [column.name for column in EVENTS.c if column.name not in _LEFT_OUT]


async def export_events(ctx: Context, query: ListQuery, form: ExportFormat) -> AsyncGenerator[str]:
    """The matching events newest first, piece by piece; after `MAX_ROWS` it ends. Raises as `list_events`.

    Whoever gets exactly so many goes on with `occurred_at:lt:` the last one's time. In a session of its own. That it
    was done is audited at its end, after that session, also when the taker has gone before.
    """
    ctx.require(Permission.EVENTS_READ)
    given, begun, complete = 0, False, False
    try:
        async with tenant_session(ctx) as session, aclosing(_pieces(session, ctx, query)) as pieces:
            async for piece in pieces:
                if not begun and form is ExportFormat.CSV:
                    yield csv_line(COLUMNS)
                begun, given = True, given + len(piece)
                yield "".join([_line(row, form) for row in piece])
        complete = True
    finally:
        if begun:
            await _audit(ctx, query, form, given, complete)


async def _pieces(session: AsyncSession, ctx: Context, query: ListQuery) -> AsyncGenerator[list[tuple[Any, ...]]]:
    """The rows, some at a time; the first piece, which may be empty, says that it has begun."""
    select = narrowed(ctx, [EVENTS.c[name] for name in COLUMNS], query)
    select = EVENT_LIST.filtered(select, replace(query, after=None))
    select = select.order_by(EVENTS.c.occurred_at.desc(), EVENTS.c.id.desc()).limit(MAX_ROWS)
    async with patiently(session):
        rows = await session.stream(select.execution_options(yield_per=_AT_ONCE))
        try:
            yield []
            async for piece in rows.partitions():
                yield [tuple(row) for row in piece]
        finally:
            await rows.close()


async def _audit(ctx: Context, query: ListQuery, form: ExportFormat, rows: int, complete: bool) -> None:
    """Who got what; in a task of its own, because the one that exports is ended when its taker has gone."""
    details = {
        "format": form.value, "filter": [f"{f.field}:{f.operator}:{f.value}" for f in query.filters], "rows": rows,
        "complete": complete,
    }  # fmt: skip
    task = asyncio.create_task(_record(ctx, details))
    _auditing.add(task)
    task.add_done_callback(_auditing.discard)
    await asyncio.shield(task)


async def _record(ctx: Context, details: dict[str, Any]) -> None:
    async with tenant_session(ctx) as session:
        target = Target(kind="events", name="events")
        await audit.record(session, ctx, AuditVerb.EVENTS_EXPORTED, target, after=details)


def _line(values: tuple[Any, ...], form: ExportFormat) -> str:
    if form is ExportFormat.CSV:
        return csv_line(values)
    return json.dumps(dict(zip(COLUMNS, values, strict=True)), default=_plain, ensure_ascii=False) + "\n"


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
