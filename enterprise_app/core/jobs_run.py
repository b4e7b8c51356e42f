"""One run of one job in this process: its row in job_runs, its steps, its progress, its end."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from dbos import DBOS, StepOptions
from sqlalchemy.dialects.postgresql import JSONB

from enterprise_app.core import jobs, live
from enterprise_app.core.context import job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError, TenantMissing, Unavailable
from enterprise_app.core.jobs import Job, JobCancelled, JobState

log = logging.getLogger(__name__)

_REPORT_EVERY = 0.3
_STEP_ATTEMPTS = 8
_STEP_PAUSE = 1.0
_SETTLE_ATTEMPTS = 60

_START = sa.text(
    """
    UPDATE job_runs SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now()),
        updated_at = now()
    WHERE id = :id AND state IN ('queued', 'running') RETURNING attempts, cancel_asked_at
    """
)
_PROGRESS = sa.text(
    """
    UPDATE job_runs SET done = :done, total = coalesce(:total, total), message = :message,
        details = details || :details, updated_at = now()
    WHERE id = :id RETURNING cancel_asked_at
    """
).bindparams(sa.bindparam("details", type_=JSONB))
_SETTLE = sa.text(
    """
    UPDATE job_runs SET state = :state, result = :result, error = :error, finished_at = now(), updated_at = now()
    WHERE id = :id AND state IN ('queued', 'running')
    """
).bindparams(sa.bindparam("result", type_=JSONB(none_as_null=True)))


class RunningJob:
    """The `jobs.Runner` of a run."""

    active: ClassVar[set[UUID]] = set()
    frozen: ClassVar[set[UUID]] = set()
    stopping: ClassVar[bool] = False

    def __init__(self, run_id: UUID, tenant_id: UUID, name: str) -> None:
        if not isinstance(tenant_id, UUID):
            raise TenantMissing(job=name)
        self.run_id = run_id
        self.name = name
        self._ctx = job_context(tenant_id, name)
        self._reported_at = float("-inf")

    async def carry_out(self, job: Job | None, arguments: Mapping[str, Any], max_starts: int) -> JobState:
        """Run the function to its end and note how it ended; only a stop of the process leaves the run open."""
        RunningJob.active.add(self.run_id)
        token = jobs.current_runner.set(self)
        try:
            state, result, error = await self._outcome(job, arguments, max_starts)
            await self._settle(state, result, error)
            return state
        finally:
            jobs.current_runner.reset(token)
            RunningJob.active.discard(self.run_id)
            RunningJob.frozen.discard(self.run_id)

    async def _outcome(
        self, job: Job | None, arguments: Mapping[str, Any], max_starts: int
    ) -> tuple[JobState, Any, str | None]:
        try:
            starts = await self._start()
            if job is None:
                raise LookupError(f"no job is named {self.name}")
            if starts > max_starts:
                raise RuntimeError(f"started {max_starts} times, and each time the worker died")
            return JobState.DONE, _jsonable(await job(str(self._ctx.tenant_id), **arguments)), None
        except JobCancelled:
            return JobState.CANCELLED, None, None
        except AtriumError as error:
            log.warning("a job failed", exc_info=error, extra={"job": self.name, "run": str(self.run_id)})
            return JobState.FAILED, {"code": error.code, "params": _jsonable(error.params)}, str(error)[:2000]
        except Exception as error:
            log.exception("a job failed", extra={"job": self.name, "run": str(self.run_id)})
            return JobState.FAILED, None, f"{type(error).__name__}: {error}"[:2000]

    async def _start(self) -> int:
        row = await self._write(_START, {"id": self.run_id})
        if row is None or row.cancel_asked_at is not None:
            raise JobCancelled
        return row.attempts

    async def step(self, name: str, function: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        """A DBOS step: its result is stored, after a crash it is read instead of done again."""
        options: StepOptions = {
            "name": name, "retries_allowed": True, "max_attempts": _STEP_ATTEMPTS, "interval_seconds": _STEP_PAUSE,
            "backoff_rate": 1.5, "should_retry": lambda error: isinstance(error, Unavailable),
        }  # fmt: skip
        await self._freeze_when_stopping()
        return await DBOS.run_step_async(options, function, *args, **kwargs)

    async def progress(self, done: int, total: int | None, message: str, details: Mapping[str, Any]) -> None:
        """Write the row unless it was written a moment ago."""
        await self._freeze_when_stopping()
        now = time.monotonic()
        if now - self._reported_at < _REPORT_EVERY and done != total:
            return
        self._reported_at = now
        values = {
            "id": self.run_id, "done": done, "total": total, "message": message, "details": _jsonable(dict(details)),
        }  # fmt: skip
        row = await self._write(_PROGRESS, values)
        if row is None or row.cancel_asked_at is not None:
            raise JobCancelled

    async def _freeze_when_stopping(self) -> None:
        """A safe point: when the process is about to end, nothing more is begun."""
        if RunningJob.stopping:
            RunningJob.frozen.add(self.run_id)
            await asyncio.Event().wait()

    async def _settle(self, state: JobState, result: Any, error: str | None) -> None:
        """Note the end, however long the database is away."""
        values = {"id": self.run_id, "state": state.value, "result": result, "error": error}
        for attempt in range(_SETTLE_ATTEMPTS):
            try:
                await self._write(_SETTLE, values)
                return
            except Unavailable:
                await asyncio.sleep(min(10, 0.5 * 1.5**attempt))
        raise Unavailable("database_unavailable")

    async def _write(self, statement: sa.TextClause, values: dict[str, Any]) -> Any:
        async with tenant_session(self._ctx) as session:
            done = await session.execute(statement, values)
            row = done.first() if statement is not _SETTLE else None
            await live.changed(session, jobs.topic_of(self._ctx.tenant_id, self.run_id))
            return row


def _jsonable(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))
