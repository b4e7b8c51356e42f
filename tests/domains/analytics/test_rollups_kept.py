"""Who keeps the rollups: workers that are killed, several at once, tenants in turn, settings and commands."""

import asyncio
import random
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
import typer

from enterprise_app.commands import analytics as command
from enterprise_app.core import db, events_dispatch, upkeep
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.manifest import DOMAIN
from enterprise_app.domains.analytics.service import rollups
from enterprise_app.domains.analytics.vocabulary import FileFormat
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.schemas import TenantSettings
from tests.conftest import SECRET_KEY
from tests.domains.analytics.conftest import _TENANT
from tests.domains.analytics.counted import Cuts, Event
from tests.domains.analytics.http import client_of
from tests.domains.analytics.logs import random_log
from tests.domains.analytics.test_rollups import VISITORS, check, read, store
from tests.domains.analytics.test_tracking import new_source
from tests.factories import make_context

ROOT = Path(__file__).parents[3]
BASE = datetime(2024, 3, 10, tzinfo=UTC)
YEAR: dict[str, Any] = {"start": "2024-01-01", "end": "2024-12-31"}


def some_events(count: int, *, days: int = 40, seed: int = 0) -> list[Event]:
    """So many page views over so many days."""
    chance = random.Random(seed)
    return [
        Event(BASE + timedelta(minutes=chance.randrange(days * 1440)), chance.choice(VISITORS), path=f"/{n % 7}")
        for n in range(count)
    ]


async def keep_all(ctx: Context) -> None:
    while (await service.keep_rollups(ctx)).more:
        pass


async def marks_left(*tenants: Context) -> int:
    left = 0
    for ctx in tenants:
        async with tenant_session(ctx) as session:
            left += (await session.execute(sa.text("SELECT count(*) FROM analytics_dirty"))).scalar_one()
    return left


async def rolled(ctx: Context) -> bool:
    """Whether everything is in rollups and nothing is marked."""
    async with tenant_session(ctx) as session:
        complete = await session.scalar(sa.text("SELECT rolled_from = '2000-01-01Z' FROM analytics_counting"))
    return bool(complete) and not await marks_left(ctx)


