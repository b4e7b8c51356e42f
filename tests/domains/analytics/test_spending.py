"""The month's events: exactly as many as the plan grants, over HTTP and by import, however many come at once."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import QuotaExceeded
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.service import flushing, write_keys
from enterprise_app.domains.analytics.vocabulary import FileFormat
from enterprise_app.domains.metering import service as metering
from tests.domains.analytics.http import client_of
from tests.domains.analytics.test_tracking import new_source, post

GRANTED = 100_000  # FREE


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    flushing._spent.clear()


def batch(*ids: str) -> dict[str, Any]:
    return {"batch": [{"type": "track", "event": "E", "userId": "u", "messageId": i} for i in ids]}


async def spend(ctx: Context, left: int) -> None:
    """As if the month had been used up to so many."""
    write = sa.text(
        "INSERT INTO usage_counters (tenant_id, resource, period, used) VALUES (:t, 'events_month', :p, :n)"
        " ON CONFLICT (tenant_id, resource, period) DO UPDATE SET used = excluded.used"
    )
    async with tenant_session(ctx) as session:
        await session.execute(write, {"t": ctx.tenant_id, "p": f"{now():%Y-%m}", "n": GRANTED - left})


async def used(ctx: Context) -> int:
    async with tenant_session(ctx) as session:
        report = await metering.usage(session, ctx)
    return next(item.used for item in report.items if item.resource is Limit.EVENTS)


async def stored(ctx: Context) -> int:
    async with tenant_session(ctx) as session:
        return (await session.execute(sa.text("SELECT count(*) FROM analytics_events"))).scalar_one()


async def test_fifty_batches_at_once_at_the_limit(lasting_tenant: Context) -> None:
    keys = [(await new_source(lasting_tenant, name)).write_key for name in ("Site", "App")]
    await spend(lasting_tenant, 123)
    async with client_of(lasting_tenant) as client:
        answers = await asyncio.gather(
            *(post(client, "/v1/batch", batch(*(f"{n}-{i}" for i in range(10))), keys[n % 2]) for n in range(50))
        )
    assert set(Counter(a.status_code for a in answers)) <= {200, 402}
    verdicts = [v for a in answers if a.status_code == 200 for v in a.json()["results"]]
    assert sum(v["status"] == "accepted" for v in verdicts) == 123
    assert {v["code"] for v in verdicts if v["status"] == "rejected"} <= {"event_quota_spent"}
    assert (await stored(lasting_tenant), await used(lasting_tenant)) == (123, GRANTED)


async def test_the_refusal_says_limit_use_and_the_way_out(tenant: Context) -> None:
    key = (await new_source(tenant)).write_key
    await spend(tenant, 2)
    async with client_of(tenant) as client:
        some = await post(client, "/v1/batch", batch("a", "b", "c"), key)
        refused = await post(client, "/v1/batch", batch("d", "e"), key)
        again = await post(client, "/v1/batch", batch("a", "d"), key)
    assert [v["status"] for v in some.json()["results"]] == ["accepted", "accepted", "rejected"]
    problem = refused.json()
    assert refused.status_code == 402
    assert {n: problem[n] for n in ("code", "limit", "granted", "used", "upgrade")} == {
        "code": "usage_exceeded", "limit": "events_month", "granted": GRANTED, "used": GRANTED, "upgrade": "STARTER",
    }  # fmt: skip
    assert [v["status"] for v in again.json()["results"]] == ["duplicate", "rejected"], "a repeat is told as one"
    assert await used(tenant) == GRANTED


async def test_repeats_cost_nothing_and_the_counter_equals_a_recount(tenant: Context) -> None:
    key = (await new_source(tenant)).write_key
    async with client_of(tenant) as client:
        for _ in range(3):
            await post(client, "/v1/batch", batch("a", "b", "a"), key)
    service.note_call(tenant.tenant_id, "GET", "/x", 200, 0.01)
    await service.write_calls(all_of_them=True)
    async with tenant_session(tenant) as session:
        drift = {d.resource: (d.counted, d.recounted) for d in await metering.recount(session, tenant)}
    assert (await used(tenant), drift[Limit.EVENTS]) == (2, (2, 2))
    assert await stored(tenant) == 3, "what the platform records is there, and costs nothing"


async def test_a_bigger_plan_takes_the_rest_at_once(lasting_tenant: Context, committed_db: DatabaseUrls) -> None:
    key = (await new_source(lasting_tenant)).write_key
    await spend(lasting_tenant, 0)
    async with client_of(lasting_tenant) as client:
        assert (await post(client, "/v1/batch", batch("a"), key)).status_code == 402
        with psycopg.connect(committed_db.direct_owner) as connection:
            connection.execute("UPDATE tenants SET plan = 'STARTER'")
        write_keys.forget_keys()  # what the live listener does
        assert (await post(client, "/v1/batch", batch("a"), key)).json()["accepted"] == 1
    assert lasting_tenant.tenant_id not in flushing._spent


async def test_an_import_fits_as_a_whole_or_not_at_all(tenant: Context, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(
        "".join(
            f'{{"type":"track","event":"E","userId":"u","messageId":"m{n}","timestamp":"2026-01-01T00:00:00Z"}}\n'
            for n in range(5)
        )
    )
    ctx = job_context(tenant.tenant_id, "import")
    await spend(tenant, 4)
    with pytest.raises(QuotaExceeded) as refused:
        await service.import_file(ctx, file, FileFormat.JSONL)
    assert refused.value.params["upgrade"] == "STARTER"
    assert (await stored(tenant), await used(tenant)) == (0, GRANTED - 4)
    await spend(tenant, 5)
    for accepted in (5, 0):
        assert (await service.import_file(ctx, file, FileFormat.JSONL)).accepted == accepted
    assert (await stored(tenant), await used(tenant)) == (5, GRANTED)
