"""Group commit: requests that come together are stored in one transaction, and each is answered when it is committed.

Each source has a lane. While its transactions run, what comes in waits and goes into the next one: under load the cost
of a transaction is shared, and without load nobody waits. A request that the database refuses fails alone.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import job_context
from enterprise_app.core.db import BUSY_RETRY, tenant_session
from enterprise_app.core.errors import RateLimited, Unavailable
from enterprise_app.domains.analytics.queries.storing import Intake
from enterprise_app.domains.analytics.rules.record import EventRecord
from enterprise_app.domains.analytics.rules.rows import row, slots_of
from enterprise_app.domains.analytics.rules.sightings import sightings_of
from enterprise_app.domains.analytics.rules.tally import Tally
from enterprise_app.domains.analytics.service.keeping import keep
from enterprise_app.domains.analytics.service.noting import note_intake
from enterprise_app.domains.analytics.service.telling import tell_soon
from enterprise_app.domains.analytics.vocabulary import HealthKind
from enterprise_app.domains.profiles.vocabulary import Sighting

log = logging.getLogger(__name__)

MAX_FLUSH = 4_000
"""Events of one transaction; a single request may have fewer only (ingesting.MAX_BATCH)."""
MAX_WAITING = 20_000
"""Events of one source that may wait: a client that sends faster than it is stored is told to slow down."""
MAX_WAITING_ALL = 60_000
"""Events of all sources that may wait in this process, about 100 MB."""
MAX_OF_LANE = 2
"""Transactions of one source at once: one is read and made ready while the database stores the other."""
MAX_AT_ONCE = 6
"""Transactions of all sources at once: the process has more connections, and pages need some."""
_TRIES = 3
_TOUCH_EVERY = timedelta(seconds=30)
_TOUCH = sa.text("UPDATE analytics_sources SET last_event_at = :at WHERE tenant_id = :tenant_id AND id = :id")
_PATIENCE = 5
"""Seconds. Ids that a running import has are locked until it ends: nobody waits that long for one answer."""
_LOCK_TIMEOUT = "55P03"


@dataclass(eq=False, slots=True)
class _Waiting:
    """One request's events, and who waits for them."""

    records: Sequence[EventRecord]
    received_at: datetime
    answer: "asyncio.Future[set[str]]"
    tally: Tally


@dataclass(eq=False, slots=True)
class _Lane:
    tenant_id: UUID
    source_id: UUID
    waiting: list[_Waiting] = field(default_factory=list)
    events: int = 0
    serving: "set[asyncio.Task[None]]" = field(default_factory=set)


class _Held(Unavailable):
    """Another transaction held an id for too long."""

    code = "database_busy"


_lanes: dict[UUID, _Lane] = {}
_waiting_all = 0
_at_once = asyncio.Semaphore(MAX_AT_ONCE)
_touched: dict[UUID, datetime] = {}


async def flush(
    tenant_id: UUID,
    source_id: UUID,
    records: Sequence[EventRecord],
    received_at: datetime,
    tally: Tally | None = None,
) -> set[str]:
    """Store the records (of different ids) with whatever else comes; returns the ids of those that were there before.

    `tally` is what became of the request's other messages. When it returns, all is committed. Raises RateLimited or
    Unavailable when too much is waiting, and Unavailable when the database can't take them: then none of them is kept.
    """
    lane = _lanes.get(source_id) or _Lane(tenant_id, source_id)
    _check_room(lane, len(records))
    waiting = _Waiting(records, received_at, asyncio.get_running_loop().create_future(), tally or Tally())
    _count(lane, len(records))
    lane.waiting.append(waiting)
    if len(lane.serving) < MAX_OF_LANE:
        _open(lane)
    return await waiting.answer


def _check_room(lane: _Lane, events: int) -> None:
    if lane.events and lane.events + events > MAX_WAITING:
        raise RateLimited(retry_after=1)
    if _waiting_all and _waiting_all + events > MAX_WAITING_ALL:
        raise Unavailable("database_busy", retry_after=1)


def _count(lane: _Lane, events: int) -> None:
    global _waiting_all
    lane.events += events
    _waiting_all += events


def _open(lane: _Lane) -> None:
    _lanes[lane.source_id] = lane
    task = asyncio.create_task(_serve(lane))
    lane.serving.add(task)
    task.add_done_callback(lambda done: _close(lane, done))


async def _serve(lane: _Lane) -> None:
    """Flush after flush until nobody waits."""
    while lane.waiting:
        group = _next_group(lane)
        try:
            await _answer(lane, group)
        finally:
            _count(lane, -sum(len(waiting.records) for waiting in group))


def _close(lane: _Lane, done: "asyncio.Task[None]") -> None:
    """Nobody is left unanswered: neither who came after the task's last look, nor when it was ended from outside."""
    lane.serving.discard(done)
    if lane.waiting and not done.cancelled():
        _open(lane)
    elif not lane.serving:
        _lanes.pop(lane.source_id, None)
        for waiting in lane.waiting:
            _count(lane, -len(waiting.records))
            waiting.answer.cancel()
        lane.waiting.clear()


