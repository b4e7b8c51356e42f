"""PostgreSQL stopped and started again under load: 503 with a code meanwhile, nothing answered with 2xx is lost."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.robustness.conftest import Launch, World

CLIENTS = 8
SLOWEST = 10.0


@dataclass
class Load:
    """Clients that send events without a pause; which were accepted, and how the others were refused."""

    world: World
    key: str
    accepted: list[str] = field(default_factory=list)
    refused: Counter[tuple[int, str]] = field(default_factory=Counter)
    slowest: float = 0.0
    stopped: bool = False

    async def run(self, number: int) -> None:
        """One client."""
        async with httpx.AsyncClient(base_url=self.world.url, auth=(self.key, ""), timeout=30) as client:
            count = 0
            while not self.stopped:
                count += 1
                await self._send(client, f"{number}-{count}")

    async def _send(self, client: httpx.AsyncClient, message_id: str) -> None:
        body = {"anonymousId": "a", "event": "Clicked", "messageId": message_id}
        answer = await client.post("/v1/track", json=body)
        self.slowest = max(self.slowest, answer.elapsed.total_seconds())
        if answer.is_success:
            self.accepted.append(message_id)
        else:
            assert answer.headers["content-type"] == "application/problem+json"
            self.refused[answer.status_code, answer.json()["code"]] += 1
            await asyncio.sleep(0.05)

    async def until_accepted(self, more: int) -> None:
        """Wait for so many more accepted events."""
        wanted = len(self.accepted) + more
        async with asyncio.timeout(30):
            while len(self.accepted) < wanted:
                await asyncio.sleep(0.05)


async def _until_ready(world: World, status: int) -> None:
    """/health/ready answers so within seconds: a report is believed for one second."""
    async with httpx.AsyncClient(timeout=20) as client, asyncio.timeout(10):
        while (await client.get(f"{world.url}/health/ready")).status_code != status:
            await asyncio.sleep(0.2)


async def test_postgresql_stopped_and_started_under_load(launch: Launch) -> None:
    world = await asyncio.to_thread(launch)
    load = Load(world, await asyncio.to_thread(world.write_key))
    clients = [asyncio.create_task(load.run(number)) for number in range(CLIENTS)]
    try:
        for _ in range(2):
            await load.until_accepted(100)
            await _until_ready(world, 200)
            await asyncio.to_thread(world.stop_database)
            refused = load.refused.total()
            async with asyncio.timeout(20):
                while load.refused.total() < refused + 50:
                    await asyncio.sleep(0.05)
            await _until_ready(world, 503)
            await asyncio.to_thread(world.start_database)
            await load.until_accepted(200)
            await _until_ready(world, 200)
    finally:
        load.stopped = True
        await asyncio.gather(*clients)
    assert set(load.refused) == {(503, "database_unavailable")}
    assert load.slowest < SLOWEST
    assert _stored(world) >= set(load.accepted)
    pages = await asyncio.to_thread(world.api, "GET", "/api/v1/campaigns")
    assert pages.json()["items"] == []


def _stored(world: World) -> set[str]:
    rows = world.sql("SELECT message_id FROM analytics_events")
    stored = [row[0] for row in rows]
    assert len(stored) == len(set(stored)), "stored twice"
    return set(stored)
