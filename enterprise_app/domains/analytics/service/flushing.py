"""Group commit: requests that come together are stored in one transaction, and each is answered when it is committed.

Each source has a lane. While its transactions run, what comes in waits and goes into the next one: under load the cost
of a transaction is shared, and without load nobody waits. A request that the database refuses fails alone.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import BUSY_RETRY, tenant_session
from enterprise_app.core.errors import QuotaExceeded, RateLimited, Unavailable
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Entitlements, Limit
from enterprise_app.domains.analytics.queries import backlog
from enterprise_app.domains.analytics.queries.storing import Intake
from enterprise_app.domains.analytics.rules.record import EventRecord
from enterprise_app.domains.analytics.rules.rows import row, slots_of
from enterprise_app.domains.analytics.rules.sightings import sightings_of
from enterprise_app.domains.analytics.rules.tally import Tally
from enterprise_app.domains.analytics.service.keeping import keep
from enterprise_app.domains.analytics.service.noting import note_intake
from enterprise_app.domains.analytics.service.spending import SPENT, Share, charge, share_out
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
_TRIES, _SHARES = 3, 20
_UNLIMITED = Entitlements(limits={Limit.EVENTS: UNLIMITED})
_TOUCH_EVERY = timedelta(seconds=30)
_TOUCH = sa.text("UPDATE analytics_sources SET last_event_at = :at WHERE tenant_id = :tenant_id AND id = :id")
_PATIENCE = 5
"""Seconds. Ids that a running import has are locked until it ends: nobody waits that long for one answer."""
_LOCK_TIMEOUT = "55P03"


@dataclass(frozen=True, slots=True)
class Kept:
    """One request's events: the ids that were there before, those beyond the plan, and the refusal of those."""

    repeats: set[str]
    refused: set[str] = field(default_factory=set)
    refusal: QuotaExceeded | None = None


@dataclass(eq=False, slots=True)
class _Waiting:
    """One request's events, and who waits for them."""

    records: Sequence[EventRecord]
    received_at: datetime
    answer: "asyncio.Future[Kept]"
    tally: Tally
    settles: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Rest:
    """What goes into the transaction beside the events: what became of other messages, and rows of the backlog."""

    tally: Tally
    settles: list[UUID]


@dataclass(eq=False, slots=True)
class _Lane:
    tenant_id: UUID
    source_id: UUID
    waiting: list[_Waiting] = field(default_factory=list)
    events: int = 0
    serving: "set[asyncio.Task[None]]" = field(default_factory=set)
    entitlements: Entitlements = field(default_factory=Entitlements)


class Settled(Exception):
    """Another process has stored these events of the backlog."""


class _Held(Unavailable):
    """Another transaction held an id for too long."""

    code = "database_busy"


_lanes: dict[UUID, _Lane] = {}
_spent: set[UUID] = set()
"""Tenants whose month is spent as far as this process knows: for them it looks before it stores."""
_waiting_all = 0
_at_once = asyncio.Semaphore(MAX_AT_ONCE)
_touched: dict[UUID, datetime] = {}


def is_spent(tenant_id: UUID) -> bool:
    """Whether the tenant's month is spent, as far as this process knows."""
    return tenant_id in _spent


async def flush(
    tenant_id: UUID,
    source_id: UUID,
    records: Sequence[EventRecord],
    received_at: datetime,
    tally: Tally | None = None,
    entitlements: Entitlements | None = None,
    settles: UUID | None = None,
) -> Kept:
    """Store the records (of different ids) with whatever else comes; returns which were there before, which don't fit.

    `tally` is what became of the request's other messages. `settles` is the row of the backlog that they come from: it
    is deleted with that. When it returns, all is committed. Raises RateLimited or Unavailable when too much is waiting,
    Unavailable when the database can't take them, Settled when the row has gone: then none of them is kept.
    """
    lane = _lanes.get(source_id) or _Lane(tenant_id, source_id)
    lane.entitlements = entitlements or _UNLIMITED
    _check_room(lane, len(records))
    waiting = _Waiting(records, received_at, asyncio.get_running_loop().create_future(), tally or Tally(), settles)
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


