"""A worker that is started before its database answers, or while somebody holds its tables, waits and then works."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.robustness.conftest import Launch, World

ALIVE = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1096053353 AND granted"
"""The sign of life that core.jobs_liveness keeps: 0x41547269 is the class of its locks."""
MADE = "SELECT to_regclass('dbos.queues') IS NOT NULL"
QUEUES = "SELECT count(*) FROM dbos.queues"


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@contextmanager
def _worker(world: World, file: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with file.open("wb") as log:
        worker = world.worker(log)
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(30)


def test_a_worker_waits_for_its_database(launch: Launch) -> None:
    world = launch()
    log = world.folder / "worker.log"
    world.stop_database()
    with _worker(world, log) as worker:
        _until(lambda: "the worker waits for the database" in log.read_text())
        world.start_database()
        _until(lambda: world.sql(ALIVE) == [(1,)])
        assert worker.poll() is None


def test_a_worker_waits_for_who_holds_its_tables(launch: Launch) -> None:
    """As a worker that was killed in the middle leaves it, until PostgreSQL notices."""
    world = launch()
    log = world.folder / "worker.log"
    world.sql("ALTER ROLE atrium_system SET lock_timeout = '500ms'")
    with _worker(world, log):
        _until(lambda: world.sql(ALIVE) == [(1,)] and world.sql(MADE) == [(True,)] and world.sql(QUEUES) != [(0,)])
    world.sql("DELETE FROM dbos.queues")
    with psycopg.connect(world.urls.direct_admin) as holder, _worker(world, log) as worker:
        holder.execute("LOCK TABLE dbos.queues, dbos.workflow_status IN ACCESS EXCLUSIVE MODE")
        _until(lambda: "jobs wait for the database" in log.read_text())
        holder.rollback()
        _until(lambda: world.sql(QUEUES) != [(0,)])
        assert worker.poll() is None
