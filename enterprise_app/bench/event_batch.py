"""Taking batches of 100 events over HTTP, against a route of the same server that only parses the same body.

Most of them are more than is stored at once, and answered 202 when they are kept. Storing them is timed afterwards:
what can be taken for long is that rate.
"""

import asyncio
import base64
import itertools
import json
import statistics
import time
from collections.abc import Callable
from uuid import UUID

import psycopg

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.api import DATABASE, SECRET, _prepare, _served, throwaway_database
from enterprise_app.bench.event_lines import messages
from enterprise_app.bench.load import Load, measure
from enterprise_app.core import crypto, db
from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Role

BATCH = 100
CONNECTIONS = 8
SECONDS = 5.0
ROUNDS = 3
BAR = 0.3
BAR_MS = 50.0
_MARK = "@@@@@@@@"


@benchmark("event-batch")
def event_batch() -> list[Row]:
    """POST /v1/batch of 100 events over 8 connections, against an empty FastAPI route that parses the same body."""
    with throwaway_database() as (urls, admin_url):
        tenant, key = asyncio.run(_write_key(urls))
        environment = {"BENCH_ADMIN": admin_url, "BENCH_SECRET": SECRET, "BENCH_DATABASE": DATABASE}
        with _served("tracking", environment) as ours, _served("empty", environment) as empty:
            results = asyncio.run(_compare(ours, empty, key))
        stored, seconds = asyncio.run(_drain(urls, tenant))
        _check(urls, sum(load.answered for load in results[0]))
    return [*_rows(results), Row("Storing what was kept", f"{stored * BATCH / seconds:,.0f} events/s", "", 0, True)]


async def _compare(ours: int, empty: int, key: str) -> tuple[list[Load], list[Load]]:
    """Rounds in turn, so that a busy minute hits both; the first warms up and only its events count."""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    results: tuple[list[Load], list[Load]] = ([], [])
    body = _bodies()
    for number in range(ROUNDS + 1):
        for port, loads in ((ours, results[0]), (empty, results[1])):
            seconds = SECONDS if number else 1.0
            url = f"http://127.0.0.1:{port}/v1/batch"
            loads.append(await measure(url, headers, seconds=seconds, connections=CONNECTIONS, body=body))
    return results


def _bodies() -> Callable[[], bytes]:
    """A batch with message ids of its own each time, made in microseconds."""
    template = [message | {"messageId": f"{_MARK}-{n}"} for n, message in enumerate(messages(BATCH))]
    for message in template:
        del message["timestamp"]
    text = json.dumps({"batch": template}).encode()
    numbers = itertools.count()
    return lambda: text.replace(_MARK.encode(), b"%08x" % next(numbers))


def _rows(results: tuple[list[Load], list[Load]]) -> list[Row]:
    ours, empty = results[0][1:], results[1][1:]
    ratio = statistics.median(a.rate / b.rate for a, b in zip(ours, empty, strict=True))
    rate, bare = (statistics.median(load.rate for load in loads) for loads in (ours, empty))
    failed = sum(load.failed for loads in results for load in loads)
    p95 = statistics.median(load.p95 for load in ours)
    what = f"POST /v1/batch of {BATCH} events, {CONNECTIONS} connections"
    measured = f"{rate:.0f}/s = {ratio:.0%}, {rate * BATCH:,.0f} events/s, {failed} failed"
    bar = f"≥ {BAR:.0%} of an empty FastAPI route's {bare:.0f}/s"
    return [
        Row(what, measured, bar, ratio, ratio >= BAR and not failed),
        Row("The same, until it is answered", f"p95 {p95:.0f} ms", f"< {BAR_MS:.0f} ms", p95 / BAR_MS, p95 < BAR_MS),
    ]


async def _drain(urls: DatabaseUrls, tenant: UUID) -> tuple[int, float]:
    """Store what waits as the worker does; returns the batches and the seconds."""
    from enterprise_app.core.context import job_context
    from enterprise_app.domains.analytics import service

    db.configure(urls)
    begun, batches = time.perf_counter(), 0
    while done := await service.drain_backlog(job_context(tenant, "bench")):
        batches += done
    seconds = time.perf_counter() - begun
    await db.dispose()
    return batches, seconds


async def _write_key(urls: DatabaseUrls) -> tuple[UUID, str]:
    """A fresh tenant, and the key of its source."""
    from enterprise_app.domains.analytics import service
    from enterprise_app.domains.analytics.schemas import SourceDraft

    tenant, _ = await _prepare(urls)
    ctx = Context(UUID(tenant), Actor(ActorKind.MEMBER, None, "Ada"), ROLE_PERMISSIONS[Role.OWNER])
    crypto.configure(SECRET)
    db.configure(urls)
    async with db.tenant_session(ctx) as session:
        source = await service.create_source(session, ctx, SourceDraft(name="Bench"))
    await db.dispose()
    return ctx.tenant_id, source.write_key


def _check(urls: DatabaseUrls, batches: int) -> None:
    """Every event of every answer is there, once."""
    with psycopg.connect(urls.direct_admin) as connection:
        stored = connection.execute("SELECT count(*), count(DISTINCT id) FROM analytics_events").fetchone()
    assert stored == (batches * BATCH, batches * BATCH), (stored, batches * BATCH)