async def until_rolled(*tenants: Context, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        for ctx in tenants:
            while not await rolled(ctx):
                await asyncio.sleep(0.05)


async def context_for(tenant_id: UUID, name: str) -> Context:
    return replace(make_context(tenant_id), request_id=name)


async def another_tenant() -> Context:
    ctx = make_context()
    async with db._current().system() as session:
        await session.execute(sa.text(_TENANT.format(id=ctx.tenant_id)))
    return ctx


async def test_what_is_rolled_up_is_read_from_rollups_and_closed_days_are_days(tenant, monkeypatch):
    events = some_events(60, days=4)
    await store(tenant, events)
    monkeypatch.setattr(rollups, "now", lambda: BASE + timedelta(days=2, hours=12))
    await keep_all(tenant)
    assert await grains(tenant) == {"day": {"2024-03-10"}, "slot": {f"2024-03-{n}" for n in (10, 11, 12, 13)}}
    monkeypatch.setattr(rollups, "now", lambda: BASE + timedelta(days=3, hours=4))
    await keep_all(tenant)
    assert (await grains(tenant))["day"] == {"2024-03-10", "2024-03-11"}
    check(await read(tenant, **YEAR, bucket="day"), events, Cuts())
    async with tenant_session(tenant) as session:  # tampered with, to see that they are what is read
        await session.execute(sa.text("UPDATE analytics_rollups SET page_views = page_views + 1000"))
        await session.execute(sa.text("UPDATE analytics_counting SET data_version = data_version + 1"))
    found = await read(tenant, **YEAR, bucket="day")
    slots = len({e.at.replace(minute=e.at.minute // 15 * 15) for e in events if e.at.day >= 12})
    assert found.current.totals.page_views == len(events) + 1000 * (2 + slots)
    assert all(page.page_views > 1000 for page in found.pages)
    async with tenant_session(tenant) as session:
        await service.recount(session, tenant)
    check(await read(tenant, **YEAR, bucket="day"), events, Cuts())


async def grains(ctx: Context) -> dict[str, set[str]]:
    """Which days have rows, by grain; those of slots only where they have pages or no day is closed yet."""
    async with tenant_session(ctx) as session:
        rows = await session.execute(sa.text("SELECT DISTINCT grain, start_at::date::text FROM analytics_rollups"))
        found: dict[str, set[str]] = {}
        for grain, day in rows:
            found.setdefault(grain, set()).add(day)
    return found


async def test_a_question_asked_again_is_answered_from_the_cache_until_something_is_stored(tenant):
    events = some_events(20)
    await store(tenant, events)
    await keep_all(tenant)
    await read(tenant, **YEAR)
    async with tenant_session(tenant) as session:
        await session.execute(sa.text("DELETE FROM analytics_rollups"))
    check(await read(tenant, **YEAR), events, Cuts())
    assert (await read(tenant, start="2024-01-01", end="2024-12-30")).current.totals.page_views == 0, "not asked before"
    await store(tenant, [Event(BASE + timedelta(days=100), VISITORS[0])])
    assert (await read(tenant, **YEAR)).current.totals.page_views == 1, "the rest is deleted"
    await keep_all(tenant)
    await store(tenant, [Event(BASE + timedelta(days=120), VISITORS[0])])
    assert (await read(tenant, **YEAR)).current.totals.page_views == 2, "one mark again, but another one"


async def test_workers_killed_at_any_point_lose_and_repeat_nothing(lasting_tenant, committed_db):
    chance, known = random.Random(9), some_events(50)
    await store(lasting_tenant, known)
    await keep_all(lasting_tenant)
    for round_ in range(5):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.domains.analytics.roller", committed_db.direct_admin, SECRET_KEY,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        deadline = asyncio.get_running_loop().time() + chance.uniform(0.02, 0.8)
        while asyncio.get_running_loop().time() < deadline:
            fresh = some_events(30, seed=len(known))
            await store(lasting_tenant, fresh)
            known += fresh
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        check(await read(lasting_tenant, **YEAR, bucket="week"), known, Cuts())
        assert round_ < 4 or await marks_left(lasting_tenant), "the last ones were killed in the middle"
    async with asyncio.timeout(30):
        while not await rolled(lasting_tenant):  # the server may hold a dead worker's lock for a moment
            await service.keep_rollups(lasting_tenant)
    check(await read(lasting_tenant, **YEAR, bucket="week"), known, Cuts())


async def test_several_workers_writers_and_readers_at_once(lasting_tenant, committed_db):
    known: list[Event] = []
    looks: list[int] = []
    done = asyncio.Event()

    async def write(seed: int) -> None:
        for n in range(60):
            fresh = some_events(20, seed=seed * 100 + n)
            await store(lasting_tenant, fresh)
            known.extend(fresh)
            if n > 10 and len(looks) > 3:
                return

    async def work() -> None:
        while not done.is_set():
            await service.keep_rollups(lasting_tenant)

    async def look() -> None:
        while not done.is_set():
            async with tenant_session(lasting_tenant, snapshot=True) as session:
                fast = await service.get_overview(session, lasting_tenant, **YEAR, bucket="day")  # pyright: ignore
                session.info["snapshot"] = False  # the same moment, counted from the events
                slow = await service.get_overview(session, lasting_tenant, **YEAR, bucket="day")  # pyright: ignore
            assert fast == slow
            looks.append(fast.current.totals.page_views)

    others = [asyncio.create_task(one) for one in (work(), work(), look())]
    await asyncio.gather(write(1), write(2))
    done.set()
    await asyncio.gather(*others)
    assert len(looks) > 3
    assert looks == sorted(looks)
    await keep_all(lasting_tenant)
    check(await read(lasting_tenant, **YEAR), known, Cuts())


async def test_the_worker_follows_within_moments_and_serves_tenants_in_turn(lasting_tenant, committed_db):
    small, stop = await another_tenant(), asyncio.Event()
    await store(lasting_tenant, some_events(3_000, days=600))
    await store(small, some_events(3))
    rollups._pace[lasting_tenant.tenant_id] = 1
    worker = asyncio.create_task(upkeep.run(stop, [DOMAIN], context_for=context_for))
    try:
        await until_rolled(small)
        assert not await rolled(lasting_tenant), "a big tenant must not make others wait"
        await until_rolled(lasting_tenant, seconds=90)
        fresh = [Event(now(), VISITORS[0])]
        await store(small, fresh)
        await until_rolled(small, seconds=3)
    finally:
        stop.set()
        await worker


async def test_another_zone_means_other_days(tenant):
    events = some_events(30)
    await store(tenant, events)
    await keep_all(tenant)
    async with tenant_session(tenant) as session:
        version = (await tenancy.get_current(session, tenant)).version
        wanted = TenantSettings(name="Acme", zone="Asia/Kathmandu", locale="en", currency="USD")
        await tenancy.update_settings(session, tenant, version, wanted)
    await events_dispatch.deliver_pending()
    assert not await rolled(tenant)
    await keep_all(tenant)
    there = replace(tenant, zone="Asia/Kathmandu")
    check(await read(there, **YEAR, bucket="day"), events, Cuts())
    async with tenant_session(tenant) as session:
        query = "SELECT DISTINCT to_char(start_at, 'HH24:MI') FROM analytics_rollups WHERE grain = 'day'"
        assert list(await session.scalars(sa.text(query))) == ["18:15"]


async def test_settings_over_http(tenant):
    url = "/api/v1/analytics/settings"
    visit = [Event(BASE + timedelta(minutes=m), VISITORS[0]) for m in (0, 20, 60)]
    await store(tenant, visit)
    await keep_all(tenant)
    async with client_of(tenant) as client:
        found = await client.get(url)
        usual = {"session_gap_minutes": 30, "cut_at_midnight": False, "cut_at_campaign": False}
        assert found.json() == usual | {"recounting": False, "version": 1}
        assert (await client.put(url, json=usual)).status_code == 428
        tag = {"if-match": found.headers["etag"]}
        for bad in (0, 481, "x", None):
            refused = await client.put(url, json=usual | {"session_gap_minutes": bad}, headers=tag)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "session_gap_minutes")
        saved = await client.put(url, json=usual | {"session_gap_minutes": 15}, headers=tag)
        assert saved.json() == usual | {"session_gap_minutes": 15, "recounting": True, "version": 2}
        assert (await client.put(url, json=usual, headers=tag)).status_code == 409
        assert (await read(tenant, **YEAR)).current.totals.sessions == 3, "right at once, before anything is redone"
        await keep_all(tenant)
        assert (await read(tenant, **YEAR)).current.totals.sessions == 3
        assert not (await client.get(url)).json()["recounting"]
    async with client_of(make_context(tenant.tenant_id, Role.MEMBER)) as client:
        assert (await client.get(url)).status_code == 200
        assert (await client.put(url, json=usual, headers={"if-match": '"2"'})).status_code == 403
    async with tenant_session(tenant) as session:
        rows = await session.execute(sa.text("SELECT before, after FROM audit_log WHERE target_kind = 'tenant'"))
        assert [(row.before["session_gap_minutes"], row.after["session_gap_minutes"]) for row in rows] == [(30, 15)]


async def test_the_command_makes_them_anew(lasting_tenant, committed_db):
    events = some_events(200, days=90)
    await store(lasting_tenant, events)
    await keep_all(lasting_tenant)
    async with tenant_session(lasting_tenant) as session:
        await session.execute(sa.text("DELETE FROM analytics_rollups"))  # by hand, so nothing is marked
    seen: list[tuple[int, int]] = []
    rollups._pace[lasting_tenant.tenant_id] = 4
    await command._rebuild_one(lasting_tenant, lambda done, total: seen.append((done, total)))
    check(await read(lasting_tenant, **YEAR, bucket="week"), events, Cuts())
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert await command._tenants(str(lasting_tenant.tenant_id)) == {
        lasting_tenant.tenant_id: str(lasting_tenant.tenant_id)
    }
    with pytest.raises(typer.Exit) as unknown:
        await command._tenants("nobody")
    assert unknown.value.exit_code == 2
    assert uuid4() not in await command._tenants(None)


async def both_ways(ctx: Context, **words: Any) -> int:
    """Read from rollups and counted from the events, at the same moment; page views."""
    async with tenant_session(ctx, snapshot=True) as session:
        fast = await service.get_overview(session, ctx, **words)  # pyright: ignore
        session.info["snapshot"] = False
        slow = await service.get_overview(session, ctx, **words)  # pyright: ignore
    assert fast == slow
    return fast.current.totals.page_views


async def test_events_over_http_and_from_files_are_counted_once_rolled_up_or_not(tenant, tmp_path):
    path = tmp_path / "x.log"
    path.write_text("\n".join(random_log(21, 400, days=12)))
    march: dict[str, Any] = {"start": "2024-03-01", "end": "2024-03-31"}
    await service.import_file(tenant, path, FileFormat.ACCESS_LOG)
    first = await both_ways(tenant, **march)
    await keep_all(tenant)
    await service.import_file(tenant, path, FileFormat.ACCESS_LOG)
    assert await both_ways(tenant, **march) == first > 100
    source = await new_source(tenant)
    page = {"type": "page", "anonymousId": "a", "properties": {"url": "https://acme.example/x"}}
    late = page | {"messageId": "late", "timestamp": "2024-03-03T10:00:00Z"}
    async with client_of(tenant) as client:
        for batch in ([late, late], [late, page | {"messageId": "now"}]):
            body = {"batch": batch, "writeKey": source.write_key}
            assert (await client.post("/v1/batch", json=body)).status_code == 200
    assert await both_ways(tenant, **march) == first + 1
    await keep_all(tenant)
    assert await both_ways(tenant, **march) == first + 1
    today = now()
    assert await both_ways(tenant, start=today - timedelta(hours=1), end=today + timedelta(minutes=1)) == 1
