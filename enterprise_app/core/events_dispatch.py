"""The event spine, delivering side: the worker hands each fact to each subscriber.

A delivery is claimed (counted, so that one that kills the worker gives up some day), then handled in one tenant
transaction together with the mark that it is done: at least once for the outside, exactly once for the database.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import db, events, live
from enterprise_app.core.context import Actor, ActorKind, Context, job_context
from enterprise_app.core.db import system_session, tenant_session
from enterprise_app.core.errors import Conflict, NotFound, Unavailable
from enterprise_app.core.events import Delivery, Subscriber
from enterprise_app.core.live import Listener
from enterprise_app.core.loops import Wake, finish_all
from enterprise_app.core.table import affected

log = logging.getLogger(__name__)

TOPIC = live.platform_topic("deliveries")
"""Live topic: a delivery failed, or is tried again."""
MAX_ATTEMPTS = 12
LEASE = 30.0  # seconds until a claim counts as lost; a handler that takes longer holds a row lock that protects it
CONCURRENCY = 8
POLL = 1.0
FIRST_RETRY, LONGEST_RETRY = 1.0, 900.0

ContextFor = Callable[[UUID, str], Awaitable[Context]]


class GiveUp(Exception):
    """Raised by a handler when trying again can't help: the delivery is dead at once."""


async def _system_context(tenant_id: UUID, subscriber: str) -> Context:
    return job_context(tenant_id, subscriber)


@dataclass(frozen=True, slots=True)
class _Claim:
    tenant_id: UUID
    id: UUID
    subscriber: str
    entity_id: UUID
    attempts: int


async def run(stop: asyncio.Event, *, context_for: ContextFor = _system_context) -> None:
    """Deliver until `stop`; any number of processes may do so at the same time."""
    wake = Wake(POLL)
    listener = Listener(db.urls().direct_system, (events.CHANNEL,))
    listener.on("", lambda _: wake.set())
    await listener.start()
    running: set[asyncio.Task[None]] = set()
    try:
        while not stop.is_set():
            claims = await _claim_patiently(CONCURRENCY - len(running))
            for claim in claims:
                task = asyncio.create_task(_work(claim, context_for, stop), name=f"deliver {claim.subscriber}")
                running.add(task)
                task.add_done_callback(running.discard)
                task.add_done_callback(lambda _: wake.set())
            if not claims or len(running) >= CONCURRENCY:
                await wake.wait(stop)
    finally:
        await listener.stop()
        await finish_all(running)


async def deliver_pending(*, context_for: ContextFor = _system_context, limit: int = 10_000) -> int:
    """Deliver everything that is due now, in this task; returns how many. For commands and tests."""
    count = 0
    while count < limit and (claims := await _claim(CONCURRENCY)):
        for claim in claims:
            await _deliver(claim, context_for)
        count += len(claims)
    return count


async def _work(claim: _Claim, context_for: ContextFor, stop: asyncio.Event) -> None:
    """Deliver, then go on with what waits behind it: a long queue of one entity needs no search in between."""
    following: _Claim | None = claim
    while following is not None:
        try:
            done = await _deliver(following, context_for)
            following = await _claim_next(following) if done and not stop.is_set() else None
        except Unavailable:
            return  # the database is down: the claim is due again when its lease is over


_RETURNING = "d.tenant_id, d.id, d.subscriber, d.entity_id, d.attempts"
_EARLIER = """
    SELECT FROM event_deliveries e WHERE e.tenant_id = p.tenant_id AND e.subscriber = p.subscriber
        AND e.entity_id = p.entity_id AND e.state = 'pending' AND e.seq < p.seq
"""
_CLAIM = sa.text(
    f"""
    UPDATE event_deliveries d SET attempts = d.attempts + 1, due_at = now() + make_interval(secs => :lease)
    FROM (
        SELECT tenant_id, id FROM event_deliveries p
        WHERE p.state = 'pending' AND p.due_at <= now() AND p.subscriber = ANY(:known) AND NOT EXISTS ({_EARLIER})
        ORDER BY p.due_at, p.seq LIMIT :limit FOR UPDATE SKIP LOCKED
    ) c
    WHERE d.tenant_id = c.tenant_id AND d.id = c.id RETURNING {_RETURNING}
    """  # noqa: S608 - constants
)
_CLAIM_NEXT = sa.text(
    f"""
    UPDATE event_deliveries d SET attempts = d.attempts + 1, due_at = now() + make_interval(secs => :lease)
    FROM (
        SELECT tenant_id, id FROM event_deliveries p
        WHERE p.tenant_id = :tenant_id AND p.subscriber = :subscriber AND p.entity_id = :entity_id
            AND p.state = 'pending'
        ORDER BY p.seq LIMIT 1 FOR UPDATE SKIP LOCKED
    ) c
    WHERE d.tenant_id = c.tenant_id AND d.id = c.id AND d.due_at <= now() AND NOT EXISTS (
        SELECT FROM event_deliveries e WHERE e.tenant_id = d.tenant_id AND e.subscriber = d.subscriber
            AND e.entity_id = d.entity_id AND e.state = 'pending' AND e.seq < d.seq
    ) RETURNING {_RETURNING}
    """  # noqa: S608 - constants
)


