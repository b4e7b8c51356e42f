"""A worker whose database goes away while it starts tries again, as often as it takes."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError

from enterprise_app.core import jobs_worker


async def test_a_launch_that_fails_again_after_threads_were_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """DBOS makes its threads the loop's when it is first used, and its end ends them."""
    loop, threads, tries = asyncio.get_running_loop(), ThreadPoolExecutor(1), []

    async def launch(executor_id: str) -> None:
        tries.append(executor_id)
        if len(tries) == 1:
            loop.set_default_executor(threads)
        if len(tries) < 3:
            raise OperationalError("", {}, ConnectionError("the database system is starting up"))

    monkeypatch.setattr(jobs_worker, "_launch", launch)
    monkeypatch.setattr(jobs_worker, "POLL", 0.01)
    monkeypatch.setattr(jobs_worker.DBOS, "destroy", threads.shutdown)
    await jobs_worker._launch_patiently(asyncio.Event(), "me")
    assert tries == ["me"] * 3
    assert await asyncio.to_thread(lambda: "works") == "works"
