"""The health of data: what is counted with the events, sampled of refused messages, and read by period."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import jobs, service
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.rules.secrets import SHOWN, shown_message
from enterprise_app.domains.analytics.rules.tally import SAMPLES, Tally
from enterprise_app.domains.analytics.vocabulary import FileFormat, HealthKind
from tests.domains.analytics.http import client_of
from tests.domains.analytics.test_tracking import key, new_source, post

__all__ = ["key"]


async def counted(ctx: Context) -> dict[str, int]:
    async with tenant_session(ctx) as session:
        rows = await session.execute(
            sa.text("SELECT kind, code, sum(messages) FROM analytics_health GROUP BY kind, code ORDER BY kind, code")
        )
        return {f"{kind}:{code}".rstrip(":"): int(number) for kind, code, number in rows}


def track(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "E", "userId": "u", "messageId": f"m-{number}", **more}


async def test_a_batch_is_counted_by_what_became_of_it(tenant, key):
    now = datetime.now(UTC)
    batch = [
        track(1), track(1), track(2, timestamp=(now - timedelta(days=3)).isoformat()),
        track(3, timestamp=(now + timedelta(hours=2)).isoformat()), {"type": "track", "userId": "u"}, "nonsense",
        track(4, context={"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}),
    ]  # fmt: skip
    async with client_of(tenant) as client:
        assert (await post(client, "/v1/batch", {"batch": batch}, key)).json()["accepted"] == 4
        assert (await post(client, "/v1/batch", {"batch": [track(1)]}, key)).json()["duplicates"] == 1
        assert (await post(client, "/v1/track", {"userId": "u"}, key)).status_code == 400
    assert await counted(tenant) == {
        "accepted": 4, "duplicate": 2, "late": 1, "future": 1, "bot": 1,
        "rejected:event_name_missing": 2, "rejected:event_not_object": 1,
    }  # fmt: skip


async def test_samples_are_bounded_and_safe(tenant, key):
    """The hostile strings of a refused message come back as text, without what looks like a secret, cut."""
    evil = {
        "type": "track", "userId": "u", "messageId": "m\x00<script>", "writeKey": key, "password": "hunter2",
        "context": {"ip": "203.0.113.7", "Authorization": "Bearer x"}, "note": f"key {key} \ud800",
        "long": "x" * 50_000,
    }  # fmt: skip
    async with client_of(tenant) as client:
        for _ in range(11):
            body = json.dumps({"batch": [evil] * 30})
            assert (await client.post("/v1/batch", content=body, auth=(key, ""))).status_code == 400
        rows = (await client.get("/api/v1/analytics/health/rejected?limit=200")).json()
        assert (await client.get("/api/v1/analytics/health/rejected?limit=201")).status_code == 422
    assert len(rows) == 100
    first = rows[0]
    assert (first["code"], first["field"]) == ("event_name_missing", "event")
    assert first["problem"]
    assert len(first["message"]) <= SHOWN + 1
    shown = json.dumps(rows)
    assert "hunter2" not in shown
    assert key not in shown
    assert "203.0.113.7" not in shown
    assert "Bearer" not in shown
    assert (await counted(tenant))["rejected:event_name_missing"] == 330


async def test_health_over_http_by_source_and_reason(tenant, key):
    other = await new_source(tenant, "Shop")
    async with client_of(tenant) as client:
        await post(client, "/v1/batch", {"batch": [track(1), {"type": "track", "userId": "u"}]}, key)
        await post(client, "/v1/track", track(2), other.write_key)
        found = (await client.get("/api/v1/analytics/health")).json()
        only = (await client.get(f"/api/v1/analytics/health?source_id={other.id}")).json()
        long = await client.get("/api/v1/analytics/health?start=2020-01-01&end=2026-01-01")
        backwards = await client.get("/api/v1/analytics/health?start=2026-01-02&end=2026-01-01")
    assert (found["totals"]["accepted"], found["totals"]["rejected"]) == (2, 1)
    assert found["totals"]["bytes"] > 100
    assert sum(point["counts"]["accepted"] for point in found["series"]) == 2
    assert [(one["name"], one["rejected_share"]) for one in found["sources"]] == [("Site", 0.5), ("Shop", 0.0)]
    assert [(one["code"], one["messages"]) for one in found["codes"]] == [("event_name_missing", 1)]
    assert only["totals"]["accepted"] == 1
    assert [one["name"] for one in only["sources"]] == ["Shop"]
    assert (long.status_code, backwards.status_code) == (422, 422)


async def test_imports_are_counted_at_their_end(tenant, tmp_path):
    file = tmp_path / "events.jsonl"
    event = {"type": "track", "event": "E", "userId": "u", "timestamp": "2024-01-01T00:00:00Z"}
    bot = event | {"context": {"userAgent": "Googlebot/2.1"}, "messageId": "b"}
    lines = [event | {"messageId": f"i-{number}"} for number in range(3)] + [bot, {"type": "nonsense"}]
    file.write_text("\n".join(json.dumps(line) for line in lines))
    for _ in range(2):
        await service.import_file(tenant, file, FileFormat.JSONL)
    assert await counted(tenant) == {
        "accepted": 4, "bot": 1, "duplicate": 4, "rejected:event_type_unknown": 2,
    }  # fmt: skip


async def test_what_parallel_requests_are_told_is_what_is_counted(lasting_tenant):
    source = await new_source(lasting_tenant)
    async with client_of(lasting_tenant) as client:
        batches = [[track(number * 3 + n) for n in range(5)] + ["bad"] for number in range(40)]
        answers = await asyncio.gather(
            *(post(client, "/v1/batch", {"batch": batch}, source.write_key) for batch in batches)
        )
    told = [answer.json() for answer in answers]
    found = await counted(lasting_tenant)
    assert found["accepted"] == sum(one["accepted"] for one in told) == 122
    assert found["duplicate"] == sum(one["duplicates"] for one in told)
    assert found["rejected:event_not_object"] == 40


def test_a_tally_keeps_few_samples_and_its_work_is_bounded():
    tally = Tally()
    wide = {f"k{n}": {"deep": [[[[[[1]]]]]]} for n in range(50_000)}
    for _ in range(50):
        tally.refuse(Rejected("event_too_large", "properties", bytes=9, limit=3), wide)
    assert len(tally.samples) == SAMPLES
    assert tally.counts[HealthKind.REJECTED, "event_too_large"] == 50
    assert shown_message({"a": float("nan"), "b": 10**400, "c": b"x"}).startswith("{")
    assert len(shown_message(wide)) <= SHOWN + 1


@pytest.mark.parametrize(("plan", "left"), [("FREE", [398, 0]), ("ENTERPRISE", [1_094, 402, 398, 0]),
                                            ("WHITE_LABEL", [1_096, 1_094, 402, 398, 0])])  # fmt: skip
async def test_counts_and_samples_do_not_grow_for_ever(lasting_tenant, committed_db, plan, left):
    key = (await new_source(lasting_tenant)).write_key
    async with client_of(lasting_tenant) as client:
        await post(client, "/v1/batch", {"batch": [track(1), "nonsense"]}, key)
    with psycopg.connect(committed_db.direct_owner) as connection:
        connection.execute(f"UPDATE tenants SET plan = '{plan}'")  # pyright: ignore
        for days in (1_096, 1_094, 402, 398):
            connection.execute(
                "INSERT INTO analytics_health SELECT tenant_id, hour_at - %s * interval '1 day', source_id, kind, code,"
                " shard, messages, bytes FROM analytics_health WHERE kind = 'accepted'"
                " AND hour_at > now() - interval '1 day'", [days],
            )  # fmt: skip
        for days in (89, 91):
            connection.execute(
                "INSERT INTO analytics_rejects (tenant_id, source_id, id, rejected_at, code, field, params, message)"
                " SELECT tenant_id, source_id, gen_random_uuid(), rejected_at - %s * interval '1 day', code, field,"
                " params, 'old' FROM analytics_rejects WHERE message <> 'old'", [days],
            )  # fmt: skip
    await jobs.run_forget_seen(str(lasting_tenant.tenant_id))
    async with tenant_session(lasting_tenant) as session:
        ages = "SELECT round(extract(epoch FROM now() - {}) / 86400)::int FROM {} ORDER BY 1 DESC"
        counts = sa.text(ages.format("hour_at", "analytics_health WHERE kind = 'accepted'"))
        assert list(await session.scalars(counts)) == left
        assert list(await session.scalars(sa.text(ages.format("rejected_at", "analytics_rejects")))) == [89, 0]
