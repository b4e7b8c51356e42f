"""Jobs in real worker processes: finished, failed, cancelled, scheduled; killed and taken over, each step once."""

import asyncio
import inspect
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from enterprise_app.core import jobs
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import Conflict, NotFound, TenantMissing
from enterprise_app.core.ids import new_id
from enterprise_app.core.jobs import JobRun, JobState
from tests.factories import make_context

ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """Worker processes on one database, and what they wrote into the log."""

    def __init__(self, urls: DatabaseUrls, folder: Path) -> None:
        self.urls, self.folder = urls, folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.core.job_worker", json.dumps(asdict(self.urls)), str(self.folder)]
        with open(self.folder / "output", "ab") as output:
            self.processes.append(subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT))
        return self.processes[-1]

    def log(self) -> list[str]:
        file = self.folder / "log"
        return file.read_text().splitlines() if file.exists() else []

    async def logged(self, text: str, count: int = 1) -> None:
        async with asyncio.timeout(40):
            while sum(text in line for line in self.log()) < count:
                await asyncio.sleep(0.05)

    def open_gate(self) -> None:
        (self.folder / "gate").touch()

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest_asyncio.fixture(loop_scope="session")
async def workers(committed_db: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Workers]:
    workers = Workers(committed_db, tmp_path)
    try:
        yield workers
    finally:
        workers.stop()
        print((tmp_path / "output").read_text()[-6000:] if (tmp_path / "output").exists() else "")


async def _run_of(ctx: Context, run_id: UUID) -> JobRun:
    async with tenant_session(ctx) as session:
        return await jobs.get_run(session, run_id)


async def _until(ctx: Context, run_id: UUID, wanted: Callable[[JobRun], bool]) -> JobRun:
    async with asyncio.timeout(40):
        while not wanted(run := await _run_of(ctx, run_id)):
            await asyncio.sleep(0.05)
    return run


def _over(run: JobRun) -> bool:
    return run.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


async def _enqueue(ctx: Context, name: str, key: str | None = None, **arguments: Any) -> UUID:
    return await jobs.enqueue(name, ctx.tenant_id, arguments, key=key)


async def test_killed_with_9_and_taken_over(workers: Workers) -> None:
    """Between its steps: the next worker goes on, and neither step ran twice."""
    ctx = make_context()
    first = workers.start()
    run_id = await _enqueue(ctx, "test.two_steps", number=21)
    await workers.logged("between")
    first.send_signal(signal.SIGKILL)
    first.wait()
    workers.open_gate()
    second = workers.start()
    run = await _until(ctx, run_id, _over)
    assert run.state is JobState.DONE, run
    assert run.result == {"doubled": 42, "second": "done", "key": f"{run_id}:second"}
    lines = [line for line in workers.log() if "tick" not in line and "up" not in line]
    assert [line.split()[1] for line in lines] == ["run", "first", "between", "run", "between", "second"]
    assert [int(line.split()[0]) for line in lines] == [first.pid] * 3 + [second.pid] * 3
    assert (run.done, run.total, run.message) == (1, 2, "half")


async def test_a_live_worker_takes_over_and_leaves_the_living_alone(workers: Workers) -> None:
    ctx = make_context()
    first, second = workers.start(), workers.start()
    await workers.logged("up", 2)
    runs = [await _enqueue(ctx, "test.two_steps", number=n) for n in range(4)]
    await workers.logged("between", 4)
    await asyncio.sleep(3)  # longer than the grace: both live, nothing may move
    assert sum(" run " in line for line in workers.log()) == 4
    first.send_signal(signal.SIGKILL)
    first.wait()
    workers.open_gate()
    for run_id in runs:
        assert (await _until(ctx, run_id, _over)).state is JobState.DONE
    assert sum("first" in line for line in workers.log()) == 4
    assert sum("second" in line for line in workers.log()) == 4
    assert second.poll() is None


async def test_asked_to_stop_it_stops_soon_and_the_next_one_goes_on(workers: Workers) -> None:
    ctx = make_context()
    first = workers.start()
    run_id = await _enqueue(ctx, "test.endless")
    await _until(ctx, run_id, lambda run: run.done > 0)
    first.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.wait, 15) == 0
    assert (await _run_of(ctx, run_id)).state is JobState.RUNNING
    before = (await _run_of(ctx, run_id)).started_at
    workers.start()
    async with tenant_session(ctx) as session:
        await jobs.cancel(session, ctx, run_id)
    run = await _until(ctx, run_id, _over)
    assert (run.state, run.started_at) == (JobState.CANCELLED, before)


