"""The traffic overview: visitors, page views, sessions, events, their course, where they came from and went."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.queries import overview as sql
from enterprise_app.domains.analytics.queries.overview import Entry, Numbers
from enterprise_app.domains.analytics.rules import buckets
from enterprise_app.domains.analytics.rules.buckets import TimeRange
from enterprise_app.domains.analytics.rules.dates import EARLIEST
from enterprise_app.domains.analytics.schemas import (
    DataRange,
    Metrics,
    Overview,
    PageShare,
    Period,
    Point,
    SourceShare,
    Traffic,
    UtmShare,
)
from enterprise_app.domains.analytics.service import aggregating
from enterprise_app.domains.analytics.service.aggregating import Asked, State, kept
from enterprise_app.domains.analytics.vocabulary import Bucket

MAX_DAYS = 3_660
_LATEST_YEAR = 2100
_OPENING_DAYS = 30


async def get_overview(
    session: AsyncSession,
    ctx: Context,
    *,
    start: str | date | datetime,
    end: str | date | datetime,
    bucket: Bucket | str | None = None,
    filters: Iterable[str] = (),
    compare: bool = True,
) -> Overview:
    """The overview from `start` to `end` in the context's zone.

    Days (`2026-01-31`) are local ones and the last is included; instants are exact and the end is not. Without a
    bucket a readable one is chosen. Raises Invalid naming `start`, `end`, `bucket`, `filter`. In a session that sees
    one moment (`tenant_session(ctx, snapshot=True)`) it is read from rollups, in others counted from the events.
    """
    ctx.require(Permission.ANALYTICS_READ)
    zone = ZoneInfo(ctx.zone)
    span = _span(start, end, zone)
    width = _bucket(bucket, span)
    query = sql.listing().parse(filters=filters, limit=1)
    week_start = ctx.week_start - 1 if ctx.week_start else week_start_of(ctx.locale)
    before = buckets.previous(span, zone) if compare else None
    asked = Asked(
        span=span,
        starts=_starts(span, width, zone, week_start),
        before=before,
        starts_before=_starts(before, width, zone, week_start) if before else [],
        query=query,
    )
    state = await aggregating.read_state(session, ctx)
    return await kept(ctx, state, asked, width, lambda: _build(session, ctx, asked, state, width))


async def _build(session: AsyncSession, ctx: Context, asked: Asked, state: State, width: Bucket) -> Overview:
    found, earlier = await aggregating.aggregate(session, ctx, asked, state)
    span, before = asked.span, asked.before
    return Overview(
        zone=ctx.zone,
        bucket=width,
        current=Period(start=span.start, end=span.end, totals=_metrics(found.buckets.get(None))),
        previous=Period(start=before.start, end=before.end, totals=_metrics(earlier.get(None))) if before else None,
        series=_points(asked.starts, span.end, found.buckets, earlier if before else None),
        channels=[_share(entry) for entry in found.channels],
        referrers=[_share(entry) for entry in found.referrers],
        utm=[_utm_share(entry) for entry in found.utm],
        pages=[_page_share(entry) for entry in found.pages],
        traffic=Traffic(humans=found.hits.humans, bots=found.hits.bots, requests=found.hits.requests),
    )


async def data_range(session: AsyncSession, ctx: Context) -> DataRange:
    """Where the data is, and the period that a page opens with: the last 30 local days that have any."""
    ctx.require(Permission.ANALYTICS_READ)
    known = await sql.activity_range(session, ctx.tenant_id)
    if known is None:
        return DataRange(first_at=None, last_at=None, start=None, end=None, bucket=None)
    zone = ZoneInfo(ctx.zone)
    first_at, last_at = known
    last_day = last_at.astimezone(zone).date()
    first_day = max(first_at.astimezone(zone).date(), last_day - timedelta(days=_OPENING_DAYS - 1))
    start = buckets.local_midnight(first_day, zone)
    end = buckets.local_midnight(last_day + timedelta(days=1), zone)
    bucket = buckets.choose_bucket(TimeRange(start, end))
    return DataRange(first_at=first_at, last_at=last_at, start=start, end=end, bucket=bucket)


def list_filter_fields() -> list[str]:
    """The names that `filters` of the overview may use."""
    return list(sql.listing().fields)


@lru_cache
def week_start_of(locale: str) -> int:
    """The first day of the week by the language, for whom no tenant says it; 0 is Monday."""
    return Locale.parse(locale.replace("-", "_")).first_week_day


def _span(start: str | date | datetime, end: str | date | datetime, zone: ZoneInfo) -> TimeRange:
    span = TimeRange(_instant(start, "start", zone, 0), _instant(end, "end", zone, 1))
    if span.end <= span.start:
        raise Invalid.of("end", "range_backwards", start=str(start), end=str(end))
    if span.end - span.start > timedelta(days=MAX_DAYS):
        raise Invalid.of("end", "range_too_long", days=MAX_DAYS)
    return span


def _instant(value: str | date | datetime, field: str, zone: ZoneInfo, days_added: int) -> datetime:
    try:
        parsed = _parse(value) if isinstance(value, str) else value
    except ValueError:
        raise Invalid.of(field, "range_time_invalid", value=str(value)[:40]) from None
    if not EARLIEST.year <= parsed.year < _LATEST_YEAR:
        raise Invalid.of(field, "range_out_of_bounds", first=EARLIEST.year, last=_LATEST_YEAR - 1)
    if not isinstance(parsed, datetime):
        return buckets.local_midnight(parsed + timedelta(days=days_added), zone)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(EARLIEST.tzinfo)


def _parse(value: str) -> date | datetime:
    # A plus in a query string arrives as a space when the caller did not escape it.
    text = value.strip().replace(" ", "+") if value.strip().count(" ") == 1 and "T" in value else value.strip()
    return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)


def _bucket(bucket: Bucket | str | None, span: TimeRange) -> Bucket:
    if not bucket:
        return buckets.choose_bucket(span)
    try:
        return Bucket(bucket)
    except ValueError:
        allowed = ", ".join(b.value for b in Bucket)
        raise Invalid.of("bucket", "bucket_unknown", value=str(bucket)[:40], allowed=allowed) from None


def _starts(span: TimeRange, bucket: Bucket, zone: ZoneInfo, week_start: int) -> list[datetime]:
    try:
        return buckets.boundaries(span, bucket, zone, week_start)
    except OverflowError:
        raise Invalid.of("bucket", "range_too_many_buckets", limit=buckets.MAX_BUCKETS) from None


def _points(
    starts: list[datetime], end: datetime, found: dict[int | None, Numbers], earlier: dict[int | None, Numbers] | None
) -> list[Point]:
    ends = [*starts[1:], end]
    return [
        Point(
            start=first,
            end=last,
            current=_metrics(found.get(number)),
            previous=None if earlier is None else _metrics(earlier.get(number)),
        )
        for number, (first, last) in enumerate(zip(starts, ends, strict=True), 1)
    ]


def _metrics(numbers: Numbers | None) -> Metrics:
    if numbers is None:
        return Metrics()
    ratio = round(numbers.page_views / numbers.sessions, 2) if numbers.sessions else None
    return Metrics(
        visitors=numbers.visitors,
        page_views=numbers.page_views,
        sessions=numbers.sessions,
        events=numbers.events,
        views_per_session=ratio,
    )


def _share(entry: Entry) -> SourceShare:
    return SourceShare(value=entry.value[0], sessions=entry.sessions, visitors=entry.visitors)


def _utm_share(entry: Entry) -> UtmShare:
    source, medium, campaign = entry.value
    return UtmShare(
        utm_source=source, utm_medium=medium, utm_campaign=campaign, sessions=entry.sessions, visitors=entry.visitors
    )


def _page_share(entry: Entry) -> PageShare:
    path, host = entry.value
    return PageShare(
        host=host, path=path or "", page_views=entry.page_views, visitors=entry.visitors, entries=entry.sessions
    )
