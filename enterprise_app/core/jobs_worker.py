"""Background jobs, the doing side: the worker hands queued runs to DBOS, runs them, and takes over from dead workers.

DBOS recovers by executor id and a live process leaves a dead one's work alone, so each process has an id of its own,
shows that it lives by an advisory lock, and looks for work whose executor shows nothing.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions, ScheduleInput
from sqlalchemy.exc import InterfaceError, OperationalError

from enterprise_app.core import db, jobs
from enterprise_app.core.bootstrap import JOBS_SCHEMA
from enterprise_app.core.context import PLATFORM_TENANT_ID
from enterprise_app.core.db import system_session
from enterprise_app.core.errors import TenantMissing, Unavailable
from enterprise_app.core.ids import new_id
from enterprise_app.core.jobs import Job, JobState, Schedule
from enterprise_app.core.jobs_liveness import Liveness
from enterprise_app.core.jobs_run import RunningJob
from enterprise_app.core.live import Listener
from enterprise_app.core.loops import Wake, first_of

log = logging.getLogger(__name__)

APPLICATION = "atrium"
VERSION = "1"
"""Stays the same over releases, so that a new release finishes what the old one began; see docs/decisions."""
POLL = 2.0
REAP_EVERY = 5.0
MAX_STARTS = 5
STOP_GRACE = 15.0

TenantIds = Callable[[], Awaitable[Iterable[UUID]]]


class HasJobs(Protocol):
    """What we need to know of a domain's manifest."""

    @property
    def jobs(self) -> Iterable[Job]: ...
    @property
    def schedules(self) -> Iterable[Schedule]: ...


_jobs: dict[str, Job] = {}
_schedules: dict[str, Schedule] = {}
_tenant_ids: TenantIds | None = None


async def run(stop: asyncio.Event, domains: Iterable[HasJobs], *, tenant_ids: TenantIds | None = None) -> None:
    """Run jobs and schedules until `stop`. `tenant_ids` lists the active tenants for per-tenant schedules."""
    _know(domains, tenant_ids or active_tenants)
    RunningJob.stopping = False
    executor_id = new_id().hex
    liveness = Liveness(db.urls().direct_system, executor_id)
    await liveness.start(stop)
    if stop.is_set():
        return await liveness.stop()
    wake = Wake(POLL)
    listener = Listener(db.urls().direct_system, (jobs.CHANNEL,))
    listener.on("", lambda _: wake.set())
    await listener.start()
    try:
        await _launch_patiently(stop, executor_id)
        await asyncio.gather(_hand_over_until(stop, wake), _reap_until(stop, liveness))
    finally:
        await listener.stop()
        await _stop_running()
        await _end_dbos()
        await liveness.stop()


async def _stop_running() -> None:
    """Let running jobs end or come to a safe point; what is left then continues in the next worker.

    Cancelling them would make DBOS record an error, which is final: leaving the process is the way to interrupt.
    """
    RunningJob.stopping = True
    deadline = time.monotonic() + STOP_GRACE
    while RunningJob.active - RunningJob.frozen and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    if RunningJob.active:
        log.info("jobs go on in the next worker", extra={"runs": [str(run_id) for run_id in RunningJob.active]})
        logging.shutdown()
        os._exit(0)


def _know(domains: Iterable[HasJobs], tenant_ids: TenantIds) -> None:
    global _tenant_ids
    _tenant_ids = tenant_ids
    _jobs.clear()
    _schedules.clear()
    for domain in domains:
        for job in domain.jobs:
            _add(_jobs, job.name, job)
        for schedule in domain.schedules:
            _add(_schedules, schedule.name, schedule)
            _jobs.setdefault(schedule.job.name, schedule.job)


def _add(known: dict[str, Any], name: str, entry: Any) -> None:
    if name in known:
        raise ValueError(f"two jobs or schedules are named {name}")
    known[name] = entry


async def _launch_patiently(stop: asyncio.Event, executor_id: str) -> None:
    """Also when the database goes away in the middle, or a worker that was killed still holds a lock there."""
    while not stop.is_set():
        try:
            return await _launch(executor_id)
        except (OperationalError, InterfaceError) as error:
            log.warning("jobs wait for the database", extra={"problem": str(error.orig).strip()})
            await _end_dbos()
            await first_of(stop, seconds=POLL)


async def _end_dbos() -> None:
    """When it is first used, DBOS makes its threads the loop's own, and it ends them with itself: the loop gets others,
    else nothing that needs a thread works any more, this least of all."""
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, thread_name_prefix="dbos-end")
    try:
        await loop.run_in_executor(thread, DBOS.destroy)
    finally:
        thread.shutdown(wait=False)
        loop.set_default_executor(ThreadPoolExecutor())


async def _launch(executor_id: str) -> None:
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": db.urls().direct_system,
        "dbos_system_schema": JOBS_SCHEMA,
        "application_version": VERSION,
        "executor_id": executor_id,
        "serializer": DBOSPortableJSONSerializer(),
        "sys_db_pool_size": 5,
        "log_level": "WARNING",
        "enable_otlp": False,
    }
    DBOS(config=config)
    DBOS.launch()  # in the loop's thread, so that workflows run in this loop and share its database connections
    for job in _jobs.values():
        await DBOS.register_queue_async(
            _queue(job.name), worker_concurrency=job.concurrency, on_conflict="always_update"
        )
    known = await DBOS.list_schedules_async()
    for gone in {schedule["schedule_name"] for schedule in known} - set(_schedules):
        await DBOS.delete_schedule_async(gone)
    await DBOS.apply_schedules_async([_schedule_input(schedule) for schedule in _schedules.values()])


