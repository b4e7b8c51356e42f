"""From posting an event until an open page shows it, while 500 others a second arrive: the tail as tabs see it."""

import asyncio
import base64
import itertools
import json
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.served import Served, served
from enterprise_app.bench.tab import STATE, Tab

RATE, BATCH = 500, 10
"""Events a second in the background, and how many of them are sent in one request."""
SECONDS, WARM_UP = 25.0, 3.0
PROBE_EVERY = 0.37
BAR_MS = 1_000.0
_LIVE = f"{STATE}.enterprise_app___web___pages___analytics___live____live_state"
_SOURCE = """
    INSERT INTO analytics_sources (tenant_id, id, name, kind, write_key)
    SELECT id, gen_random_uuid(), 'Bench', 'server', %s FROM tenants WHERE slug = %s RETURNING tenant_id
"""
_numbers = itertools.count()


@dataclass
class Seen:
    """What was posted when, and how long each took to show; how many background events were answered."""

    posted: dict[str, float] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    sent: int = 0
    pushes: int = 0


@benchmark("live-latency")
def live_latency() -> list[Row]:
    """An event posted until it shows on an open page, at 500 events a second: real server, real sockets."""
    with served() as running:
        key = _write_key(running)
        seen = asyncio.run(_measure(running, key))
    times = sorted(seen.times.values())
    lost = len(seen.posted) - len(times)
    p50, p95 = (times[int(len(times) * share)] * 1000 if times else float("inf") for share in (0.5, 0.95))
    rate = seen.sent / (SECONDS + WARM_UP)
    told = f"p95 {p95:.0f} ms, p50 {p50:.0f} ms ({len(times)} events, {lost} never; {rate:.0f} events/s beside them)"
    ok = p95 < BAR_MS and not lost and rate > 0.9 * RATE
    pushes = seen.pushes / (SECONDS + WARM_UP)
    return [
        Row(f"An event posted until an open page shows it, at {RATE} events/s", told, "< 1 s", p95 / BAR_MS, ok),
        Row("The same: changes sent to that page", f"{pushes:.1f} a second", "≤ 2.5", pushes / 2.5, pushes <= 2.5),
    ]


async def _measure(running: Served, key: str) -> Seen:
    seen = Seen()
    secret, other = running.sessions(2)
    probes = Watching(running, secret, "/analytics/live?name=probe", seen)
    everything = Watching(running, other, "/analytics/live", Seen())
    for tab in (probes, everything):
        await tab.open()
        await tab.until(_LIVE, "loading", False)
    end = time.perf_counter() + WARM_UP + SECONDS
    await asyncio.gather(_background(running, key, end, seen), _probe(running, key, end, seen))
    await asyncio.sleep(2)
    for tab in (probes, everything):
        await tab.close()
    return seen


class Watching(Tab):
    """A tab that notes when it first holds a row."""

    def __init__(self, running: Served, secret: str, path: str, seen: Seen) -> None:
        super().__init__(running.port, running.host, secret, f"bench-{secret[:8].lower().replace('_', '-')}", path)
        self._seen = seen

    def _event(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        event = super()._event(name, payload)
        event["router_data"] |= {
            "pathname": self.path.partition("?")[0],
            "query": dict(parse_qsl(urlsplit(self.path).query)),
        }
        return event

    def _apply(self, update: dict[str, Any]) -> None:
        super()._apply(update)
        for event in update.get("events", []):
            if event["name"].startswith(_LIVE):  # the server asks, and the page calls, as a browser does
                self.call(event["name"], **event["payload"])
        rows = update.get("delta", {}).get(_LIVE, {}).get("rows_rx_state_")
        if rows is None:
            return
        self._seen.pushes += 1
        moment = time.perf_counter()
        for row in rows:
            if row["event"] in self._seen.posted and row["event"] not in self._seen.times:
                self._seen.times[row["event"]] = moment - self._seen.posted[row["event"]]


async def _background(running: Served, key: str, end: float, seen: Seen) -> None:
    """Requests at their times, whether or not the last ones are answered; in threads, so that tabs are read on time."""
    start, tasks = time.perf_counter(), set()
    for number in itertools.count():
        at = start + number * BATCH / RATE
        if at >= end:
            break
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        task = asyncio.create_task(asyncio.to_thread(_post, running, key, "batch", {"batch": _events()}))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        seen.sent += BATCH
    await asyncio.gather(*tasks)


async def _probe(running: Served, key: str, end: float, seen: Seen) -> None:
    await asyncio.sleep(WARM_UP)
    while time.perf_counter() < end:
        name = f"probe {next(_numbers)}"
        event = {"event": name, "userId": "prober", "messageId": name}
        seen.posted[name] = time.perf_counter()
        await asyncio.to_thread(_post, running, key, "track", event)
        await asyncio.sleep(PROBE_EVERY)


def _events() -> list[dict[str, Any]]:
    return [
        {
            "type": "page",
            "anonymousId": f"a-{n % 5_000}",
            "messageId": f"b-{n}",
            "properties": {"url": f"https://www.acme.example/p/{n % 300}"},
        }
        for n in (next(_numbers) for _ in range(BATCH))
    ]


def _post(running: Served, key: str, path: str, body: dict[str, Any]) -> None:
    connection = HTTPConnection("127.0.0.1", running.port, timeout=30)
    basic = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Host": running.host, "Content-Type": "application/json", "Authorization": f"Basic {basic}"}
    connection.request("POST", f"/v1/{path}", json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, answer.status


def _write_key(running: Served) -> str:
    from enterprise_app.domains.analytics.rules.writekeys import new_write_key

    with psycopg.connect(running.database, autocommit=True) as connection:
        tenant = connection.execute("SELECT id FROM tenants WHERE slug = 'bench-corp'").fetchone()
        assert tenant is not None
        key = new_write_key(tenant[0])
        connection.execute(_SOURCE, [key, "bench-corp"])
    return key
