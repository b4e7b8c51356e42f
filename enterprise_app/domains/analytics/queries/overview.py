"""The overview's aggregates counted from the events: for what no rollup holds, such as filtered ones."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing, ListQuery
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.queries.sessions import activity, times, within
from enterprise_app.domains.analytics.rules.buckets import TimeRange
from enterprise_app.domains.analytics.rules.sessions import SessionRules
from enterprise_app.domains.analytics.rules.tiles import Spans
from enterprise_app.domains.analytics.vocabulary import ACTIVITY, EventType

TOP = 10
_FILTERS = (
    "path", "host", "referrer_host", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "channel",
    "device", "browser", "os",
)  # fmt: skip
_TYPED: dict[str, type] = {"source_id": UUID, "campaign_id": UUID}
_MEASURED = ("occurred_at", "id", "visitor_id", "type", *_FILTERS, *_TYPED)
UTM = ("utm_source", "utm_medium", "utm_campaign")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is counted of a bucket or a period."""

    visitors: int = 0
    page_views: int = 0
    sessions: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class Hits:
    """Activity of humans, bots, and other requests."""

    humans: int = 0
    bots: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a top list: a channel, referrer, UTM triple or (path, host), with its numbers."""

    value: tuple[str | None, ...]
    visitors: int
    sessions: int
    page_views: int = 0


@dataclass(frozen=True, slots=True)
class Aggregates:
    """What one period adds up to: numbers per bucket number (1…) and for None (all), and the top lists."""

    buckets: dict[int | None, Numbers]
    channels: list[Entry] = field(default_factory=list)
    referrers: list[Entry] = field(default_factory=list)
    utm: list[Entry] = field(default_factory=list)
    pages: list[Entry] = field(default_factory=list)
    hits: Hits = field(default_factory=Hits)


def listing(columns: Any = EVENTS.c) -> Listing:
    """What the overview may be filtered by."""
    known = {name: ListField(columns[name], str, nullable=True) for name in _FILTERS}
    known |= {name: ListField(columns[name], type_, nullable=True) for name, type_ in _TYPED.items()}
    return Listing(fields=known, key=columns.id, default_sort="")


async def series(
    session: AsyncSession,
    tenant_id: UUID,
    span: TimeRange,
    starts: list[datetime],
    rules: SessionRules,
    query: ListQuery,
) -> dict[int | None, Numbers]:
    """Only the numbers, per bucket and altogether."""
    shown = _shown(tenant_id, span, rules, query)
    return {bucket: Numbers(*rest) for bucket, *rest in await session.execute(_series(shown, starts))}


async def aggregate(
    session: AsyncSession,
    tenant_id: UUID,
    span: TimeRange,
    starts: list[datetime],
    rules: SessionRules,
    query: ListQuery,
) -> Aggregates:
    """Everything of one period. The statements share nothing but the rows they read: each stays simple."""
    shown = _shown(tenant_id, span, rules, query)
    return Aggregates(
        buckets={bucket: Numbers(*rest) for bucket, *rest in await session.execute(_series(shown, starts))},
        channels=await _top_entries(session, shown, shown.c.channel),
        referrers=await _top_entries(session, shown, shown.c.referrer_host),
        utm=await _top_entries(session, shown, *(shown.c[name] for name in UTM)),
        pages=await _top_pages(session, shown),
        hits=await hits(session, tenant_id, [span], query),
    )


async def hits(session: AsyncSession, tenant_id: UUID, spans: Spans, query: ListQuery | None = None) -> Hits:
    """Hits of humans, bots and other requests in the spans, under the filters."""
    e = EVENTS.c
    select: Any = sa.select(
        sa.func.count().filter(~e.is_bot, e.type.in_(ACTIVITY)),
        sa.func.count().filter(e.is_bot),
        sa.func.count().filter(~e.is_bot, e.type == EventType.REQUEST),
    ).where(e.tenant_id == tenant_id, within(e.occurred_at, spans))
    if query is not None:
        select = listing().filtered(select, query)
    return Hits(*(await session.execute(select)).one())


async def activity_range(session: AsyncSession, tenant_id: UUID) -> tuple[datetime, datetime] | None:
    """The first and the last activity of a human; two steps along the index, not a scan."""
    e = EVENTS.c
    base = sa.select(e.occurred_at).where(e.tenant_id == tenant_id, ~e.is_bot, e.type.in_(ACTIVITY)).limit(1)
    first = await session.scalar(base.order_by(e.occurred_at))
    last = await session.scalar(base.order_by(e.occurred_at.desc()))
    return None if first is None or last is None else (first, last)


def in_order(measure: Any, *values: Any) -> list[Any]:
    """The order of a top list: the greatest first, equals by their code points, whatever the database's language."""
    return [measure.desc(), *(value.collate("C").nulls_first() for value in values)]


def _shown(tenant_id: UUID, span: TimeRange, rules: SessionRules, query: ListQuery) -> Any:
    """Sessions are cut before the filters apply: a filter chooses among events, it doesn't tear sessions apart."""
    shown = activity(tenant_id, [span], rules, _MEASURED)
    if not query.filters:
        return shown
    return listing(shown.c).filtered(sa.select(shown), query).cte("chosen")


def _series(shown: Any, starts: list[datetime]) -> sa.Select[Any]:
    s = shown.c
    bucket = sa.func.width_bucket(s.occurred_at, times(starts)).label("bucket")
    bucketed = sa.select(bucket, s.type, s.visitor_id, s.starts).subquery()
    b = bucketed.c
    numbers: Any = sa.select(
        b.bucket,
        sa.func.count(b.visitor_id.distinct()),
        sa.func.count().filter(b.type == EventType.PAGE),
        sa.func.count().filter(b.starts),
        sa.func.count().filter(b.type == EventType.TRACK),
    )
    return numbers.group_by(sa.func.grouping_sets(sa.tuple_(b.bucket), sa.tuple_()))


async def _top_entries(session: AsyncSession, shown: Any, *by: Any) -> list[Entry]:
    sessions = sa.func.count()
    select = sa.select(*by, sa.func.count(shown.c.visitor_id.distinct()), sessions).where(shown.c.starts).group_by(*by)
    if len(by) > 1:
        select = select.where(sa.or_(*(column.is_not(None) for column in by)))
    rows = await session.execute(select.order_by(*in_order(sessions, *by)).limit(TOP))
    return [Entry(tuple(row[: len(by)]), *row[len(by) :]) for row in rows]


async def _top_pages(session: AsyncSession, shown: Any) -> list[Entry]:
    s = shown.c
    views = sa.func.count()
    visitors, entries = sa.func.count(s.visitor_id.distinct()), sa.func.count().filter(s.starts)
    select = sa.select(s.path, s.host, visitors, entries, views).where(s.type == EventType.PAGE, s.path.is_not(None))
    select = select.group_by(s.path, s.host).order_by(*in_order(views, s.path, s.host)).limit(TOP)
    return [Entry((path, host), *rest) for path, host, *rest in await session.execute(select)]