def _schedule_input(schedule: Schedule) -> ScheduleInput:
    workflow: Any = scheduled_workflow
    return {
        "schedule_name": schedule.name, "workflow_fn": workflow, "schedule": schedule.cron,
        "context": schedule.name,
    }  # fmt: skip  # pyright: ignore[reportReturnType] - DBOS types the function as (datetime, context) only


def _queue(job_name: str) -> str:
    return f"job.{job_name}"


_WAITING = sa.text(
    """
    SELECT tenant_id, id, name, arguments FROM job_runs
    WHERE handed_over_at IS NULL AND state = 'queued' AND name = ANY(:known)
    ORDER BY created_at LIMIT 50 FOR UPDATE SKIP LOCKED
    """
)
_HANDED_OVER = sa.text("UPDATE job_runs SET handed_over_at = now() WHERE tenant_id = :tenant_id AND id = :id")
_TO_STOP = sa.text(
    """
    SELECT tenant_id, id FROM job_runs WHERE cancel_asked_at IS NOT NULL AND state = 'queued'
        AND handed_over_at IS NOT NULL LIMIT 50 FOR UPDATE SKIP LOCKED
    """
)
_STOPPED = sa.text(
    "UPDATE job_runs SET state = 'cancelled', finished_at = now() WHERE tenant_id = :tenant_id AND id = :id"
)


async def _hand_over_until(stop: asyncio.Event, wake: Wake) -> None:
    while not stop.is_set():
        try:
            await hand_over()
        except Unavailable:
            log.warning("jobs wait for the database")
        except Exception:
            log.exception("handing over jobs failed")
        await wake.wait(stop)


async def hand_over() -> int:
    """Give waiting runs to DBOS; returns how many. A crash in between repeats it: the run's id is the workflow's."""
    async with system_session("hand over jobs") as session:
        rows = (await session.execute(_WAITING, {"known": list(_jobs)})).all()
        for row in rows:
            options: EnqueueOptions = {
                "workflow_name": "atrium.job", "queue_name": _queue(row.name), "workflow_id": str(row.id),
                "app_version": VERSION,
            }  # fmt: skip
            await DBOS.enqueue_workflow_with_options_async(
                options, str(row.id), row.name, str(row.tenant_id), row.arguments
            )
            await session.execute(_HANDED_OVER, {"tenant_id": row.tenant_id, "id": row.id})
        for row in (await session.execute(_TO_STOP)).all():
            await DBOS.cancel_workflow_async(str(row.id))
            await session.execute(_STOPPED, {"tenant_id": row.tenant_id, "id": row.id})
    return len(rows)


@DBOS.workflow(name="atrium.job")
async def job_workflow(run_id: str, name: str, tenant_id: str, arguments: dict[str, Any]) -> str:
    """The one workflow behind all jobs: runs the declared function and keeps the row in job_runs up to date."""
    if not tenant_id:
        raise TenantMissing(job=name)
    running = RunningJob(UUID(run_id), UUID(tenant_id), name)
    return (await running.carry_out(_jobs.get(name), arguments, MAX_STARTS)).value


@DBOS.workflow(name="atrium.schedule")
async def scheduled_workflow(due_at: datetime, name: Any) -> int:
    """Starts a schedule's job for each tenant; the key makes sure that it is once per due time."""
    schedule = _schedules.get(str(name))
    if schedule is None:
        return 0
    due = due_at.isoformat()
    tenants = await _tenants_of(schedule)
    for tenant_id in tenants:
        await jobs.enqueue(schedule.job, tenant_id, {"due_at": due}, key=f"{schedule.name}@{due}")
    return len(tenants)


async def _tenants_of(schedule: Schedule) -> list[UUID]:
    if not schedule.per_tenant:
        return [PLATFORM_TENANT_ID]
    if _tenant_ids is None:
        raise TenantMissing(schedule=schedule.name)
    return list(await _tenant_ids())


async def active_tenants() -> list[UUID]:
    """All tenants that are not suspended, without the platform's own."""
    query = sa.text("SELECT id FROM tenants WHERE id <> :platform AND status = 'active'")
    async with system_session("schedules of all tenants") as session:
        return list(await session.scalars(query, {"platform": PLATFORM_TENANT_ID}))


async def _reap_until(stop: asyncio.Event, liveness: Liveness) -> None:
    while not stop.is_set():
        await first_of(stop, seconds=REAP_EVERY)
        if stop.is_set():
            return
        try:
            await reap(liveness)
        except Exception as error:
            log.warning("looking for abandoned jobs failed", extra={"problem": str(error)})


async def reap(liveness: Liveness) -> list[str]:
    """Put the running work of dead workers back into its queues; returns the workflows' ids."""
    resumed: list[str] = []
    async with liveness.reaping() as mine:
        if not mine:
            return resumed  # another worker is at it
        pending = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        executors = {w.executor_id for w in pending if w.executor_id}
        dead = await liveness.dead_among(executors)
        for workflow in pending:
            if workflow.executor_id in dead:
                await DBOS.resume_workflow_async(workflow.workflow_id, queue_name=workflow.queue_name)
                resumed.append(workflow.workflow_id)
    if resumed:
        log.warning("took over the work of dead workers", extra={"workflows": resumed, "executors": sorted(dead)})
    return resumed


__all__ = ["JobState", "active_tenants", "hand_over", "reap", "run"]