def _next_group(lane: _Lane) -> list[_Waiting]:
    """The next requests in order, as many as fit. Who has gone (a cancelled future) is not stored any more."""
    size = taken = 0
    for waiting in lane.waiting:
        size += len(waiting.records)
        if taken and size > MAX_FLUSH:
            break
        taken += 1
    group, lane.waiting = lane.waiting[:taken], lane.waiting[taken:]
    return group


async def _answer(lane: _Lane, group: list[_Waiting]) -> None:
    """Store the group and tell each; when that fails for a reason that may be one request's, each on its own."""
    group = [waiting for waiting in group if not waiting.answer.done()]
    if not group:
        return
    try:
        repeats = await _store(lane, group)
    except asyncio.CancelledError:
        for waiting in group:
            waiting.answer.cancel()
        raise
    except Exception as error:
        if len(group) > 1 and _may_be_one(error):
            await _answer_apart(lane, group)
            return
        for waiting in group:
            _tell(waiting, error)
        return
    for waiting, repeated in zip(group, repeats, strict=True):
        _tell(waiting, repeated)


async def _answer_apart(lane: _Lane, group: list[_Waiting]) -> None:
    log.warning("analytics.flush_apart", extra={"tenant": str(lane.tenant_id), "requests": len(group)})
    await asyncio.gather(*(_answer(lane, [waiting]) for waiting in group))


def _may_be_one(error: Exception) -> bool:
    """A database that is down is down for all; what it refuses or waits for may be one request's."""
    return not isinstance(error, Unavailable) or isinstance(error, _Held) or error.code == BUSY_RETRY


def _tell(waiting: _Waiting, outcome: "set[str] | Exception") -> None:
    if waiting.answer.done():  # the client has gone
        return
    if isinstance(outcome, Exception):
        waiting.answer.set_exception(outcome)
    else:
        waiting.answer.set_result(outcome)


async def _store(lane: _Lane, group: list[_Waiting]) -> list[set[str]]:
    """One transaction; returns for each request what had been there. Who loses a deadlock tries again."""
    first, lines, inside = _merged(group)
    intake = Intake(lane.tenant_id, lane.source_id, max(w.received_at for w in group), False, _PATIENCE)
    slots = slots_of(record.occurred_at for record in first.values())
    sightings, tally = sightings_of(first.values()), _tallied(group, inside)
    for attempt in range(1, _TRIES + 1):
        try:
            repeats = await _store_once(intake, lines, first, slots, sightings, tally)
            return [
                {r.id for r in w.records if r.id in repeats} | again for w, again in zip(group, inside, strict=True)
            ]
        except Unavailable as error:
            if error.code != BUSY_RETRY or attempt == _TRIES:
                raise
            await asyncio.sleep(0.05 * attempt)
    raise AssertionError("unreachable")


def _merged(group: list[_Waiting]) -> tuple[dict[str, EventRecord], bytes, list[set[str]]]:
    """The different events of all requests, as lines too; and for each request what an earlier one brings already."""
    first: dict[str, EventRecord] = {}
    inside: list[set[str]] = []
    for waiting in group:
        again = {record.id for record in waiting.records if record.id in first} if first else set()
        for record in waiting.records:
            first.setdefault(record.id, record)
        inside.append(again)
    return first, "".join([row(record) for record in first.values()]).encode(), inside


def _tallied(group: list[_Waiting], inside: list[set[str]]) -> Tally:
    """What became of the messages that are not stored."""
    tally = Tally()
    for waiting, again in zip(group, inside, strict=True):
        tally.add(waiting.tally)
        tally.count(HealthKind.DUPLICATE, len(again))
    return tally


async def _store_once(
    intake: Intake,
    lines: bytes,
    first: dict[str, EventRecord],
    slots: set[int],
    sightings: list[Sighting],
    tally: Tally,
) -> set[str]:
    count = len(first)
    try:
        async with _at_once, tenant_session(job_context(intake.tenant_id, "ingest")) as session:
            repeats = await keep(session, intake, lines, count, slots, sightings)
            if len(repeats) < count:
                await tell_soon(session, intake.tenant_id)
                await _touch(session, intake)
            await note_intake(session, intake, lines, first, repeats, tally)
        return repeats
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT:
            raise _Held(retry_after=5) from error
        raise


async def _touch(session: AsyncSession, intake: Intake) -> None:
    """Note when the source last sent, now and then: one hot row must not line up all transactions."""
    at, last = intake.received_at, _touched.get(intake.source_id)
    if last is None or at - last >= _TOUCH_EVERY:
        _touched[intake.source_id] = at
        await session.execute(_TOUCH, {"at": at, "tenant_id": intake.tenant_id, "id": intake.source_id})
