"""The overview's aggregates, in one pass over the period's activity.

Sessions are computed when read, not when stored, so that late and imported events need no repair: an event begins a
session when its visitor did nothing in the 30 minutes before. A session belongs to the moment it begins and has its
first event's page, source and device; that makes the numbers of adjacent periods add up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing, ListQuery
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.rules.buckets import TimeRange
from enterprise_app.domains.analytics.vocabulary import ACTIVITY, EventType

SESSION_GAP = timedelta(minutes=30)
TOP = 10
_FILTERS = (
    "path", "host", "referrer_host", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "channel",
    "device", "browser", "os",
)  # fmt: skip
_TYPED: dict[str, type] = {"source_id": UUID, "campaign_id": UUID}
_MEASURED = ("occurred_at", "id", "visitor_id", "type", *_FILTERS, *_TYPED)


@dataclass(frozen=True, slots=True)
class Aggregates:
    """What `aggregate` read: a row of numbers per bucket number (1…) and for None (all), and the top lists."""

    buckets: dict[int | None, Any]
    channels: list[Any]
    referrers: list[Any]
    utm: list[Any]
    pages: list[Any]


def listing(columns: Any = EVENTS.c) -> Listing:
    """What the overview may be filtered by."""
    known = {name: ListField(columns[name], str, nullable=True) for name in _FILTERS}
    known |= {name: ListField(columns[name], type_, nullable=True) for name, type_ in _TYPED.items()}
    return Listing(fields=known, key=columns.id, default_sort="")


async def series(
    session: AsyncSession, tenant_id: UUID, span: TimeRange, starts: list[datetime], query: ListQuery
) -> dict[int | None, Any]:
    """Only the numbers, per bucket and altogether."""
    shown = _shown(tenant_id, span, query)
    return {row.bucket: row for row in await session.execute(_series(shown, starts))}


async def aggregate(
    session: AsyncSession, tenant_id: UUID, span: TimeRange, starts: list[datetime], query: ListQuery
) -> Aggregates:
    """Everything of one period. The statements share nothing but the rows they read: each stays simple."""
    shown = _shown(tenant_id, span, query)
    return Aggregates(
        buckets={row.bucket: row for row in await session.execute(_series(shown, starts))},
        channels=await _top_entries(session, shown, shown.c.channel),
        referrers=await _top_entries(session, shown, shown.c.referrer_host),
        utm=await _top_entries(session, shown, shown.c.utm_source, shown.c.utm_medium, shown.c.utm_campaign),
        pages=await _top_pages(session, shown),
    )


async def traffic(session: AsyncSession, tenant_id: UUID, span: TimeRange, query: ListQuery) -> Any:
    """Hits of humans, bots and other requests under the filters."""
    e = EVENTS.c
    select: Any = sa.select(
        sa.func.count().filter(~e.is_bot, e.type.in_(ACTIVITY)).label("humans"),
        sa.func.count().filter(e.is_bot).label("bots"),
        sa.func.count().filter(~e.is_bot, e.type == EventType.REQUEST).label("requests"),
    ).where(e.tenant_id == tenant_id, e.occurred_at >= span.start, e.occurred_at < span.end)
    return (await session.execute(listing().filtered(select, query))).one()


async def activity_range(session: AsyncSession, tenant_id: UUID) -> tuple[datetime, datetime] | None:
    """The first and the last activity of a human; two steps along the index, not a scan."""
    e = EVENTS.c
    base = sa.select(e.occurred_at).where(e.tenant_id == tenant_id, ~e.is_bot, e.type.in_(ACTIVITY)).limit(1)
    first = await session.scalar(base.order_by(e.occurred_at))
    last = await session.scalar(base.order_by(e.occurred_at.desc()))
    return None if first is None or last is None else (first, last)


def _shown(tenant_id: UUID, span: TimeRange, query: ListQuery) -> sa.CTE:
    """Activity of humans in the period under the filters; `starts` marks the first event of a session.

    Sessions are cut before the filters apply: a filter chooses among events, it doesn't tear sessions apart.
    """
    e = EVENTS.c
    previous = sa.func.lag(e.occurred_at).over(partition_by=e.visitor_id, order_by=(e.occurred_at, e.id))
    activity = (
        sa.select(*(e[name] for name in _MEASURED), previous.label("previous_at"))
        .where(
            e.tenant_id == tenant_id,
            e.occurred_at >= span.start - SESSION_GAP,
            e.occurred_at < span.end,
            e.type.in_(ACTIVITY),
            ~e.is_bot,
        )
        .cte("activity")
    )
    a = activity.c
    begins = sa.or_(a.previous_at.is_(None), a.occurred_at - a.previous_at > SESSION_GAP)
    select: Any = sa.select(*(a[name] for name in _MEASURED), begins.label("starts")).where(a.occurred_at >= span.start)
    return listing(a).filtered(select, query).cte("shown")


def _series(shown: sa.CTE, starts: list[datetime]) -> sa.Select[Any]:
    s = shown.c
    edges = sa.cast(sa.literal(starts, ARRAY(sa.DateTime(timezone=True))), ARRAY(sa.DateTime(timezone=True)))
    bucketed = sa.select(
        sa.func.width_bucket(s.occurred_at, edges).label("bucket"), s.type, s.visitor_id, s.starts
    ).subquery()
    b = bucketed.c
    numbers: Any = sa.select(
        b.bucket,
        sa.func.count(b.visitor_id.distinct()).label("visitors"),
        sa.func.count().filter(b.type == EventType.PAGE).label("page_views"),
        sa.func.count().filter(b.starts).label("sessions"),
        sa.func.count().filter(b.type == EventType.TRACK).label("events"),
    )
    return numbers.group_by(sa.func.grouping_sets(sa.tuple_(b.bucket), sa.tuple_()))


async def _top_entries(session: AsyncSession, shown: sa.CTE, *by: Any) -> list[Any]:
    sessions = sa.func.count().label("sessions")
    visitors = sa.func.count(shown.c.visitor_id.distinct()).label("visitors")
    select = sa.select(*by, sessions, visitors).where(shown.c.starts).group_by(*by)
    if len(by) > 1:
        select = select.where(sa.or_(*(column.is_not(None) for column in by)))
    return list(await session.execute(select.order_by(sessions.desc(), *(c.nulls_first() for c in by)).limit(TOP)))


async def _top_pages(session: AsyncSession, shown: sa.CTE) -> list[Any]:
    s = shown.c
    views = sa.func.count().label("page_views")
    select = (
        sa.select(
            s.host, s.path, views,
            sa.func.count(s.visitor_id.distinct()).label("visitors"),
            sa.func.count().filter(s.starts).label("entries"),
        )
        .where(s.type == EventType.PAGE, s.path.is_not(None))
        .group_by(s.host, s.path)
        .order_by(views.desc(), s.path, s.host)
        .limit(TOP)
    )  # fmt: skip
    return list(await session.execute(select))