def _tell(waiting: _Waiting, outcome: Kept | Exception) -> None:
    if waiting.answer.done():  # the client has gone
        return
    if isinstance(outcome, Exception):
        waiting.answer.set_exception(outcome)
    else:
        waiting.answer.set_result(outcome)


async def _store(lane: _Lane, group: list[_Waiting]) -> list[Kept]:
    """One transaction; returns for each request what became of it."""
    first, inside = _merged(group)
    intake = Intake(lane.tenant_id, lane.source_id, max(w.received_at for w in group), False, _PATIENCE)
    ctx = job_context(lane.tenant_id, "ingest", entitlements=lane.entitlements)
    rest = _Rest(_tallied(group, inside), [w.settles for w in group if w.settles])
    if lane.tenant_id in _spent:
        share = await _store_share(ctx, intake, first, rest)
    else:
        try:
            share = Share(first, await _store_all(ctx, intake, first, rest))
        except QuotaExceeded:
            share = await _store_share(ctx, intake, first, rest)
    return [
        Kept(
            ({r.id for r in w.records if r.id in share.known} | again) - share.refused,
            {r.id for r in w.records if r.id in share.refused},
            share.refusal,
        )
        for w, again in zip(group, inside, strict=True)
    ]


async def _store_share(ctx: Context, intake: Intake, first: dict[str, EventRecord], rest: _Rest) -> Share:
    """Near the end of the month's events: store those that still fit, whoever else is at it."""
    for _ in range(_SHARES):
        async with tenant_session(ctx) as session:
            share = await share_out(session, ctx, first)
        told = Tally()
        told.add(rest.tally)
        share.note(told)
        for event_id in share.refused:
            told.refuse(SPENT, {"messageId": first[event_id].message_id, "type": first[event_id].type})
        try:
            raced = await _store_all(ctx, intake, share.fitting, replace(rest, tally=told))
        except QuotaExceeded:
            continue  # others took what was left
        (_spent.add if share.refusal else _spent.discard)(ctx.tenant_id)
        return replace(share, known=share.known | raced)
    raise Unavailable("database_busy", retry_after=1)


async def _store_all(ctx: Context, intake: Intake, records: dict[str, EventRecord], rest: _Rest) -> set[str]:
    """All of them or none; returns the ids of those that were there. Who loses a deadlock tries again."""
    lines = "".join([row(record) for record in records.values()]).encode()
    slots, sightings = slots_of(r.occurred_at for r in records.values()), sightings_of(records.values())
    for attempt in range(1, _TRIES + 1):
        try:
            return await _store_once(intake, lines, records, slots, sightings, rest, ctx)
        except Unavailable as error:
            if error.code != BUSY_RETRY or attempt == _TRIES:
                raise
            await asyncio.sleep(0.05 * attempt)
    raise AssertionError("unreachable")


def _merged(group: list[_Waiting]) -> tuple[dict[str, EventRecord], list[set[str]]]:
    """The different events of all requests; and for each request what an earlier one brings already."""
    first: dict[str, EventRecord] = {}
    inside: list[set[str]] = []
    for waiting in group:
        again = {record.id for record in waiting.records if record.id in first} if first else set()
        for record in waiting.records:
            first.setdefault(record.id, record)
        inside.append(again)
    return first, inside


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
    rest: _Rest,
    ctx: Context,
) -> set[str]:
    count = len(first)
    try:
        async with _at_once, tenant_session(ctx) as session:
            # First: who comes second waits here, and does nothing twice.
            if rest.settles and await backlog.settle(session, ctx.tenant_id, rest.settles) < len(rest.settles):
                raise Settled
            repeats = await keep(session, intake, lines, count, slots, sightings)
            if len(repeats) < count:
                await tell_soon(session, intake.tenant_id)
                await _touch(session, intake)
            await note_intake(session, intake, lines, first, repeats, rest.tally)
            await charge(session, ctx, count - len(repeats))
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
