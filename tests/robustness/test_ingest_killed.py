"""The web process killed while it takes events: what was answered with 2xx is stored, once; the rest can be resent."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import psutil

from enterprise_app.bench.served import web_process
from tests.robustness.conftest import Launch, World

BATCH, CLIENTS, KILLS = 20, 6, 2


class Sender:
    """Clients that send batches; which messages were answered, and which were sent at all."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.sent: dict[str, dict[str, str]] = {}
        self.answered: set[str] = set()

    async def run(self, client_number: int, start: int) -> None:
        """One client, until nobody answers any more."""
        async with httpx.AsyncClient(base_url=self.url, auth=(self.key, ""), timeout=20) as client:
            for number in range(start, start + 10_000):
                ids = [f"{client_number}-{number}-{n}" for n in range(BATCH)]
                batch = [{"type": "track", "event": "E", "userId": "u", "messageId": name} for name in ids]
                self.sent |= {m["messageId"]: m for m in batch}
                try:
                    answer = await client.post("/v1/batch", json={"batch": batch})
                except httpx.TransportError:
                    return
                if answer.is_success:
                    self.answered |= set(ids)

    async def resend(self) -> int:
        """Everything once more, as a client does that heard nothing; returns how many were new."""
        fresh, everything = 0, list(self.sent.values())
        async with httpx.AsyncClient(base_url=self.url, auth=(self.key, ""), timeout=60) as client:
            for start in range(0, len(everything), 500):
                answer = await client.post("/v1/batch", json={"batch": everything[start : start + 500]})
                answer.raise_for_status()
                fresh += answer.json()["accepted"]
        return fresh


def _stored(world: World) -> set[str]:
    rows = [row[0] for row in world.sql("SELECT message_id FROM analytics_events")]
    assert len(rows) == len(set(rows)), "stored twice"
    return set(rows)


async def _killed_under_load(world: World, sender: Sender, pid: int, round_: int) -> None:
    before = len(sender.answered)
    clients = [asyncio.create_task(sender.run(n, round_ * 10_000)) for n in range(CLIENTS)]
    async with asyncio.timeout(60):
        while len(sender.answered) < before + 50 * BATCH:
            await asyncio.sleep(0.01)
    for process in (*psutil.Process(pid).children(recursive=True), psutil.Process(pid)):
        os.kill(process.pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        await asyncio.gather(*clients)
        while world.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'atrium_app' AND state <> 'idle'"):
            await asyncio.sleep(0.05)


async def test_a_killed_web_process_loses_nothing_that_it_answered(launch: Launch, tmp_path: Path) -> None:
    world = await asyncio.to_thread(launch)
    sender = Sender(world.url, await asyncio.to_thread(world.write_key))
    await _killed_under_load(world, sender, world.pid, 0)
    for round_ in range(1, KILLS + 1):
        missing = sender.answered - await asyncio.to_thread(_stored, world)
        assert not missing, f"{len(missing)} answered events are gone"
        settings: dict[str, Any] = world.environment | {"REFLEX_WEB_WORKDIR": str(tmp_path)}
        with web_process(tmp_path, world.urls.direct_admin, **settings) as (port, process):
            sender.url = f"http://127.0.0.1:{port}"
            stored = len(_stored(world))
            assert await sender.resend() == len(sender.sent) - stored
            if round_ < KILLS:
                await _killed_under_load(world, sender, process.pid, round_)
    assert await asyncio.to_thread(_stored, world) == set(sender.sent)
