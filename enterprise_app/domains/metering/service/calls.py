"""API calls, counted exactly without a statement for each: calls that wait together are written together.

While one write of a tenant is on its way, its next calls queue up; the following write takes as many of them as the
plan allows and refuses the rest. A call is admitted only after its write is committed.
"""

import asyncio
import math
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit

from .. import queries
from ..errors import quota_exceeded, too_many_calls
from ..rules import period_end, period_of
from ..schemas import CallsLeft
from ..vocabulary import SPANS, Span
from .quotas import upgrade_path

GATHER_SECONDS = 0.005
"""Under load the next write waits this long for more calls; a call that comes alone waits for nothing."""
_METERS = (Limit.API_CALLS_HOUR, Limit.API_CALLS_MONTH)


@dataclass
class _Queue:
    waiting: list[tuple[Context, asyncio.Future[CallsLeft | None]]] = field(default_factory=list)
    writer: asyncio.Task[None] | None = None


class ApiCalls:
    """The counter of one process; several processes meet at the database's rows."""

    def __init__(self) -> None:
        self._queues: dict[UUID, _Queue] = {}

    async def admit(self, ctx: Context) -> CallsLeft | None:
        """Count one API call; what is left of the hour, None when unlimited.

        Raises QuotaExceeded (month) or RateLimited (hour); a refused call doesn't count.
        """
        queue = self._queues.setdefault(ctx.tenant_id, _Queue())
        admitted: asyncio.Future[CallsLeft | None] = asyncio.get_running_loop().create_future()
        queue.waiting.append((ctx, admitted))
        if queue.writer is None:
            queue.writer = asyncio.create_task(self._write(ctx.tenant_id, queue))
        return await admitted

    async def _write(self, tenant_id: UUID, queue: _Queue) -> None:
        first = True
        while queue.waiting:
            if not first:
                await asyncio.sleep(GATHER_SECONDS)
            first = False
            batch, queue.waiting = queue.waiting, []
            try:
                await _settle(batch)
            except Exception as error:  # every caller of the batch gets it; none is admitted uncounted
                for _, admitted in batch:
                    if not admitted.done():
                        admitted.set_exception(error)
        queue.writer = None
        self._queues.pop(tenant_id, None)


api_calls = ApiCalls()
"""The counter of this process."""


async def _settle(batch: list[tuple[Context, asyncio.Future[CallsLeft | None]]]) -> None:
    ctx, at = batch[-1][0], now()
    periods = {meter.value: period_of(SPANS[meter], at) for meter in _METERS}
    async with tenant_session(ctx) as session:
        locked = await queries.lock_all_used(session, ctx.tenant_id, periods)
        used = {meter: locked[meter.value] for meter in _METERS}
        granted = min(len(batch), *(_left(ctx, meter, used[meter]) for meter in _METERS))
        if granted:
            await queries.note_all(session, ctx.tenant_id, periods, granted, str(new_id()), at)
    for position, (_, admitted) in enumerate(batch):
        if admitted.done():  # the caller went away
            continue
        if position < granted:
            admitted.set_result(_calls_left(ctx, used[Limit.API_CALLS_HOUR] + position + 1, at))
        else:
            admitted.set_exception(_refusal(ctx, {m: used[m] + granted for m in _METERS}, at))


def _calls_left(ctx: Context, used: int, at: datetime) -> CallsLeft | None:
    granted = ctx.limit(Limit.API_CALLS_HOUR)
    return None if granted == UNLIMITED else CallsLeft(granted, max(0, granted - used), _seconds_to_next_hour(at))


def _seconds_to_next_hour(at: datetime) -> int:
    end = period_end(Span.HOUR, at)
    assert end is not None, "an hour ends"
    return math.ceil((end - at).total_seconds())


def _left(ctx: Context, meter: Limit, used: int) -> int:
    limit = ctx.limit(meter)
    return 2**62 if limit == UNLIMITED else max(0, limit - used)


def _refusal(ctx: Context, used: dict[Limit, int], at: datetime) -> AtriumError:
    month = Limit.API_CALLS_MONTH
    if not _left(ctx, month, used[month]):
        path = upgrade_path(ctx.entitlements.plan, month, used[month] + 1)
        return quota_exceeded(month, ctx.limit(month), used[month], path)
    return too_many_calls(ctx.limit(Limit.API_CALLS_HOUR), _seconds_to_next_hour(at))
