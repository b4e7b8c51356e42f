"""Chooses how the overview is read: from rollups where they hold, else from the events; equal questions about equal
data are answered from the cache."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import cache
from enterprise_app.core.context import Context
from enterprise_app.core.db import is_snapshot
from enterprise_app.core.paging import ListQuery
from enterprise_app.domains.analytics.queries import counting, overview, reading
from enterprise_app.domains.analytics.queries.counting import Counting, Marks
from enterprise_app.domains.analytics.queries.overview import Aggregates, Numbers
from enterprise_app.domains.analytics.rules import tiles
from enterprise_app.domains.analytics.rules.buckets import TimeRange
from enterprise_app.domains.analytics.schemas import Overview
from enterprise_app.domains.analytics.vocabulary import Bucket

_KEEP = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: the period, its buckets' starts, the same of the period before, and the filters."""

    span: TimeRange
    starts: list[datetime]
    before: TimeRange | None
    starts_before: list[datetime]
    query: ListQuery


@dataclass(frozen=True, slots=True)
class State:
    """How the tenant counts at the moment that the session sees."""

    counting: Counting
    marks: Marks
    snapshot: bool

    @property
    def version(self) -> str:
        """Another one whenever the events or the way of counting are others: marks are only added while
        `data_version` stays, and removing them counts it up."""
        return f"{self.counting.version}.{self.counting.data_version}.{self.marks.count}"


async def read_state(session: AsyncSession, ctx: Context) -> State:
    """What decides how to read."""
    known = await counting.find(session, ctx.tenant_id) or counting.fresh("UTC")
    return State(known, await counting.marks(session, ctx.tenant_id), is_snapshot(session))


async def aggregate(
    session: AsyncSession, ctx: Context, asked: Asked, state: State
) -> tuple[Aggregates, dict[int | None, Numbers]]:
    """The period, and the numbers of the one before (empty when nobody asked)."""
    found = await _aggregate(session, ctx, asked, state)
    earlier = await _series(session, ctx, asked, state) if asked.before else {}
    return found, earlier


async def _aggregate(session: AsyncSession, ctx: Context, asked: Asked, state: State) -> Aggregates:
    span, starts, rules = asked.span, asked.starts, state.counting.rules
    if not _rolled(asked, state, span):
        return await overview.aggregate(session, ctx.tenant_id, span, starts, rules, asked.query)
    dirty, reach = state.marks.spans(rules), state.counting.reach
    numbers, hits = await reading.series(
        session, ctx.tenant_id, tiles.cover_sums(span, starts, reach, dirty), starts, rules
    )
    cover = tiles.cover_dims(span, reach, dirty)
    lists = {dim: await reading.top(session, ctx.tenant_id, cover, dim, rules) for dim in reading.DIMS}
    return Aggregates(numbers, lists["channel"], lists["referrer"], lists["utm"], lists["page"], hits)


async def _series(session: AsyncSession, ctx: Context, asked: Asked, state: State) -> dict[int | None, Numbers]:
    span, starts, rules = asked.before, asked.starts_before, state.counting.rules
    assert span is not None
    if not _rolled(asked, state, span):
        return await overview.series(session, ctx.tenant_id, span, starts, rules, asked.query)
    cover = tiles.cover_sums(span, starts, state.counting.reach, state.marks.spans(rules))
    return (await reading.series(session, ctx.tenant_id, cover, starts, rules))[0]


def _rolled(asked: Asked, state: State, span: TimeRange) -> bool:
    """Whether rollups help: without filters, where one moment is seen, and where they reach."""
    return state.snapshot and not asked.query.filters and span.end > state.counting.reach.rolled_from


async def kept(
    ctx: Context, state: State, asked: Asked, bucket: Bucket, make: Callable[[], Awaitable[Overview]]
) -> Overview:
    """The answer from the cache when nothing has been stored since, else a new one. One answer per question is kept."""
    if not (state.snapshot and state.counting.started):
        return await make()  # until the worker has begun, nothing tells whether there are new events
    key = _key(ctx, asked, bucket)
    found = await cache.get(ctx.tenant_id, key)
    if found is not None and found["version"] == state.version:
        return Overview.model_validate_json(found["overview"])
    made = await make()
    await cache.put(ctx.tenant_id, key, {"version": state.version, "overview": made.model_dump_json()}, _KEEP)
    return made


def _key(ctx: Context, asked: Asked, bucket: Bucket) -> str:
    words = (ctx.zone, bucket, asked.span, asked.starts[:2], asked.before, asked.query.filters)
    return f"overview:{blake2b(repr(words).encode(), digest_size=16).hexdigest()}"
