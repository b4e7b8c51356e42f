"""Flags over HTTP at a steady 500 calls a second, against a route of the same server that only parses the same body.

Latency counts from the moment at which a call was due, not from when it could be sent: a server that falls behind
cannot hide it. Units repeat, as visitors do; those that take part in an experiment for the first time are written.
"""

import asyncio
import itertools
import json
import statistics
import time
from dataclasses import dataclass
from uuid import UUID

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.api import DATABASE, SECRET, _prepare, _served, throwaway_database
from enterprise_app.core import crypto, db, events
from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Entitlements, Feature, Limit
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Role

RATE = 500
SECONDS = 4.0
ROUNDS = 3
CONNECTIONS = 32
UNITS = 3_000
BAR_MS = 10.0
BAR_FLAGS = 50_000
EXPERIMENTS, PLAIN = 5, 45
PATH = "/ofrep/v1/evaluate/flags"
_EVERYTHING = Entitlements("ENTERPRISE", frozenset(Feature), dict.fromkeys(Limit, UNLIMITED))
_METRIC = {"kind": "proportion", "event": {"type": "track", "name": "Order Completed"}}


@dataclass(frozen=True)
class Steady:
    """Latencies in ms of calls that were due at a steady rate."""

    p50: float
    p95: float
    failed: int


@benchmark("ofrep")
def ofrep() -> list[Row]:
    """All 50 flags over OFREP at 500 calls a second in one process, and the evaluation alone."""
    with throwaway_database() as (urls, admin_url):
        ctx, key = asyncio.run(_fill(urls))
        environment = {"BENCH_ADMIN": admin_url, "BENCH_SECRET": SECRET, "BENCH_DATABASE": DATABASE}
        with _served("flags", environment) as ours, _served("empty", environment) as empty:
            rounds = asyncio.run(_compare(ours, empty, key))
        rate = asyncio.run(_evaluate(urls, ctx))
    return [_row(rounds), Row(
        f"Evaluating {EXPERIMENTS + PLAIN} flags, no HTTP", f"{rate:,.0f} flags/s", f"≥ {BAR_FLAGS:,} flags/s",
        rate / BAR_FLAGS, rate >= BAR_FLAGS,
    )]  # fmt: skip


def _row(rounds: list[tuple[Steady, Steady]]) -> Row:
    p95 = statistics.median(ours.p95 for ours, _ in rounds)
    p50 = statistics.median(ours.p50 for ours, _ in rounds)
    ratio = statistics.median(ours.p50 / empty.p50 for ours, empty in rounds)
    bare = statistics.median(empty.p95 for _, empty in rounds)
    failed = sum(each.failed for pair in rounds for each in pair)
    measured = (
        f"p95 {p95:.1f} ms, p50 {p50:.1f} ms = {ratio:.1f} × the empty route's (p95 {bare:.1f} ms), {failed} failed"
    )
    what = f"POST {PATH} of {EXPERIMENTS + PLAIN} flags, {RATE}/s"
    return Row(what, measured, f"p95 < {BAR_MS:.0f} ms", p95 / BAR_MS, p95 < BAR_MS and not failed)


async def _compare(ours: int, empty: int, key: str) -> list[tuple[Steady, Steady]]:
    """Rounds in turn; the first warms up and doesn't count."""
    rounds = []
    for number in range(ROUNDS + 1):
        pair = [await _steady(port, key, SECONDS if number else 1.5) for port in (ours, empty)]
        rounds.append((pair[0], pair[1]))
    return rounds[1:]


