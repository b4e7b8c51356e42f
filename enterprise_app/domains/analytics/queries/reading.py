"""The overview's aggregates from rollups: sums and sets of visitors of days and slots, and the rest from the events.

All statements must see the same moment (`tenant_session(ctx, snapshot=True)`): a slot that is not marked then holds
what its events add up to.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, array
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics.models import ROLLUPS
from enterprise_app.domains.analytics.queries import overview
from enterprise_app.domains.analytics.queries.overview import TOP, Entry, Hits, Numbers, in_order
from enterprise_app.domains.analytics.queries.rollups import ALL, DIMS, SUMS, key_of, short_id
from enterprise_app.domains.analytics.queries.sessions import activity, times, within
from enterprise_app.domains.analytics.rules.sessions import SessionRules
from enterprise_app.domains.analytics.rules.tiles import Cover
from enterprise_app.domains.analytics.vocabulary import EventType

_READ = ("occurred_at", "visitor_id", "type", "channel", "referrer_host", *overview.UTM, "path", "host")
_ID = np.dtype("<u8")


async def series(
    session: AsyncSession, tenant_id: UUID, cover: Cover, starts: list[datetime], rules: SessionRules
) -> tuple[dict[int | None, Numbers], Hits]:
    """The numbers per bucket and altogether, and the hits."""
    sums: dict[int, np.ndarray] = {}
    sets: dict[int, list[bytes]] = {}
    for bucket, numbers, visitors in await _rolled_sums(session, tenant_id, cover, starts):
        sums[bucket] = sums.get(bucket, 0) + numbers
        sets.setdefault(bucket, []).append(visitors)
    hits = Hits()
    if cover.events:
        hits = await overview.hits(session, tenant_id, cover.events)
        for bucket, numbers, visitors in await _counted_sums(session, tenant_id, cover, starts, rules):
            sums[bucket] = sums.get(bucket, 0) + numbers
            sets.setdefault(bucket, []).append(visitors)
    return _numbers(sums, sets), _hits(sums, hits)


async def top(session: AsyncSession, tenant_id: UUID, cover: Cover, dim: str, rules: SessionRules) -> list[Entry]:
    """The ten greatest of a dimension: pages by views, the others by sessions."""
    counted = activity(tenant_id, cover.events, rules, _READ) if cover.events else None
    rows = (await session.execute(_best(tenant_id, cover, dim, counted))).all()
    sets: dict[UUID, list[bytes]] = {row.key: [] for row in rows}
    if rows:
        for found in await session.execute(_sets(tenant_id, cover, dim, counted, list(sets))):
            sets[found.key].append(found.visitors)
    return [
        Entry(tuple(row.value), _distinct(sets[row.key]).size, int(row.sessions), int(row.page_views)) for row in rows
    ]


async def _rolled_sums(
    session: AsyncSession, tenant_id: UUID, cover: Cover, starts: list[datetime]
) -> Iterable[tuple[int, np.ndarray, bytes]]:
    r = ROLLUPS.c
    select = sa.select(
        sa.func.width_bucket(r.start_at, times(starts)), *(r[name] for name in SUMS), r.visitors
    ).where(r.tenant_id == tenant_id, r.dim == ALL, _placed_in(cover))  # fmt: skip
    rows = await session.execute(select)
    return ((row[0], np.array(row[1:-1]), row[-1]) for row in rows)


async def _counted_sums(
    session: AsyncSession, tenant_id: UUID, cover: Cover, starts: list[datetime], rules: SessionRules
) -> Iterator[tuple[int, np.ndarray, bytes]]:
    s = activity(tenant_id, cover.events, rules, _READ).c
    bucket = sa.func.width_bucket(s.occurred_at, times(starts)).label("bucket")
    people = sa.select(
        bucket, s.visitor_id, sa.func.count().filter(s.type == EventType.PAGE).label("page_views"),
        sa.func.count().filter(s.starts).label("sessions"),
        sa.func.count().filter(s.type == EventType.TRACK).label("events"),
    ).group_by(bucket, s.visitor_id).subquery()  # fmt: skip
    p = people.c
    nothing = sa.literal_column("''::bytea")
    joined = sa.func.string_agg(short_id(p.visitor_id), nothing, type_=BYTEA)
    select = sa.select(p.bucket, *(sa.func.sum(p[name]) for name in SUMS[:3]), joined).group_by(p.bucket)
    rows = await session.execute(select)
    return ((row[0], np.array([*(int(n) for n in row[1:-1]), 0, 0, 0]), row[-1]) for row in rows)


def _placed_in(cover: Cover) -> sa.ColumnElement[bool]:
    r = ROLLUPS.c
    days = sa.and_(r.grain == "day", within(r.start_at, cover.days))
    slots = sa.and_(r.grain == "slot", within(r.start_at, cover.slots))
    return sa.or_(*(part for part, spans in ((days, cover.days), (slots, cover.slots)) if spans), sa.false())


def _best(tenant_id: UUID, cover: Cover, dim: str, counted: Any) -> Any:
    r = ROLLUPS.c
    rolled = sa.select(r.key, r.value, r.sessions, r.page_views)
    parts: list[Any] = [rolled.where(r.tenant_id == tenant_id, r.dim == dim, _placed_in(cover))]
    if counted is not None:
        by, chosen = _chosen(counted, dim)
        value = array(by, type_=sa.Text)
        starts, views = counted.c.starts, counted.c.type == EventType.PAGE
        numbers = (sa.func.count().filter(condition) for condition in (starts, views))
        parts.append(sa.select(key_of(value), value, *numbers).where(chosen).group_by(*by))
    known = sa.union_all(*parts).subquery().c
    sessions, page_views = (sa.func.sum(known[n]).label(n) for n in ("sessions", "page_views"))
    value = sa.func.min(known.value, type_=ROLLUPS.c.value.type)
    measure = page_views if dim == "page" else sessions
    order = in_order(measure, *(value[n] for n in range(1, len(DIMS[dim]) + 1)))
    select = sa.select(known.key, value.label("value"), sessions, page_views)
    return select.group_by(known.key).order_by(*order).limit(TOP)


def _sets(tenant_id: UUID, cover: Cover, dim: str, counted: Any, keys: list[UUID]) -> Any:
    r = ROLLUPS.c
    rolled = sa.select(r.key, r.visitors).where(
        r.tenant_id == tenant_id, r.dim == dim, _placed_in(cover), r.key.in_(keys)
    )
    if counted is None:
        return rolled
    by, chosen = _chosen(counted, dim)
    key = key_of(array(by, type_=sa.Text))
    distinct = sa.select(key.label("key"), counted.c.visitor_id).where(chosen, key.in_(keys)).distinct().subquery()
    return sa.union_all(rolled, sa.select(distinct.c.key, short_id(distinct.c.visitor_id).label("visitors")))


def _chosen(counted: Any, dim: str) -> tuple[list[Any], Any]:
    """The columns of a dimension, and which events count for it."""
    c = counted.c
    by = [c[name] for name in DIMS[dim]]
    if dim == "page":
        return by, sa.and_(c.type == EventType.PAGE, c.path.is_not(None))
    return by, sa.and_(c.starts, sa.or_(*(column.is_not(None) for column in by))) if dim == "utm" else c.starts


def _numbers(sums: dict[int, np.ndarray], sets: dict[int, list[bytes]]) -> dict[int | None, Numbers]:
    if not sums:
        return {}
    visitors = {bucket: _distinct(parts) for bucket, parts in sets.items()}
    numbers: dict[int | None, Numbers] = {
        bucket: Numbers(visitors[bucket].size, *(int(n) for n in values[:3])) for bucket, values in sums.items()
    }
    everyone = _once(np.concatenate(list(visitors.values())))
    total = sum(sums.values())
    numbers[None] = Numbers(everyone.size, *(int(n) for n in total[:3]))  # pyright: ignore[reportIndexIssue]
    return numbers


def _hits(sums: dict[int, np.ndarray], counted: Hits) -> Hits:
    humans, bots, requests = (int(sum(values[n] for values in sums.values())) for n in (3, 4, 5))
    return Hits(humans + counted.humans, bots + counted.bots, requests + counted.requests)


def _distinct(parts: list[bytes]) -> np.ndarray:
    """The ids that are in any of the sets."""
    return _once(np.frombuffer(b"".join(parts), _ID))


def _once(ids: np.ndarray) -> np.ndarray:
    """Each id once. Sorting takes a fortieth of the time of `np.unique`, which hashes."""
    ordered = np.sort(ids)
    first = np.ones(ordered.size, bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
