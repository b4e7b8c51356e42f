"""A real worker process for test_jobs.py: `python -m tests.core.job_worker <urls as JSON> <folder>`."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from enterprise_app.core import crypto, db, events, jobs, jobs_liveness, jobs_worker
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.jobs import Schedule, job
from enterprise_app.core.manifest import Domain

FOLDER = Path(sys.argv[2]) if len(sys.argv) > 2 else Path()


def note(line: str) -> None:
    """Append to the log that the test reads."""
    with open(FOLDER / "log", "a") as log:
        log.write(f"{os.getpid()} {line}\n")


async def _first(number: int) -> dict[str, int]:
    note("first")
    return {"doubled": number * 2}


async def _second() -> str:
    note("second")
    return "done"


@job("test.two_steps")
async def two_steps(tenant_id: str, *, number: int) -> Any:
    """Two steps with a gate between them."""
    note(f"run {tenant_id}")
    first = await jobs.step("first", _first, number)
    note("between")
    while not (FOLDER / "gate").exists():
        await asyncio.sleep(0.05)
    await jobs.progress(1, 2, "half")
    return {**first, "second": await jobs.step("second", _second), "key": jobs.step_key("second")}


@job("test.endless")
async def endless(tenant_id: str) -> None:
    """Goes on until it is cancelled."""
    for number in range(10_000):
        await asyncio.sleep(0.05)
        await jobs.progress(number, 10_000, counted=number)


@job("test.failing")
async def failing(tenant_id: str) -> None:
    """Fails."""
    raise ValueError("no such file")


@job("test.killer")
async def killer(tenant_id: str) -> None:
    """Takes its worker along."""
    note("killer")
    os.kill(os.getpid(), signal.SIGKILL)


@job("test.tick")
async def tick(tenant_id: str, *, due_at: str) -> None:
    """Runs every second."""
    note(f"tick {tenant_id} {due_at}")


TENANTS = [UUID(int=7), UUID(int=8)]
DOMAIN = Domain(
    "test",
    jobs=(two_steps, endless, failing, killer),
    schedules=(
        Schedule("test.tick", "* * * * * *", tick),
        Schedule("test.platform_tick", "* * * * * *", job("test.platform")(tick.function), per_tenant=False),
    ),
)


async def _tenants() -> list[UUID]:
    return TENANTS


async def main() -> None:
    """Run until SIGTERM."""
    crypto.configure("x" * 32)
    jobs_liveness.GRACE = 1.5
    jobs_worker.REAP_EVERY = 0.5
    jobs_worker.MAX_STARTS = 2
    db.configure(DatabaseUrls(**json.loads(sys.argv[1])))
    events.register([DOMAIN])  # pyright: ignore[reportArgumentType]
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    note("up")
    await jobs_worker.run(stop, [DOMAIN], tenant_ids=_tenants)  # pyright: ignore[reportArgumentType]
    await db.dispose()
    note("down")


if __name__ == "__main__":
    asyncio.run(main())
