"""A rush of events while workers and the web process are killed and PostgreSQL goes away: what was answered with 2xx is
stored, once. The messages have no ids, so nothing but the backlog itself keeps them from being stored twice."""

import asyncio
import itertools
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import httpx
import psutil

from enterprise_app.bench.served import web_process
from tests.robustness.conftest import Launch, World

BATCH, CLIENTS = 100, 6
PAUSE = 0.03
"""Seconds between the batches of a client: all together still send ten times as much as makes a rush, and what they
send has to be stored before the test ends."""
_COUNTED = """
    SELECT (SELECT sum(used) FROM usage_counters WHERE resource = 'events_month'), (
        SELECT count(*) FROM analytics_events AS e JOIN analytics_sources AS s
            ON s.tenant_id = e.tenant_id AND s.id = e.source_id WHERE s.kind <> 'platform'
    )
"""


class Rush:
    """Clients that send one batch after the other; which messages were answered how."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.answered: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self.stopped = False
        self._numbers = itertools.count()

    async def begin(self) -> None:
        """So much at once that the source is in a rush for the next seconds."""
        async with self._client() as client:
            for _ in range(6):
                await self._send(client, 2_500)

    async def run(self) -> None:
        """One client, until nobody answers any more."""
        async with self._client() as client:
            while not self.stopped:
                try:
                    await self._send(client, BATCH)
                    await asyncio.sleep(PAUSE)
                except httpx.TransportError:
                    return

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, auth=(self.key, ""), timeout=30)

    async def _send(self, client: httpx.AsyncClient, count: int) -> None:
        numbers = [str(next(self._numbers)) for _ in range(count)]
        batch = [{"type": "track", "event": "E", "userId": "u", "properties": {"n": n}} for n in numbers]
        answer = await client.post("/v1/batch", json={"batch": batch})
        self.statuses[answer.status_code] += 1
        if answer.is_success:
            self.answered |= set(numbers)
        else:
            await asyncio.sleep(0.05)


class Workers:
    """One worker at a time."""

    def __init__(self, world: World, log: IO[bytes]) -> None:
        self._world, self._log = world, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """A fresh one."""
        self.process = self._world.worker(self._log)

    def kill(self) -> None:
        """With all that it started; nothing is done at its end."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
            self.process = None


def _waiting(world: World) -> int:
    return world.sql("SELECT count(*) FROM analytics_backlog")[0][0]


def _stored(world: World) -> int:
    return world.sql("SELECT count(*) FROM analytics_events WHERE name = 'E'")[0][0]


async def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.01)


async def _drained(world: World, seconds: float = 60) -> None:
    """Nothing waits any more. However long it takes on a busy machine: only standing still for so long is a failure."""
    left = await asyncio.to_thread(_waiting, world)
    while left:
        before = left
        await _until(lambda before=before: _waiting(world) < before, seconds)
        left = await asyncio.to_thread(_waiting, world)


def _check(world: World, rush: Rush) -> None:
    stored = Counter(row[0] for row in world.sql("SELECT properties ->> 'n' FROM analytics_events WHERE name = 'E'"))
    assert max(stored.values()) == 1, "stored twice"
    missing = rush.answered - set(stored)
    assert not missing, f"{len(missing)} of {len(rush.answered)} answered events are gone"
    counted, real = world.sql(_COUNTED)[0]
    assert counted == real, "the quota counts what is stored"


async def _workers_killed(world: World, workers: Workers) -> None:
    """Each while it stores: it has stored some, and there is more."""
    for _ in range(3):
        before = await asyncio.to_thread(_stored, world)
        workers.start()
        await _until(lambda before=before: _stored(world) > before + 1_000 and _waiting(world) > 5)
        await asyncio.to_thread(workers.kill)
    workers.start()


async def _database_stopped(world: World, rush: Rush) -> None:
    for _ in range(2):
        kept = rush.statuses[202]
        await _until(lambda kept=kept: rush.statuses[202] > kept + 30)
        await asyncio.to_thread(world.stop_database)
        refused = rush.statuses[503]
        await _until(lambda refused=refused: rush.statuses[503] > refused + 20)
        await asyncio.to_thread(world.start_database)


def _kill_web(pid: int) -> None:
    for process in (*psutil.Process(pid).children(recursive=True), psutil.Process(pid)):
        os.kill(process.pid, signal.SIGKILL)


async def test_a_rush_loses_nothing_and_doubles_nothing_whatever_dies(launch: Launch, tmp_path: Path) -> None:
    world = await asyncio.to_thread(launch)
    await asyncio.to_thread(world.sql, "UPDATE tenants SET plan = 'WHITE_LABEL', trial_ends_at = NULL")
    rush = Rush(world.url, await asyncio.to_thread(world.write_key))
    with (tmp_path / "worker.log").open("wb") as log:
        workers = Workers(world, log)
        try:
            await rush.begin()
            clients = [asyncio.create_task(rush.run()) for _ in range(CLIENTS)]
            await _until(lambda: rush.statuses[202] > 50)
            await _workers_killed(world, workers)
            await _database_stopped(world, rush)
            kept = rush.statuses[202]
            await _until(lambda: rush.statuses[202] > kept + 50)
            await asyncio.to_thread(_kill_web, world.pid)
            await asyncio.gather(*clients)
            await _drained(world)
            await asyncio.to_thread(_check, world, rush)
            settings: dict[str, Any] = world.environment | {"REFLEX_WEB_WORKDIR": str(tmp_path)}
            with web_process(tmp_path, world.urls.direct_admin, **settings) as (port, _):
                rush.url = f"http://127.0.0.1:{port}"
                await rush.begin()
                await _drained(world)
                await asyncio.to_thread(_check, world, rush)
        finally:
            rush.stopped = True
            await asyncio.to_thread(workers.kill)
    assert set(rush.statuses) == {200, 202, 503}