async def _steady(port: int, key: str, seconds: float) -> Steady:
    """Call every 1/RATE seconds over keep-alive connections, whichever is free."""
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n".encode()
    times: list[float] = []
    failed: list[int] = []

    async def call(due: float, body: bytes) -> None:
        reader, writer = await free.get()
        writer.write(head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        answer = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(answer.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))
        times.append((time.perf_counter() - due) * 1000)
        if not answer.startswith(b"HTTP/1.1 200"):
            failed.append(1)
        free.put_nowait((reader, writer))

    start, calls = time.perf_counter() + 0.05, []
    for number, body in zip(range(int(seconds * RATE)), _bodies(), strict=False):
        due = start + number / RATE
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        calls.append(asyncio.create_task(call(due, body)))
    await asyncio.gather(*calls)
    while not free.empty():
        free.get_nowait()[1].close()
    times.sort()
    return Steady(times[len(times) // 2], times[int(len(times) * 0.95)], len(failed))


_numbers = itertools.count()


def _bodies() -> "itertools.chain[bytes]":
    asked = ({"targetingKey": f"visitor-{n % UNITS}", "country": "DE", "plan": "pro", "age": n % 90} for n in _numbers)
    return itertools.chain(json.dumps({"context": context}).encode() for context in asked)


async def _evaluate(urls: DatabaseUrls, ctx: Context) -> float:
    """Flags a second through the use case, with exposures noted."""
    from enterprise_app.domains.experiments import service

    db.configure(urls)
    events.register([])
    asked = [{"targetingKey": f"visitor-{n}", "country": "DE", "plan": "pro", "age": 20} for n in range(UNITS)]
    await service.evaluate_flags(ctx, asked[0])
    begun = time.perf_counter()
    told = 0
    for context in asked:
        told += len([answer.to_json() for answer in await service.evaluate_flags(ctx, context)])  # pyright: ignore
    rate = told / (time.perf_counter() - begun)
    await service.flush_exposures()
    await db.dispose()
    return rate


async def _fill(urls: DatabaseUrls) -> tuple[Context, str]:
    """A tenant with flags of all sorts, running experiments and a source; its owner, and the source's key."""
    from enterprise_app.domains.analytics import service as analytics
    from enterprise_app.domains.analytics.schemas import SourceDraft
    from enterprise_app.domains.experiments import service
    from enterprise_app.domains.experiments.flag_schemas import FlagDraft

    tenant, _ = await _prepare(urls)
    ctx = Context(UUID(tenant), Actor(ActorKind.MEMBER, None, "Ada"), ROLE_PERMISSIONS[Role.OWNER], _EVERYTHING)
    crypto.configure(SECRET)
    db.configure(urls)
    async with db.tenant_session(ctx) as session:
        source = await analytics.create_source(session, ctx, SourceDraft(name="Bench"))
        for number in range(PLAIN):
            draft = {"key": f"flag-{number}", "name": f"Flag {number}"} | _sorts()[number % len(_sorts())]
            await service.create_flag(session, ctx, FlagDraft.model_validate(draft))
        await _experiments(session, ctx)
    await db.dispose()
    return ctx, source.write_key


async def _experiments(session, ctx: Context) -> None:
    from enterprise_app.domains.experiments import service
    from enterprise_app.domains.experiments.metric_schemas import MetricDraft
    from enterprise_app.domains.experiments.schemas import ExperimentDraft
    from enterprise_app.domains.experiments.vocabulary import ExperimentAction

    draft = MetricDraft.model_validate({"key": "orders", "name": "Orders", "definition": _METRIC})
    metric = await service.create_metric(session, ctx, draft)
    for number in range(EXPERIMENTS):
        fields = {"name": f"Experiment {number}", "hypothesis": "More will buy.",
                  "metrics": [{"metric_id": metric.id, "role": "primary"}]}  # fmt: skip
        made = await service.create_experiment(session, ctx, ExperimentDraft.model_validate(fields))
        await service.act_on_experiment(session, ctx, made.id, ExperimentAction.START)


def _sorts() -> list[dict[str, object]]:
    """Nothing but on or off; by what is said; by two conditions; by hash."""
    german = {"attribute": "country", "operator": "in", "values": ["DE", "AT"]}
    grown = [{"attribute": "plan", "operator": "eq", "values": ["pro"]},
             {"attribute": "age", "operator": "ge", "values": [18]}]  # fmt: skip
    half = {"split": [{"variation": "on", "weight": 0.5}, {"variation": "off", "weight": 0.5}]}
    return [
        {},
        {"rules": [{"conditions": [german], "serve": {"variation": "on"}}]},
        {"rules": [{"conditions": grown, "serve": {"variation": "on"}}]},
        {"serve": half},
    ]
