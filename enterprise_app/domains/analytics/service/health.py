"""The health of data: what was accepted, refused and why, late, ahead, repeated; by source and over time."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import has_text, translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.health_schemas import (
    Backlog,
    Health,
    HealthCounts,
    HealthPoint,
    RejectCode,
    RejectedSample,
    SourceHealth,
)
from enterprise_app.domains.analytics.models import SourceRow
from enterprise_app.domains.analytics.queries import backlog
from enterprise_app.domains.analytics.queries import health as sql
from enterprise_app.domains.analytics.rules import buckets
from enterprise_app.domains.analytics.rules.buckets import TimeRange
from enterprise_app.domains.analytics.vocabulary import Bucket, HealthKind

MAX_DAYS = 92
_NAMES = {
    HealthKind.ACCEPTED: "accepted", HealthKind.DUPLICATE: "duplicates", HealthKind.DROPPED: "dropped",
    HealthKind.REJECTED: "rejected", HealthKind.LATE: "late", HealthKind.FUTURE: "future", HealthKind.BOT: "bots",
}  # fmt: skip
_SOURCES = SourceRow.__table__.c  # pyright: ignore


async def get_health(
    session: AsyncSession, ctx: Context, *, start: date, end: date, source_id: UUID | None = None
) -> Health:
    """The local days from `start` to `end`, both included; by hours up to three days. Raises Invalid.

    Counts are kept by hours of UTC: where a zone is off by half an hour, a day begins with the hour that it is in.
    """
    ctx.require(Permission.EVENTS_READ)
    zone, span = ZoneInfo(ctx.zone), _span(ctx, start, end)
    width = Bucket.HOUR if (end - start).days < 3 else Bucket.DAY
    starts = buckets.boundaries(span, width, zone, 0)
    rows = await sql.sums(session, ctx.tenant_id, span.start, span.end, source_id, starts)
    return Health(
        zone=ctx.zone,
        start=span.start,
        end=span.end,
        bucket=width,
        totals=_counts(rows),
        series=_series(starts, span.end, rows),
        sources=await _sources(session, ctx, rows, source_id),
        codes=_codes(ctx, rows),
        waiting=await get_waiting(session, ctx),
    )


async def last_health_day(session: AsyncSession, ctx: Context) -> date:
    """The last local day on which anything came; today when nothing ever did."""
    ctx.require(Permission.EVENTS_READ)
    last = await sql.last_hour(session, ctx.tenant_id)
    return (last or now()).astimezone(ZoneInfo(ctx.zone)).date()


async def list_rejected(
    session: AsyncSession, ctx: Context, *, source_id: UUID | None = None, code: str | None = None, limit: int = 100
) -> list[RejectedSample]:
    """The last refused messages, newest first; of each source about 100 are kept."""
    ctx.require(Permission.EVENTS_READ)
    rows = await sql.samples(session, ctx.tenant_id, source_id, code, limit)
    return [_sample(ctx, row) for row in rows]


def _span(ctx: Context, start: date, end: date) -> TimeRange:
    if end < start:
        raise Invalid.of("end", "range_backwards", start=start.isoformat(), end=end.isoformat())
    if not 2000 <= start.year <= end.year < 2100:
        raise Invalid.of("start", "range_out_of_bounds", first=2000, last=2099)
    if (end - start).days >= MAX_DAYS:
        raise Invalid.of("end", "range_too_long", days=MAX_DAYS)
    zone = ZoneInfo(ctx.zone)
    return TimeRange(buckets.local_midnight(start, zone), buckets.local_midnight(end + timedelta(days=1), zone))


async def get_waiting(session: AsyncSession, ctx: Context) -> Backlog:
    """What is kept and not stored yet, now."""
    ctx.require(Permission.EVENTS_READ)
    found = await backlog.measure(session, ctx.tenant_id)
    return Backlog(messages=found.messages, since=found.since)


def _counts(rows: Iterable[Any]) -> HealthCounts:
    found: Counter[str] = Counter()
    for row in rows:
        found[_NAMES[HealthKind(row.kind)]] += int(row.messages)
        found["bytes"] += int(row.bytes)
    return HealthCounts(**found)


def _series(starts: list[datetime], end: datetime, rows: list[Any]) -> list[HealthPoint]:
    placed: dict[int, list[Any]] = {}
    for row in rows:
        placed.setdefault(max(row.bucket, 1), []).append(row)
    edges = zip(starts, [*starts[1:], end], strict=True)
    return [
        HealthPoint(start=first, end=last, counts=_counts(placed.get(number, ())))
        for number, (first, last) in enumerate(edges, 1)
    ]


async def _sources(session: AsyncSession, ctx: Context, rows: list[Any], only: UUID | None) -> list[SourceHealth]:
    """Those that live or sent in the period, the busiest first."""
    by_source: dict[UUID, list[Any]] = {}
    for row in rows:
        by_source.setdefault(row.source_id, []).append(row)
    known = sa.select(SourceRow).where(_SOURCES.tenant_id == ctx.tenant_id)
    known = known.where(_SOURCES.id == only) if only else known
    kept = known.where(sa.or_(_SOURCES.revoked_at.is_(None), _SOURCES.id.in_(list(by_source)))).limit(500)
    found = [_source(row, by_source.get(row.id, [])) for row in (await session.scalars(kept)).all()]
    return sorted(found, key=lambda one: (-_messages(one.counts), one.name))


def _source(row: SourceRow, rows: list[Any]) -> SourceHealth:
    counts = _counts(rows)
    return SourceHealth(
        source_id=row.id,
        name=row.name,
        kind=row.kind,  # pyright: ignore[reportArgumentType]
        last_event_at=row.last_event_at,
        revoked_at=row.revoked_at,
        counts=counts,
        rejected_share=round(counts.rejected / max(1, _messages(counts)), 6),
    )


def _messages(counts: HealthCounts) -> int:
    return counts.accepted + counts.duplicates + counts.dropped + counts.rejected


def _codes(ctx: Context, rows: list[Any]) -> list[RejectCode]:
    found: Counter[str] = Counter()
    for row in rows:
        if row.kind == HealthKind.REJECTED:
            found[row.code] += int(row.messages)
    return [
        RejectCode(code=code, messages=messages, problem=_explained(ctx, code), fix=_fix(ctx, code, {}))
        for code, messages in found.most_common()
    ]


def _sample(ctx: Context, row: Any) -> RejectedSample:
    told = translate(ctx.locale, f"errors.{row.code}", **row.params) if has_text(f"errors.{row.code}") else row.code
    return RejectedSample(
        id=row.id,
        source_id=row.source_id,
        rejected_at=row.rejected_at,
        code=row.code,
        field=row.field,
        problem=f"{row.field} {told}" if row.field else told,
        fix=_fix(ctx, row.code, row.params),
        message_id=row.message_id,
        message=row.message,
    )


def _explained(ctx: Context, code: str) -> str:
    """The reason without a certain message; a code of which no text speaks stands for itself."""
    key = f"explorer.code.{code}"
    return translate(ctx.locale, key) if has_text(key) else code


def _fix(ctx: Context, code: str, params: dict[str, Any]) -> str | None:
    """What helps; without a certain message only where the text names nothing of one."""
    key = f"errors.{code}.fix"
    told = translate(ctx.locale, key, **params) if has_text(key) else ""
    return told if told and "{{" not in told else None
