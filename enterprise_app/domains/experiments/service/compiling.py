"""What a tenant serves, compiled once in this process and forgotten as soon as it changes.

At most OLDEST seconds old, also where no live listener tells of changes: after RECHECK seconds the next question has
the database asked whether anything changed (four sums of row versions), while it is answered from what is known.
"""

import asyncio
import time
from dataclasses import dataclass, field
from uuid import UUID

from enterprise_app.core.context import job_context
from enterprise_app.core.db import tenant_session

from ..queries import serving as queries
from ..rules.definitions import Definitions

RECHECK, OLDEST = 1.0, 2.5
_MOST = 2_000


@dataclass(slots=True)
class _Kept:
    definitions: Definitions
    stamp: str
    generation: int
    read_at: float


@dataclass(slots=True)
class _Compiled:
    """Of this process."""

    tenants: dict[UUID, _Kept] = field(default_factory=dict)
    loading: dict[UUID, "asyncio.Task[_Kept]"] = field(default_factory=dict)
    generation: int = 0


_state = _Compiled()


async def definitions_of(tenant_id: UUID) -> Definitions:
    """What the tenant serves now."""
    kept = _state.tenants.get(tenant_id)
    if kept is not None and kept.generation == _state.generation:
        age = time.monotonic() - kept.read_at
        if age < RECHECK:
            return kept.definitions
        if age < OLDEST:
            _load(tenant_id)
            return kept.definitions
    return (await _current(tenant_id)).definitions


def hear(topic: str | None) -> None:
    """For the live listener: what is known may be old; None when something may have been missed."""
    if topic is None or ":flags" in topic:
        _state.generation += 1


def forget() -> None:
    """Know nothing any more: for tests, whose databases come and go."""
    _state.tenants.clear()
    _state.loading.clear()
    _state.generation += 1


async def _current(tenant_id: UUID) -> _Kept:
    """As it is after this moment: a reading that began before the change was told may have missed it."""
    generation = _state.generation
    kept = await asyncio.shield(_load(tenant_id))
    return kept if kept.generation >= generation else await asyncio.shield(_load(tenant_id))


def _load(tenant_id: UUID) -> "asyncio.Task[_Kept]":
    """One reading at a time, whoever waits for it."""
    task = _state.loading.get(tenant_id)
    if task is None or task.get_loop() is not asyncio.get_running_loop():
        task = _state.loading[tenant_id] = asyncio.create_task(_read(tenant_id))
        task.add_done_callback(lambda done: _loaded(tenant_id, done))
    return task


def _loaded(tenant_id: UUID, done: "asyncio.Task[_Kept]") -> None:
    if _state.loading.get(tenant_id) is done:
        del _state.loading[tenant_id]
    if not done.cancelled():
        done.exception()  # whoever waits is told; nobody may wait any more


async def _read(tenant_id: UUID) -> _Kept:
    generation, at, before = _state.generation, time.monotonic(), _state.tenants.get(tenant_id)
    async with tenant_session(job_context(tenant_id, "flags")) as session:
        stamp = await queries.stamp(session)
        if before is not None and before.stamp == stamp:
            kept = _Kept(before.definitions, stamp, generation, at)
        else:
            served = await queries.load(session)
            # Beside the loop: a thousand flags take some time, and others are being answered.
            kept = _Kept(await asyncio.to_thread(served.compile), stamp, generation, at)
    if len(_state.tenants) >= _MOST and tenant_id not in _state.tenants:
        _state.tenants.pop(next(iter(_state.tenants)))
    _state.tenants[tenant_id] = kept
    return kept