async def _claim_patiently(limit: int) -> list[_Claim]:
    try:
        return await _claim(limit)
    except Unavailable:
        await asyncio.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - jitter
        return []


async def _claim(limit: int) -> list[_Claim]:
    if limit < 1:
        return []
    known = [entry.name for entry in events.list_subscribers()]
    async with system_session("claim deliveries") as session:
        rows = await session.execute(_CLAIM, {"limit": limit, "known": known, "lease": LEASE})
        return [_Claim(*row) for row in rows]


async def _claim_next(claim: _Claim) -> _Claim | None:
    values = {
        "tenant_id": claim.tenant_id, "subscriber": claim.subscriber, "entity_id": claim.entity_id, "lease": LEASE,
    }  # fmt: skip
    async with system_session("claim the next delivery of an entity") as session:
        row = (await session.execute(_CLAIM_NEXT, values)).first()
        return _Claim(*row) if row else None


async def _deliver(claim: _Claim, context_for: ContextFor) -> bool:
    """Whether it is done; otherwise the failure is noted and it is tried again later, or dead."""
    subscriber = events.find_subscriber(claim.subscriber)
    if subscriber is None:
        return False
    try:
        ctx = await context_for(claim.tenant_id, claim.subscriber)
        async with tenant_session(ctx) as session:
            await _handle(session, ctx, subscriber, claim)
    except Exception as error:
        log.warning(
            "a delivery failed", exc_info=error,
            extra={"subscriber": claim.subscriber, "delivery": str(claim.id), "attempt": claim.attempts},
        )  # fmt: skip
        await _note_failure(claim, error)
        return False
    return True


_LOAD = sa.text(
    """
    SELECT o.id, o.kind, o.entity_id, o.payload, o.actor, o.request_id, o.occurred_at
    FROM event_deliveries d JOIN event_outbox o ON o.tenant_id = d.tenant_id AND o.id = d.event_id
    WHERE d.id = :id AND d.state = 'pending' FOR UPDATE OF d
    """
)
_DONE = sa.text("UPDATE event_deliveries SET state = 'done', finished_at = now(), error = NULL WHERE id = :id")


async def _handle(session: AsyncSession, ctx: Context, subscriber: Subscriber, claim: _Claim) -> None:
    row = (await session.execute(_LOAD, {"id": claim.id})).first()
    if row is None:
        return  # somebody else did it meanwhile
    event = subscriber.event.model_validate({**row.payload, "tenant_id": claim.tenant_id, "entity_id": row.entity_id})
    delivery = Delivery(
        id=claim.id, event_id=row.id, subscriber=claim.subscriber, attempt=claim.attempts,
        actor=actor_from_json(row.actor), request_id=row.request_id, occurred_at=row.occurred_at,
    )  # fmt: skip
    await subscriber.handler(session, ctx, event, delivery)
    await session.flush()
    await session.execute(_DONE, {"id": claim.id})


_FAILED = sa.text(
    """
    UPDATE event_deliveries SET error = :error, state = :state, due_at = now() + make_interval(secs => :delay),
        finished_at = CASE WHEN :state = 'dead' THEN now() END
    WHERE tenant_id = :tenant_id AND id = :id AND state = 'pending'
    """
)


