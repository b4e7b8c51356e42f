"""Keeps a tenant's rollups: one bounded piece of work at a time, each in one transaction that sees one moment.

What a piece counts, it counts from the events of that moment, and it deletes exactly the marks that this moment shows.
So it may be killed anywhere, and whatever is stored meanwhile stays marked. Newest first: that is what people look at.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import BUSY_RETRY, tenant_session
from enterprise_app.core.errors import Unavailable
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.queries import counting, following, rollups
from enterprise_app.domains.analytics.queries.counting import Counting, Marks
from enterprise_app.domains.analytics.rules import tiles
from enterprise_app.domains.analytics.rules.buckets import TimeRange, local_midnight
from enterprise_app.domains.analytics.rules.tiles import EPOCH, NEVER, Spans
from enterprise_app.domains.tenancy import service as tenancy

FIRST_DAYS, MAX_DAYS = 8, 64
_QUICK, _SLOW = 0.5, 2.0
_DAY = timedelta(days=1)
_pace: dict[UUID, int] = {}


@dataclass(frozen=True, slots=True)
class Kept:
    """What one piece of work came to. `missing_days`: local days without rollups still, None while unknown."""

    more: bool
    missing_days: int = 0


async def keep_rollups(ctx: Context) -> Kept:
    """Do the most urgent piece; says whether there is more. Somebody else at it, or faster, is no failure."""
    ctx.require(Permission.TENANT_MANAGE)
    days, begun = _pace.get(ctx.tenant_id, FIRST_DAYS), time.monotonic()
    try:
        async with tenant_session(ctx, snapshot=True) as session:
            if not await rollups.try_lock(session, ctx.tenant_id):
                return Kept(more=False)
            done = await _keep(session, ctx, days)
    except Unavailable as error:
        if error.code != BUSY_RETRY:
            raise
        return Kept(more=True)  # another worker committed between our first look and our lock
    _adapt(ctx.tenant_id, days, time.monotonic() - begun)
    return done


def _adapt(tenant_id: UUID, days: int, seconds: float) -> None:
    """So many days at a time that one piece takes about a second, and no tenant waits long for another."""
    if len(_pace) > 10_000:
        _pace.clear()
    if seconds < _QUICK:
        _pace[tenant_id] = min(days * 2, MAX_DAYS)
    elif seconds > _SLOW:
        _pace[tenant_id] = max(days // 2, 1)


async def _keep(session: AsyncSession, ctx: Context, days: int) -> Kept:
    # Locked first: when somebody committed between our first look and our lock, this fails, and nothing is done twice.
    found = await counting.find(session, ctx.tenant_id, locked=True)
    if found is None:
        tenant = await tenancy.get_current(session, ctx)
        await counting.add(session, ctx.tenant_id, tenant.zone)
        found = counting.fresh(tenant.zone)
    await rollups.prepare(session)
    marks = await counting.marks(session, ctx.tenant_id)
    left = bool(marks.count) and await _clean(session, ctx.tenant_id, found, marks, days)
    if found.reach.rolled_from > EPOCH:
        done = await _extend(session, ctx.tenant_id, found, days)
        return Kept(done.more or left, done.missing_days)
    return Kept(more=await _close(session, ctx.tenant_id, found, days) or left)


async def _clean(session: AsyncSession, tenant_id: UUID, found: Counting, marks: Marks, days: int) -> bool:
    """Count anew what is marked: all of the open days, and so many of the closed ones; says whether some are left."""
    reach, zone = found.reach, _zone(found)
    dirty = tiles.clipped(marks.spans(found.rules), reach.rolled_from, NEVER)
    opened = tiles.coarse(tiles.clipped(dirty, reach.closed_until, NEVER), tiles.MANY)
    closed = tiles.clipped(dirty, EPOCH, reach.closed_until)
    around = tiles.merged(tiles.days_around(span, zone) for span in closed)
    chosen, left = _newest(around, zone, days)
    chosen = tiles.coarse(chosen, tiles.MANY)
    if opened:
        await rollups.redo(session, tenant_id, opened, found.rules)
    if chosen:
        await rollups.redo(session, tenant_id, chosen, found.rules, days=_starts(chosen, zone))
    await rollups.forget_marks(session, tenant_id, chosen[0].start if left else EPOCH)
    await rollups.note(session, tenant_id)
    return left


def _newest(spans: Spans, zone: ZoneInfo, days: int) -> tuple[Spans, bool]:
    """The newest so many days of them, and whether there are older ones."""
    starts = _starts(spans, zone)
    if len(starts) <= days:
        return spans, False
    return tiles.clipped(spans, starts[-days], NEVER), True


async def _extend(session: AsyncSession, tenant_id: UUID, found: Counting, days: int) -> Kept:
    """Reach further back: first the open days, then closed ones, until there are no older events."""
    reach, zone = found.reach, _zone(found)
    if reach.rolled_from >= NEVER:
        closed_until = tiles.closing_time(now(), zone)
        await rollups.redo(session, tenant_id, [TimeRange(closed_until, NEVER)], found.rules)
        await rollups.note(session, tenant_id, rolled_from=closed_until, closed_until=closed_until)
        return Kept(more=True)
    known = await rollups.edge_of_events(session, tenant_id, reach.rolled_from)
    if known is None:
        await rollups.drop(session, tenant_id, EPOCH - 2 * _DAY, reach.rolled_from)
        await rollups.note(session, tenant_id, rolled_from=EPOCH)
        return Kept(more=False)
    first, last = (instant.astimezone(zone).date() for instant in known)
    end = min(local_midnight(last + _DAY, zone), reach.rolled_from)
    oldest = max(first, last - _DAY * (days - 1))
    span = TimeRange(local_midnight(oldest, zone), end)
    await rollups.drop(session, tenant_id, end, reach.rolled_from)
    await rollups.redo(session, tenant_id, [span], found.rules, days=tiles.day_starts(span, zone))
    await rollups.note(session, tenant_id, rolled_from=span.start)
    return Kept(more=True, missing_days=(oldest - first).days)


async def _close(session: AsyncSession, tenant_id: UUID, found: Counting, days: int) -> bool:
    """Turn days that are over from slots into days; says whether more are over."""
    reach, zone = found.reach, _zone(found)
    until = tiles.closing_time(now(), zone)
    if until <= reach.closed_until:
        return False
    over = tiles.day_starts(TimeRange(reach.closed_until, until), zone)
    end = until if len(over) <= days else over[days]
    span = TimeRange(reach.closed_until, end)
    await rollups.redo(session, tenant_id, [span], found.rules, days=tiles.day_starts(span, zone))
    await rollups.note(session, tenant_id, closed_until=end)
    return end < until


def _starts(spans: Spans, zone: ZoneInfo) -> list[datetime]:
    return [day for span in spans for day in tiles.day_starts(span, zone)]


def _zone(found: Counting) -> ZoneInfo:
    return ZoneInfo(found.reach.zone)


async def recount(session: AsyncSession, ctx: Context) -> None:
    """Throw the rollups away; the worker makes them anew, and until then the events are counted. Whoever else keeps
    sums of the events has to begin anew."""
    ctx.require(Permission.TENANT_MANAGE)
    await counting.start_over(session, ctx.tenant_id)
    await following.tell_all_changed(session, ctx.tenant_id, now())


async def follow_zone(session: AsyncSession, ctx: Context, zone: str) -> None:
    """Days are cut in the tenant's zone: in another one, all are other days."""
    ctx.require(Permission.TENANT_MANAGE)
    await counting.start_over(session, ctx.tenant_id, zone)