async def test_cancelled_while_it_runs(workers: Workers) -> None:
    ctx = make_context()
    workers.start()
    run_id = await _enqueue(ctx, "test.endless")
    await _until(ctx, run_id, lambda run: run.done > 0 and run.details == {"counted": run.done})
    async with tenant_session(ctx) as session:
        await jobs.cancel(session, ctx, run_id)
    run = await _until(ctx, run_id, _over)
    assert (run.state, run.cancel_asked, run.total) == (JobState.CANCELLED, True, 10_000)
    async with tenant_session(ctx) as session:
        with pytest.raises(Conflict):
            await jobs.cancel(session, ctx, run_id)


async def test_a_failure_is_shown(workers: Workers) -> None:
    ctx = make_context()
    workers.start()
    run = await _until(ctx, await _enqueue(ctx, "test.failing"), _over)
    assert (run.state, run.error) == (JobState.FAILED, "ValueError: no such file")


async def test_a_job_that_kills_its_workers_gives_up(workers: Workers) -> None:
    ctx = make_context()
    run_id = await _enqueue(ctx, "test.killer")
    async with asyncio.timeout(90):
        while not _over(await _run_of(ctx, run_id)):
            process = workers.start()
            while process.poll() is None and not _over(await _run_of(ctx, run_id)):
                await asyncio.sleep(0.1)
    assert (await _run_of(ctx, run_id)).state is JobState.FAILED
    assert sum("killer" in line for line in workers.log()) == 2


async def test_schedules_run_once_per_tenant_and_time(workers: Workers) -> None:
    workers.start()
    workers.start()
    await workers.logged("tick", 8)
    ticks = [line.split(" ", 1)[1] for line in workers.log() if "tick" in line]
    assert len(ticks) == len(set(ticks)), "two workers, one run for each due time"
    assert {tick.split()[1] for tick in ticks} == {str(UUID(int=n)) for n in (0, 7, 8)}


async def test_the_jobs_schema_is_closed_to_the_app(workers: Workers) -> None:
    workers.start()
    ctx = make_context()
    await _until(ctx, await _enqueue(ctx, "test.failing"), _over)
    with (
        psycopg.connect(workers.urls.app) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema dbos"),
    ):
        connection.execute("SELECT * FROM dbos.workflow_status")


async def test_asking_is_part_of_the_transaction_and_keys_are_once(committed_db: DatabaseUrls) -> None:
    ctx = make_context()
    with pytest.raises(KeyError):
        await _enqueue_and_fail(ctx)
    async with tenant_session(ctx) as session:
        assert await jobs.list_runs(session, "test.endless") == []
        one = await jobs.enqueue("test.endless", ctx.tenant_id, key="k", session=session)
    assert await jobs.enqueue("test.endless", ctx.tenant_id, key="k") == one
    assert await jobs.enqueue("test.endless", ctx.tenant_id) != one
    async with tenant_session(ctx) as session:
        assert len(await jobs.list_runs(session, "test.endless")) == 2
        await jobs.cancel(session, ctx, one)
        assert (await jobs.get_run(session, one)).state is JobState.CANCELLED, "nobody had begun"
    async with tenant_session(make_context()) as session:
        with pytest.raises(NotFound):
            await jobs.get_run(session, one)


async def _enqueue_and_fail(ctx: Context) -> None:
    async with tenant_session(ctx) as session:
        await jobs.enqueue("test.endless", ctx.tenant_id, session=session)
        raise KeyError


async def test_no_tenant_no_job() -> None:
    from tests.core.job_worker import failing

    for missing in (None, ""):
        with pytest.raises(TenantMissing):
            await jobs.enqueue("test.endless", missing)
    with pytest.raises(TenantMissing):
        await failing("")
    with pytest.raises(TenantMissing):
        await _workflow_without_tenant()


async def _workflow_without_tenant() -> None:
    from enterprise_app.core.jobs_worker import job_workflow

    await inspect.unwrap(job_workflow)(str(new_id()), "test.failing", "", {})