async def _note_failure(claim: _Claim, error: Exception) -> None:
    dead = isinstance(error, GiveUp) or claim.attempts >= MAX_ATTEMPTS
    values = {
        "tenant_id": claim.tenant_id, "id": claim.id, "error": f"{type(error).__name__}: {error}"[:2000],
        "state": "dead" if dead else "pending", "delay": retry_delay(claim.attempts),
    }  # fmt: skip
    async with system_session("note a failed delivery") as session:
        await session.execute(_FAILED, values)
        await live.changed(session, TOPIC)


def retry_delay(attempts: int) -> float:
    """Seconds until the next attempt: doubling from 1 s to 15 min, jittered so that failures spread out."""
    return min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** (attempts - 1)) * random.uniform(0.5, 1)  # noqa: S311 - jitter


def actor_from_json(value: dict[str, Any]) -> Actor:
    """The actor as `events.actor_to_json` stored it."""
    ids = {key: UUID(value[key]) if value.get(key) else None for key in ("id", "account_id")}
    return Actor(ActorKind(value["kind"]), name=value.get("name", ""), **ids)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery as the operator sees it."""

    tenant_id: UUID
    id: UUID
    event_id: UUID
    kind: str
    subscriber: str
    state: str
    attempts: int
    error: str | None
    occurred_at: datetime
    due_at: datetime
    finished_at: datetime | None


async def list_deliveries(state: str, *, limit: int = 100) -> Sequence[DeliveryRow]:
    """The newest deliveries in a state (pending, done, dead), of all tenants: for the operator."""
    query = sa.text(
        """
        SELECT d.tenant_id, d.id, d.event_id, o.kind, d.subscriber, d.state, d.attempts, d.error, o.occurred_at,
            d.due_at, d.finished_at
        FROM event_deliveries d JOIN event_outbox o ON o.tenant_id = d.tenant_id AND o.id = d.event_id
        WHERE d.state = :state ORDER BY d.seq DESC LIMIT :limit
        """
    )
    async with system_session("deliveries for the operator") as session:
        return [DeliveryRow(*row) for row in await session.execute(query, {"state": state, "limit": limit})]


async def replay(delivery_id: UUID) -> None:
    """Deliver once more, from the first attempt; raises NotFound, and Conflict while it is still pending."""
    statement = sa.text(
        """
        UPDATE event_deliveries SET state = 'pending', attempts = 0, due_at = now(), error = NULL, finished_at = NULL
        WHERE id = :id AND state <> 'pending' RETURNING id
        """
    )
    async with system_session("replay a delivery") as session:
        if await session.scalar(statement, {"id": delivery_id}) is None:
            known = await session.scalar(sa.text("SELECT id FROM event_deliveries WHERE id = :id"), {"id": delivery_id})
            raise Conflict("delivery_pending") if known else NotFound(kind="delivery", id=str(delivery_id))
        await session.execute(sa.text("SELECT pg_notify(:channel, '')"), {"channel": events.CHANNEL})
        await live.changed(session, TOPIC)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How the spine is doing: waiting and dead deliveries, and how many seconds the oldest one is overdue."""

    pending: int
    dead: int
    oldest_seconds: float


async def backlog() -> Backlog:
    """For metrics and health."""
    query = sa.text(
        """
        SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'dead'),
            coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'pending')), 0)
        FROM event_deliveries WHERE state IN ('pending', 'dead')
        """
    )
    async with system_session("backlog of the spine") as session:
        pending, dead, oldest = (await session.execute(query)).one()
        return Backlog(pending, dead, float(oldest))


async def prune(before: datetime, *, batch: int = 5000) -> int:
    """Delete facts older than that whose deliveries are all done, with their deliveries; returns how many."""
    statement = sa.text(
        """
        DELETE FROM event_outbox o USING (
            SELECT tenant_id, id FROM event_outbox f WHERE f.occurred_at < :before AND NOT EXISTS (
                SELECT FROM event_deliveries d WHERE d.tenant_id = f.tenant_id AND d.event_id = f.id
                    AND d.state <> 'done'
            ) LIMIT :batch
        ) old WHERE o.tenant_id = old.tenant_id AND o.id = old.id
        """
    )
    total = 0
    while True:
        async with system_session("prune the spine") as session:
            done = await session.execute(statement, {"before": before, "batch": batch})
            total += affected(done)
            if affected(done) < batch:
                return total
