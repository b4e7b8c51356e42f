"""Raw events as a file: the rows of a filtered list, streamed, as CSV or JSON lines, at most `MAX_ROWS` of them."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.rules.csvtext import csv_line
from enterprise_app.domains.analytics.service.listing import EVENT_LIST, narrowed, patiently
from enterprise_app.domains.analytics.vocabulary import ExportFormat

MAX_ROWS = 100_000
_AT_ONCE = 500
_LEFT_OUT = {"tenant_id"}
COLUMNS = [column.name for column in EVENTS.c if column.name not in _LEFT_OUT]


async def export_events(
    session: AsyncSession, ctx: Context, query: ListQuery, form: ExportFormat
) -> AsyncIterator[str]:
    """The matching events newest first, piece by piece; after `MAX_ROWS` it ends. Raises as `list_events`.

    Whoever gets exactly so many goes on with `occurred_at:lt:` the last one's time.
    """
    ctx.require(Permission.EVENTS_READ)
    select = narrowed(ctx, [EVENTS.c[name] for name in COLUMNS], query)
    select = EVENT_LIST.filtered(select, replace(query, after=None))
    select = select.order_by(EVENTS.c.occurred_at.desc(), EVENTS.c.id.desc()).limit(MAX_ROWS)
    async with patiently(session):
        rows = await session.stream(select.execution_options(yield_per=_AT_ONCE))
        if form is ExportFormat.CSV:
            yield csv_line(COLUMNS)
        async for piece in rows.partitions():
            yield "".join([_line(tuple(row), form) for row in piece])


def _line(values: tuple[Any, ...], form: ExportFormat) -> str:
    if form is ExportFormat.CSV:
        return csv_line(values)
    return json.dumps(dict(zip(COLUMNS, values, strict=True)), default=_plain, ensure_ascii=False) + "\n"


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
