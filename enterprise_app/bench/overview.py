"""The overview over a year of events: read from rollups against counted from the events, with the same result."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.api import SECRET, throwaway_database
from enterprise_app.core import cache, crypto, db, events
from enterprise_app.core.clock import now
from enterprise_app.core.context import Actor, ActorKind, Context, job_context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Role

ZONE = "Europe/Berlin"
DAYS = 365
WARM_MS, COLD_MS = 100.0, 1_000.0
_TENANT = (
    "INSERT INTO tenants (id, slug, skeleton, name, plan, zone) VALUES (%s, 'bench', 'bench', 'Bench', 'FREE', %s)"
)
# Visits of 1 to 7 events; returning visitors, a long tail of pages and referrers, more by day than by night, 3 % bots.
_EVENTS = """
    INSERT INTO analytics_events (tenant_id, occurred_at, id, received_at, source_id, visitor_id, is_bot, type, host,
                                  path, channel, referrer_host, utm_source, utm_medium, utm_campaign)
    SELECT %(tenant)s, at, gen_random_uuid(), at, %(tenant)s, visitor, is_bot,
           CASE WHEN random() < 0.85 THEN 'page' ELSE 'track' END, 'www.acme.example',
           '/p/' || (power(random(), 3) * %(pages)s)::int, channel,
           CASE WHEN channel IN ('referral', 'organic_search')
                THEN 'site' || (power(lot, 2) * 400)::int || '.example' END,
           CASE WHEN channel IN ('email', 'paid_search') THEN 'source' || (lot * 9)::int END,
           CASE channel WHEN 'email' THEN 'email' WHEN 'paid_search' THEN 'cpc' END,
           CASE WHEN channel IN ('email', 'paid_search') THEN 'campaign' || (lot * 60)::int END
    FROM (
        SELECT visitor, is_bot, channel, lot,
               began + step * (interval '20 seconds' + random() * interval '2 minutes') AS at
        FROM (
            SELECT md5('v' || (power(random(), 2) * %(visitors)s)::int)::uuid AS visitor, random() < 0.03 AS is_bot,
                   (ARRAY['direct', 'organic_search', 'referral', 'email', 'paid_search'])
                   [1 + (random() * 4.4)::int %% 5] AS channel,
                   random() AS lot, (1 + random() * 6)::int AS length,
                   %(first)s + ((random() * %(days)s)::int + 0.3 + power(random(), 2) * 0.69) * interval '1 day'
                   AS began
            FROM generate_series(1, %(visits)s)
        ) visits, generate_series(1, length) AS step
    ) hits
    ORDER BY at
"""


@benchmark("overview")
def overview() -> list[Row]:
    """The overview of a year over 1M events, from rollups; and how fast these are made."""
    return _bench(1_000_000, 1)


@benchmark("overview-10m", on_request=True)
def overview_10m() -> list[Row]:
    """The same over 10M events (takes some ten minutes; only when asked for; without the recount, which takes more)."""
    return _bench(10_000_000, 2, recount=False)


def _bench(count: int, times: int, *, recount: bool = True) -> list[Row]:
    crypto.configure(SECRET)
    events.register([])
    with throwaway_database() as (urls, _):
        tenant = _fill(urls, count)
        return asyncio.run(_measure(urls, tenant, count, times, recount))


def _fill(urls: DatabaseUrls, count: int) -> UUID:
    tenant, first = new_id(), now() - timedelta(days=DAYS + 1)
    values = {
        "tenant": tenant, "first": first, "days": DAYS - 1, "visits": count // 4, "visitors": count // 10,
        "pages": 2_000,
    }  # fmt: skip
    with psycopg.connect(urls.direct_owner, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '256MB'")
        connection.execute(_TENANT, [tenant, ZONE])
        connection.execute(_EVENTS.encode(), values)
        connection.execute("VACUUM ANALYZE analytics_events")
    return tenant


async def _measure(urls: DatabaseUrls, tenant: UUID, count: int, times: int, recount: bool) -> list[Row]:
    ctx = Context(tenant, Actor(ActorKind.MEMBER), ROLE_PERMISSIONS[Role.OWNER], zone=ZONE)
    with _connected(urls):
        made = await _roll_up(replace(job_context(tenant, "bench"), zone=ZONE))
        with psycopg.connect(urls.direct_owner, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE analytics_rollups")
        await db.dispose()
    with _connected(urls):
        cold = await _ask(ctx)
        warm = [await _ask(ctx) for _ in range(20)]
        live = []
        for _ in range(7):
            await cache.forget_all(tenant)
            live.append(await _ask(ctx))
        counted = await _ask(ctx, snapshot=False) if recount else cold
        await db.dispose()
    same = all(found == counted[1] for _, found in (cold, *warm, *live))
    data = f"{count // 1_000_000}M events"
    rows = _rows(data, times, cold[0], _median(warm), _median(live), same)
    if recount:
        rows.append(Row(f"Counted from {data} without rollups", f"{counted[0]:,.0f} ms", "", None, same))
    return [*rows, Row(f"Rollups of {data} made", f"{made:.1f} s", "", None, True)]


def _rows(data: str, times: int, cold: float, warm: float, live: float, same: bool) -> list[Row]:
    what = f"Overview of a year over {data}"
    return [
        _row(f"{what}: first read of a process", cold, COLD_MS * times, same),
        _row(f"{what}: again, nothing new", warm, WARM_MS * times, same),
        _row(f"{what}: again, cache dropped", live, COLD_MS * times, same),
    ]


def _row(what: str, measured: float, bar: float, same: bool) -> Row:
    told = f"{measured:,.1f} ms{'' if same else ', NOT equal to a recount'}"
    return Row(what, told, f"< {bar:,.0f} ms", measured / bar, same and measured < bar)


@contextmanager
def _connected(urls: DatabaseUrls) -> Iterator[None]:
    """New connections and nothing cached, as in a process that has just started."""
    cache.configure(None)
    db.configure(urls)
    yield


async def _roll_up(ctx: Context) -> float:
    """Everything, as the worker does it but without its pauses; seconds."""
    from enterprise_app.domains.analytics import service

    begun = time.perf_counter()
    while (await service.keep_rollups(ctx)).more:
        pass
    return time.perf_counter() - begun


async def _ask(ctx: Context, *, snapshot: bool = True) -> tuple[float, object]:
    from enterprise_app.domains.analytics import service

    last = now().astimezone(ZoneInfo(ctx.zone)).date()
    begun = time.perf_counter()
    async with db.tenant_session(ctx, snapshot=snapshot) as session:
        found = await service.get_overview(session, ctx, start=last - timedelta(days=DAYS - 1), end=last)
    return (time.perf_counter() - begun) * 1000, found


def _median(results: list[tuple[float, object]]) -> float:
    return statistics.median(milliseconds for milliseconds, _ in results)
