"""Background jobs, the asking side: declare with @job, start with `enqueue`, watch and cancel by the row in job_runs.

A job is one durable workflow (DBOS) in the worker. Its arguments are JSON; the tenant is the first of them.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import live
from enterprise_app.core.context import Actor, ActorKind, Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, NotFound, TenantMissing
from enterprise_app.core.events import actor_to_json
from enterprise_app.core.ids import new_id

CHANNEL = "atrium_jobs"
JobFunction = Callable[..., Awaitable[Any]]


class JobState(StrEnum):
    """Where a run stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A declared job: call it in tests, `enqueue` it in the product. `concurrency` is per worker process."""

    name: str
    function: JobFunction
    concurrency: int = 2

    async def __call__(self, tenant_id: str, **arguments: Any) -> Any:
        """Run it here and now."""
        if not tenant_id:
            raise TenantMissing(job=self.name)
        return await self.function(tenant_id, **arguments)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`cron` (five fields, UTC) starts `job` for every active tenant, or once for the platform's own tenant.

    The job gets the argument `due_at` (ISO 8601): the time it was due, the same on every retry.
    """

    name: str
    cron: str
    job: Job
    per_tenant: bool = True


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run as people see it. `total` is None while unknown; `details` is the job's own JSON (counts, files)."""

    id: UUID
    name: str
    state: JobState
    done: int
    total: int | None
    message: str
    details: dict[str, Any]
    result: Any
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_asked: bool


def job(name: str, *, concurrency: int = 2) -> Callable[[JobFunction], Job]:
    """Declare a job: `@job("analytics.import") async def run(tenant_id: str, *, file: str) -> dict`.

    After a crash the function runs again from its beginning, except for what it did through `step`. It tells how far
    it is with `progress`, which also ends it when somebody cancelled it.
    """

    def declare(function: JobFunction) -> Job:
        return Job(name, function, concurrency)

    return declare


class JobCancelled(Exception):
    """Raised inside a job by `progress` after somebody asked it to stop; let it pass."""


class Runner(Protocol):
    """What the worker gives to a running job."""

    @property
    def run_id(self) -> UUID: ...
    async def step(self, name: str, function: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any: ...
    async def progress(self, done: int, total: int | None, message: str, details: Mapping[str, Any]) -> None: ...


current_runner: ContextVar[Runner | None] = ContextVar("current_runner", default=None)


async def step(name: str, function: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
    """Do one part of a job and remember its JSON result: after a crash it is not done again.

    `Unavailable` is retried with growing pauses. A step that reaches outside passes `step_key(name)` along.
    Outside a worker (a job called directly) it simply runs.
    """
    runner = current_runner.get()
    if runner is None:
        return await function(*args, **kwargs)
    return await runner.step(name, function, *args, **kwargs)


def step_key(name: str) -> str:
    """The key that makes an outside service recognise a repeated step: `run:step`."""
    runner = current_runner.get()
    return f"{runner.run_id if runner else new_id()}:{name}"


async def progress(done: int, total: int | None = None, message: str = "", **details: Any) -> None:
    """Tell how far the job is (shown live, at most a few times a second); raises JobCancelled when asked to stop."""
    runner = current_runner.get()
    if runner is not None:
        await runner.progress(done, total, message, details)


_INSERT = sa.text(
    """
    INSERT INTO job_runs (tenant_id, id, name, arguments, key, actor)
    VALUES (:tenant_id, :id, :name, :arguments, :key, :actor)
    ON CONFLICT (tenant_id, name, key) WHERE key IS NOT NULL DO NOTHING
    RETURNING id
    """
).bindparams(sa.bindparam("arguments", type_=JSONB), sa.bindparam("actor", type_=JSONB))


async def enqueue(
    job: Job | str,
    tenant_id: str | UUID | None,
    arguments: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    session: AsyncSession | None = None,
    actor: Actor | None = None,
) -> UUID:
    """Ask for a run; returns its id. With `key` a second call returns the first run's id.

    With `session` (of the same tenant) the run exists only if that transaction commits. Raises TenantMissing.
    """
    if not tenant_id:
        raise TenantMissing(job=job if isinstance(job, str) else job.name)
    tenant = UUID(str(tenant_id))
    name = job if isinstance(job, str) else job.name
    actor = actor or Actor(ActorKind.JOB, name=name)
    values = {
        "tenant_id": tenant, "id": new_id(), "name": name, "arguments": dict(arguments or {}), "key": key,
        "actor": actor_to_json(actor),
    }  # fmt: skip
    if session is not None:
        return await _insert(session, values)
    async with tenant_session(job_context(tenant, name)) as own:
        return await _insert(own, values)


async def _insert(session: AsyncSession, values: dict[str, Any]) -> UUID:
    run_id = await session.scalar(_INSERT, values)
    if run_id is None:
        query = sa.text("SELECT id FROM job_runs WHERE tenant_id = :tenant_id AND name = :name AND key = :key")
        return (await session.execute(query, values)).scalar_one()
    await live.notify(session, CHANNEL, "")
    await live.changed(session, topic_of(values["tenant_id"], run_id))
    return run_id


_COLUMNS = (
    "id, name, state, done, total, message, details, result, error, created_at, started_at, finished_at,"
    " cancel_asked_at IS NOT NULL AS cancel_asked"
)


async def get_run(session: AsyncSession, run_id: UUID) -> JobRun:
    """The run; raises NotFound."""
    query = sa.text(f"SELECT {_COLUMNS} FROM job_runs WHERE id = :id")  # noqa: S608 - a constant
    row = (await session.execute(query, {"id": run_id})).first()
    if row is None:
        raise NotFound(kind="job", id=str(run_id))
    return _run(row)


async def list_runs(session: AsyncSession, name: str, *, limit: int = 20) -> list[JobRun]:
    """The newest runs of one job."""
    query = f"SELECT {_COLUMNS} FROM job_runs WHERE name = :name ORDER BY created_at DESC, id DESC LIMIT :limit"  # noqa: S608
    return [_run(row) for row in await session.execute(sa.text(query), {"name": name, "limit": limit})]


async def cancel(session: AsyncSession, ctx: Context, run_id: UUID) -> None:
    """Ask a run to stop: at once while queued, at its next progress report while running. Raises Conflict when over."""
    query = sa.text(
        """
        UPDATE job_runs SET cancel_asked_at = coalesce(cancel_asked_at, now()),
            state = CASE WHEN state = 'queued' AND handed_over_at IS NULL THEN 'cancelled' ELSE state END,
            finished_at = CASE WHEN state = 'queued' AND handed_over_at IS NULL THEN now() ELSE finished_at END
        WHERE id = :id AND state IN ('queued', 'running') RETURNING id
        """
    )
    if await session.scalar(query, {"id": run_id}) is None:
        run = await get_run(session, run_id)
        raise Conflict("job_finished", state=run.state.value)
    await live.notify(session, CHANNEL, "")
    await live.changed(session, topic_of(ctx.tenant_id, run_id))


def topic_of(tenant_id: UUID, run_id: UUID) -> str:
    """The live topic of one run's progress."""
    return f"{tenant_id}:jobs:{run_id}"


def _run(row: Any) -> JobRun:
    return JobRun(**{**row._mapping, "state": JobState(row.state)})
