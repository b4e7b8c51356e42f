"""Work that rows of a table ask for: while a tenant has some, the worker does it, piece by piece, tenants in turn.

For derived data that must follow within a second (rollups, folded profiles). Unlike a job nothing is asked for and
nothing is remembered: the rows themselves say what is to be done, so a killed worker loses nothing.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa

from enterprise_app.core import db
from enterprise_app.core.context import Context
from enterprise_app.core.db import system_session
from enterprise_app.core.errors import Unavailable
from enterprise_app.core.live import RESYNC, Listener
from enterprise_app.core.loops import Wake, finish_all

log = logging.getLogger(__name__)

POLL = 1.0
CONCURRENCY = 2
_PAUSE_AFTER_FAILURE = 5.0

ContextFor = Callable[[UUID, str], Awaitable[Context]]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """`due` is SQL that lists the ids of tenants with something to do. `keep` does one bounded piece of it, safe under
    several workers. `area`: the live topics that tell of new work. `rest`: how long a tenant rests after a piece, in
    times of what the piece took: requests need the database, too."""

    name: str
    due: str
    area: str
    keep: Callable[[Context], Awaitable[object]]
    rest: float = 1.0


class HasUpkeeps(Protocol):
    """What we need to know of a domain's manifest."""

    @property
    def upkeeps(self) -> Iterable[Upkeep]: ...


@dataclass
class _Turns:
    """Who is being served, and when each may be served again: so the one who waited longest is next."""

    running: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)
    ready_at: dict[UUID, float] = field(default_factory=dict)

    def choose(self, due: Iterable[UUID], free: int) -> list[UUID]:
        """The tenants to serve now."""
        moment = time.monotonic()
        ready = [t for t in due if t not in self.running and self.ready_at.get(t, 0.0) <= moment]
        return sorted(ready, key=lambda t: self.ready_at.get(t, 0.0))[:free]

    def seconds_left(self, tenant_id: UUID) -> float:
        """Until it may be served again."""
        return max(0.0, self.ready_at.get(tenant_id, 0.0) - time.monotonic())

    def rest(self, tenant_id: UUID, seconds: float) -> None:
        """Not again before that time is over."""
        if len(self.ready_at) > 10_000:
            self.ready_at.clear()
        self.ready_at[tenant_id] = time.monotonic() + seconds


async def run(stop: asyncio.Event, domains: Iterable[HasUpkeeps], *, context_for: ContextFor) -> None:
    """Keep everything up until `stop`; any number of processes may do so at the same time."""
    upkeeps = [upkeep for domain in domains for upkeep in domain.upkeeps]
    async with asyncio.TaskGroup() as loops:
        for upkeep in upkeeps:
            loops.create_task(_run(stop, upkeep, context_for))


async def _run(stop: asyncio.Event, upkeep: Upkeep, context_for: ContextFor) -> None:
    wake, turns = Wake(POLL), _Turns()
    listener = Listener(db.urls().direct_app)
    listener.on("", lambda topic: wake.set() if topic == RESYNC or f":{upkeep.area}" in topic else None)
    await listener.start()
    try:
        while not stop.is_set():
            chosen = turns.choose(await _due(upkeep), CONCURRENCY - len(turns.running))
            for tenant_id in chosen:
                task = asyncio.create_task(_keep(upkeep, tenant_id, turns, context_for), name=upkeep.name)
                turns.running[tenant_id] = task
                task.add_done_callback(lambda _, tenant_id=tenant_id: turns.running.pop(tenant_id, None))
                task.add_done_callback(lambda _, tenant_id=tenant_id: _wake_after(wake, turns.seconds_left(tenant_id)))
            await wake.wait(stop)
    finally:
        await listener.stop()
        await finish_all(list(turns.running.values()))


def _wake_after(wake: Wake, seconds: float) -> None:
    asyncio.get_running_loop().call_later(seconds, wake.set)


async def _due(upkeep: Upkeep) -> list[UUID]:
    try:
        async with system_session(f"tenants with work for {upkeep.name}") as session:
            return list(await session.scalars(sa.text(upkeep.due)))
    except Unavailable:
        log.warning("upkeep waits for the database", extra={"upkeep": upkeep.name})
    except Exception:
        log.exception("looking for upkeep failed", extra={"upkeep": upkeep.name})
    return []


async def _keep(upkeep: Upkeep, tenant_id: UUID, turns: _Turns, context_for: ContextFor) -> None:
    begun = time.monotonic()
    try:
        await upkeep.keep(await context_for(tenant_id, upkeep.name))
    except Exception as error:
        level = logging.WARNING if isinstance(error, Unavailable) else logging.ERROR
        log.log(level, "upkeep failed", exc_info=error, extra={"upkeep": upkeep.name, "tenant": str(tenant_id)})
        turns.rest(tenant_id, _PAUSE_AFTER_FAILURE)
    else:
        turns.rest(tenant_id, (time.monotonic() - begun) * upkeep.rest)
