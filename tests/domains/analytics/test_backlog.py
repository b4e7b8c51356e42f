"""A rush: batches are answered when they are kept, and stored later, each event once, whatever happens in between."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
import zstandard

from enterprise_app.core import db
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import Invalid, Unavailable
from enterprise_app.domains.analytics import jobs, service
from enterprise_app.domains.analytics.api import tracking
from enterprise_app.domains.analytics.api.sending import queue
from enterprise_app.domains.analytics.queries import backlog as sql
from enterprise_app.domains.analytics.schemas import IngestResult, SourcePrivacy
from enterprise_app.domains.analytics.service import backlog, flushing, rushing, write_keys
from enterprise_app.domains.analytics.vocabulary import DoNotTrack
from enterprise_app.edge import Edge
from enterprise_app.http.routing import AtriumRoute
from tests.domains.analytics.http import client_of
from tests.domains.analytics.test_spending import GRANTED, spend, used
from tests.domains.analytics.test_tracking import new_source, post

BROKEN = b'{"batch": 5}'


@pytest.fixture(autouse=True)
def rush(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every source is in one."""
    rushing.forget()
    flushing._spent.clear()
    monkeypatch.setattr(rushing, "BURST", 0.0)
    yield
    rushing.forget()
    backlog._lines.clear()


def batch(*ids: str | None, **more: Any) -> dict[str, Any]:
    common = {"type": "track", "event": "E", "userId": "u"} | more
    return {"batch": [common | ({"messageId": i} if i else {}) for i in ids]}


async def hurried(ctx: Context, name: str = "Site", **privacy: Any) -> str:
    """The key of a source that has just sent something."""
    source = await new_source(ctx, name)
    if privacy:
        async with tenant_session(ctx) as session:
            await service.change_privacy(session, ctx, source.id, source.version, SourcePrivacy(**privacy))
    rushing.take(source.id, 1)
    return source.write_key


async def select(ctx: Context, query: str) -> list[Any]:
    async with tenant_session(ctx) as session:
        return [tuple(row) for row in await session.execute(sa.text(query))]


async def drain(ctx: Context) -> int:
    return await service.drain_backlog(job_context(ctx.tenant_id, "drain"))


async def test_a_rush_is_kept_and_then_stored_as_if_it_had_been_at_once(tenant: Context) -> None:
    key = await hurried(tenant)
    url = "https://shop.example/p?utm_source=news&utm_medium=email"
    sent = {
        "sentAt": "2026-03-01T10:00:05Z",
        "batch": [
            {"type": "page", "anonymousId": "a", "messageId": "{}1", "properties": {"url": url, "referrer": "https://t.co/x"}},
            {"type": "track", "event": "Order Completed", "userId": "u", "messageId": "{}2",
             "properties": {"revenue": 9.5, "currency": "EUR", "order_id": "o"}},
            {"type": "identify", "userId": "u", "messageId": "{}3", "traits": {"email": "ada@acme.example"}},
        ],
    }  # fmt: skip
    text = json.dumps(sent)
    async with client_of(tenant) as client:
        kept = await post(client, "/v1/batch", json.loads(text.replace("{}", "later")), key)
        assert (kept.status_code, kept.json()["queued"], kept.json()["accepted"]) == (202, 3, 0)
        told = [(v["message_id"], v["status"]) for v in kept.json()["results"]]
        assert told == [("later1", "queued"), ("later2", "queued"), ("later3", "queued")]
        assert await select(tenant, "SELECT count(*) FROM analytics_events") == [(0,)]
        assert await drain(tenant) == 1
        rushing.forget()
        stored = await post(client, "/v1/batch", json.loads(text.replace("{}", "now")), key)
    assert stored.status_code == 200
    columns = (
        "type, name, anonymous_id, user_id, url, channel, utm_source, referrer_host, revenue, currency, order_id,"
        " properties"
    )
    rows = await select(tenant, f"SELECT left(message_id, -1), {columns} FROM analytics_events ORDER BY message_id")
    assert [row[1:] for row in rows if row[0] == "later"] == [row[1:] for row in rows if row[0] == "now"]
    assert len(rows) == 6
    assert await select(tenant, "SELECT count(*) FROM analytics_backlog") == [(0,)]
    counted = dict(await select(tenant, "SELECT kind, sum(messages)::int FROM analytics_health GROUP BY kind"))
    assert counted["accepted"] == 6
    assert await used(tenant) == 6


async def test_repeats_in_the_backlog_and_before_it_are_stored_once(tenant: Context) -> None:
    key = await hurried(tenant)
    async with client_of(tenant) as client:
        for ids in (("a", "b"), ("b", "c"), ("a", "a")):
            assert (await post(client, "/v1/batch", batch(*ids), key)).status_code == 202
        rushing.forget()
        assert (await post(client, "/v1/batch", batch("c", "d"), key)).json()["accepted"] == 2
    assert await drain(tenant) == 3
    stored = await select(tenant, "SELECT message_id, count(*) FROM analytics_events GROUP BY 1 ORDER BY 1")
    assert stored == [("a", 1), ("b", 1), ("c", 1), ("d", 1)]
    assert await used(tenant) == 4


@pytest.mark.parametrize(
    ("privacy", "headers", "more", "status"),
    [
        ({}, {}, {"properties": []}, "rejected"),
        ({}, {"dnt": "1"}, {}, "accepted"),
        ({}, {}, {"context": {"doNotTrack": True}}, "accepted"),
        ({"do_not_track": DoNotTrack.DROP}, {"sec-gpc": "1"}, {}, "dropped"),
        ({"do_not_track": DoNotTrack.IGNORE}, {"dnt": "1"}, {}, "queued"),
        ({}, {}, {"context": {"ip": "203.0.113.7"}}, "queued"),
    ],
)
async def test_what_must_not_be_written_down_or_is_not_plain_is_taken_at_once(
    tenant: Context, privacy: dict[str, Any], headers: dict[str, str], more: dict[str, Any], status: str
) -> None:
    key = await hurried(tenant, **privacy)
    async with client_of(tenant) as client:
        client.headers.update(headers)
        bad = batch("a")["batch"] + batch("b", **more)["batch"]
        answer = await post(client, "/v1/batch", {"batch": bad}, key)
    assert answer.status_code == (202 if status == "queued" else 200)
    assert answer.json()["results"][1]["status"] == status


@pytest.mark.parametrize(("name", "setting"), [("ip", "truncated"), ("doNotTrack", "heeded")])
async def test_names_written_otherwise_are_not_overlooked(tenant: Context, name: str, setting: str) -> None:
    key = await hurried(tenant)
    if setting == "truncated":
        async with tenant_session(tenant) as session:
            await session.execute(sa.text("UPDATE tenants SET ip_truncation = true"))
        write_keys.forget_keys()
    text = json.dumps(batch("a", context={"N": "203.0.113.7" if name == "ip" else True, "locale": "d\u00e9"}))
    assert "\\u00e9" in text
    disguised = text.replace('"N"', f'"\\u{ord(name[0]):04X}{name[1:]}"')
    async with client_of(tenant) as client:
        plain = await client.post("/v1/batch", content=text, auth=(key, ""))
        hidden = await client.post("/v1/batch", content=disguised.replace('"a"', '"b"'), auth=(key, ""))
    assert (plain.status_code, hidden.status_code, hidden.json()["accepted"]) == (202, 200, 1)


async def test_whole_addresses_are_not_written_down_where_they_are_truncated(tenant: Context) -> None:
    key = await hurried(tenant)
    async with tenant_session(tenant) as session:
        await session.execute(sa.text("UPDATE tenants SET ip_truncation = true"))
    write_keys.forget_keys()
    async with client_of(tenant) as client:
        at_once = await post(client, "/v1/batch", batch("a", context={"ip": "203.0.113.7"}), key)
        kept = await post(client, "/v1/batch", batch("b"), key)
    assert (at_once.status_code, kept.status_code) == (200, 202)
    assert await select(tenant, "SELECT ip FROM analytics_backlog") == [("127.0.0.0",)]


async def test_a_key_in_the_body_is_read_at_once(tenant: Context) -> None:
    key = await hurried(tenant)
    async with client_of(tenant) as client:
        answer = await client.post("/v1/batch", json=batch("a") | {"writeKey": key})
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)


async def test_a_full_backlog_asks_to_slow_down(tenant: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await hurried(tenant)
    monkeypatch.setattr(backlog, "MAX_BYTES", 50)
    monkeypatch.setattr(backlog, "_LOOK_EVERY", 0.0)
    async with client_of(tenant) as client:
        assert (await post(client, "/v1/batch", batch("a", "b"), key)).status_code == 202
        refused = await post(client, "/v1/batch", batch("c"), key)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert await drain(tenant) == 1
        assert (await post(client, "/v1/batch", batch("c"), key)).status_code == 202


async def test_a_backlog_of_very_many_small_bodies_is_full_too(
    tenant: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await hurried(tenant)
    monkeypatch.setattr(backlog, "MAX_ROWS", 1)
    monkeypatch.setattr(backlog, "_LOOK_EVERY", 0.0)
    async with client_of(tenant) as client:
        codes = [(await post(client, "/v1/batch", batch(str(n)), key)).status_code for n in range(3)]
    assert codes == [202, 429, 429]


async def test_too_much_at_once_is_refused_before_it_fills_the_memory(
    tenant: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, add, go_on = await hurried(tenant), sql.add, asyncio.Event()

    async def slow(*args: Any) -> None:
        await go_on.wait()
        await add(*args)

    monkeypatch.setattr(backlog.backlog, "add", slow)
    monkeypatch.setattr(backlog, "MAX_WAITING", 600)
    async with client_of(tenant) as client:
        sending = [asyncio.create_task(post(client, "/v1/batch", batch(f"m{n}"), key)) for n in range(20)]
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while sum(task.done() for task in sending) < 10:
                    await asyncio.sleep(0.01)
        go_on.set()
        answers = Counter(answer.status_code for answer in await asyncio.gather(*sending))
    assert set(answers) == {202, 503}
    assert backlog._waiting == 0
    assert await select(tenant, "SELECT count(*) FROM analytics_backlog") == [(answers[202],)]


async def test_whose_sender_has_gone_is_not_kept_but_sent_again(lasting_tenant: Context) -> None:
    owner = await write_keys.find_key_owner(await hurried(lasting_tenant))
    assert owner
    keeping = [
        asyncio.create_task(
            service.keep_batch(owner, json.dumps(batch(None)).encode(), ip=None, agent=None, do_not_track=False)
        )
        for _ in range(3)
    ]
    await asyncio.sleep(0)  # all wait now, and nobody has begun to write
    keeping[1].cancel()
    told = await asyncio.gather(*keeping, return_exceptions=True)
    assert [isinstance(one, asyncio.CancelledError) for one in told] == [False, True, False]
    assert await select(lasting_tenant, "SELECT count(*) FROM analytics_backlog") == [(2,)]


async def test_too_many_at_once(tenant: Context) -> None:
    owner = await write_keys.find_key_owner(await hurried(tenant))
    assert owner
    data = json.dumps(batch(*map(str, range(2_501)))).encode()
    with pytest.raises(Invalid, match="batch"):
        await service.keep_batch(owner, data, ip=None, agent=None, do_not_track=False)


async def test_beyond_the_plan_what_was_kept_is_refused_and_noted(tenant: Context) -> None:
    key = await hurried(tenant)
    await spend(tenant, 3)
    async with client_of(tenant) as client:
        for ids in (("a", "b"), ("c", "d"), ("e", "f")):
            assert (await post(client, "/v1/batch", batch(*ids), key)).status_code == 202
        assert await drain(tenant) == 3
        assert await used(tenant) == GRANTED
        assert await select(tenant, "SELECT count(*) FROM analytics_events") == [(3,)]
        noted = await select(tenant, "SELECT sum(messages)::int FROM analytics_health WHERE code = 'event_quota_spent'")
        assert noted == [(3,)]
        assert (await post(client, "/v1/batch", batch("g"), key)).status_code == 402, "known now: nothing more is kept"


async def test_two_workers_store_each_batch_once_even_without_ids(lasting_tenant: Context) -> None:
    key = await hurried(lasting_tenant)
    async with client_of(lasting_tenant) as client:
        answers = await asyncio.gather(*(post(client, "/v1/batch", batch(None, None), key) for _ in range(30)))
    assert Counter(answer.status_code for answer in answers) == {202: 30}
    await asyncio.gather(*(drain(lasting_tenant) for _ in range(4)))
    assert await select(lasting_tenant, "SELECT count(*) FROM analytics_events") == [(60,)]
    assert await select(lasting_tenant, "SELECT count(*) FROM analytics_backlog") == [(0,)]
    assert await used(lasting_tenant) == 60


async def test_a_worker_that_dies_between_storing_and_committing_loses_and_doubles_nothing(
    lasting_tenant: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, keep = await hurried(lasting_tenant), flushing.keep
    async with client_of(lasting_tenant) as client:
        await post(client, "/v1/batch", batch(None, "a"), key)

    async def dying(*args: Any, **named: Any) -> None:
        await keep(*args, **named)
        raise Unavailable("database_unavailable", retry_after=1)

    monkeypatch.setattr(flushing, "keep", dying)
    await drain(lasting_tenant)
    assert await select(lasting_tenant, "SELECT count(*) FROM analytics_events") == [(0,)]
    assert await select(lasting_tenant, "SELECT attempts FROM analytics_backlog") == [(0,)]
    monkeypatch.setattr(flushing, "keep", keep)
    assert await drain(lasting_tenant) == 1
    assert await select(lasting_tenant, "SELECT count(*) FROM analytics_events") == [(2,)]


async def test_a_batch_that_cannot_be_stored_waits_alone(lasting_tenant: Context) -> None:
    key = await hurried(lasting_tenant)
    async with client_of(lasting_tenant) as client:
        for ids in ("a", "b", "c"):
            await post(client, "/v1/batch", batch(ids), key)
    async with tenant_session(lasting_tenant) as session:
        rows = await sql.oldest(session, lasting_tenant.tenant_id)
        broken = sql.Body(rows[0].source_id, rows[0].received_at, 1, zstandard.compress(BROKEN), None, None)
    await sql.add(lasting_tenant, [broken])
    assert await drain(lasting_tenant) == 3
    assert await select(lasting_tenant, "SELECT count(*) FROM analytics_events") == [(3,)]
    left = await select(lasting_tenant, "SELECT body, attempts, due_at > now() FROM analytics_backlog")
    assert [(zstandard.decompress(body), *rest) for body, *rest in left] == [(BROKEN, 1, True)]
    assert await drain(lasting_tenant) == 0, "not before it is due"


async def test_a_number_beyond_all_bounds_costs_its_own_message_only(tenant: Context) -> None:
    key = await hurried(tenant)
    bad = batch("bad", properties={"n": "N"})["batch"] + batch("good")["batch"]
    data = json.dumps({"batch": bad}).replace('"N"', "1" * 5_000)
    async with client_of(tenant) as client:
        assert (await client.post("/v1/batch", content=data, auth=(key, ""))).status_code == 202
    assert await drain(tenant) == 1
    assert await select(tenant, "SELECT message_id FROM analytics_events") == [("good",)]
    assert await select(tenant, "SELECT count(*) FROM analytics_backlog") == [(0,)]
    assert await select(tenant, "SELECT count(*) FROM analytics_rejects") == [(1,)]


async def test_a_batch_without_a_source_does_not_hold_up_the_others(tenant: Context) -> None:
    key = await hurried(tenant)
    async with client_of(tenant) as client:
        await post(client, "/v1/batch", batch("a"), key)
    async with tenant_session(tenant) as session:
        row = (await sql.oldest(session, tenant.tenant_id))[0]
    await sql.add(tenant, [sql.Body(tenant.tenant_id, row.received_at, 1, row.body, None, None)])
    assert await drain(tenant) == 1
    assert await select(tenant, "SELECT attempts FROM analytics_backlog") == [(1,)]


@pytest.mark.parametrize(("state", "attempts"), [("53100", 0), ("22P05", 1)])
async def test_a_full_disk_is_not_held_against_the_batch(
    lasting_tenant: Context, monkeypatch: pytest.MonkeyPatch, state: str, attempts: int
) -> None:
    key, keep = await hurried(lasting_tenant), flushing.keep
    async with client_of(lasting_tenant) as client:
        await post(client, "/v1/batch", batch("a"), key)

    async def failing(session: Any, *_: Any) -> None:
        await session.execute(sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"))

    monkeypatch.setattr(flushing, "keep", failing)
    assert await drain(lasting_tenant) == 0
    assert await select(lasting_tenant, "SELECT attempts FROM analytics_backlog") == [(attempts,)]
    monkeypatch.setattr(flushing, "keep", keep)
    assert await drain(lasting_tenant) == (0 if attempts else 1)


async def test_what_nobody_could_store_in_weeks_is_not_kept_for_good(
    lasting_tenant: Context, committed_db: DatabaseUrls
) -> None:
    key = await hurried(lasting_tenant)
    async with client_of(lasting_tenant) as client:
        for ids in ("a", "b", "c"):
            await post(client, "/v1/batch", batch(ids), key)
    with psycopg.connect(committed_db.direct_owner, autocommit=True) as connection:
        rows = connection.execute("SELECT id FROM analytics_backlog ORDER BY id").fetchall()
        for (row,), attempts, days in zip(rows, (100, 100, 99), (36, 34, 36), strict=True):
            connection.execute(
                "UPDATE analytics_backlog SET attempts = %s, received_at = received_at - %s * interval '1 day'"
                " WHERE id = %s", [attempts, days, row],
            )  # fmt: skip
    await jobs.run_forget_seen(str(lasting_tenant.tenant_id))
    assert await select(lasting_tenant, "SELECT attempts FROM analytics_backlog ORDER BY id") == [(100,), (99,)]


async def test_a_suspended_tenants_backlog_is_brought_to_its_end(lasting_tenant: Context) -> None:
    key = await hurried(lasting_tenant)
    async with client_of(lasting_tenant) as client:
        await post(client, "/v1/batch", batch("a"), key)
        async with db._current().system() as session:
            await session.execute(sa.text("UPDATE tenants SET status = 'suspended'"))
        write_keys.forget_keys()
        assert (await post(client, "/v1/batch", batch("b"), key)).status_code == 403
    ctx = await Edge().job_context(lasting_tenant.tenant_id, "analytics.backlog")
    await jobs.BACKLOG.keep(ctx)
    assert await select(lasting_tenant, "SELECT message_id FROM analytics_events") == [("a",)]


async def test_what_comes_together_is_kept_in_few_transactions(
    lasting_tenant: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, add, sizes = await hurried(lasting_tenant), sql.add, []

    async def counted(ctx: Context, bodies: Any) -> None:
        sizes.append(len(bodies))
        await add(ctx, bodies)

    monkeypatch.setattr(backlog.backlog, "add", counted)
    async with client_of(lasting_tenant) as client:
        await asyncio.gather(*(post(client, "/v1/batch", batch(str(n)), key) for n in range(40)))
    assert sum(sizes) == 40
    assert len(sizes) < 20


async def test_a_database_that_is_away_is_told_to_all(tenant: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await hurried(tenant)

    async def away(*_: Any) -> None:
        raise Unavailable("database_unavailable", retry_after=2)

    monkeypatch.setattr(backlog.backlog, "add", away)
    async with client_of(tenant) as client:
        answers = await asyncio.gather(*(post(client, "/v1/batch", batch(str(n)), key) for n in range(5)))
        assert {answer.status_code for answer in answers} == {503}
        monkeypatch.undo()
        monkeypatch.setattr(rushing, "BURST", 0.0)
        assert (await post(client, "/v1/batch", batch("a"), key)).status_code == 202


async def test_the_worker_is_told_whose_backlog_waits(lasting_tenant: Context) -> None:
    key = await hurried(lasting_tenant)
    async with client_of(lasting_tenant) as client:
        await post(client, "/v1/batch", batch("a"), key)
    async with db._current().system() as session:
        assert lasting_tenant.tenant_id in list(await session.scalars(sa.text(jobs.BACKLOG.due)))
    await jobs.BACKLOG.keep(job_context(lasting_tenant.tenant_id, "worker"))
    async with db._current().system() as session:
        assert lasting_tenant.tenant_id not in list(await session.scalars(sa.text(jobs.BACKLOG.due)))


async def test_the_health_of_data_tells_what_waits(tenant: Context) -> None:
    key = await hurried(tenant)
    async with client_of(tenant) as client:
        assert (await client.get("/api/v1/analytics/health")).json()["waiting"] == {"messages": 0, "since": None}
        await post(client, "/v1/batch", batch("a", "b"), key)
        waiting = (await client.get("/api/v1/analytics/health")).json()["waiting"]
    assert waiting["messages"] == 2
    assert waiting["since"]


@pytest.mark.parametrize("ids", [["a", None, 'q"\\', "né\u2028"], [None]])
async def test_what_is_kept_is_answered_as_the_model_says(tenant: Context, ids: list[str | None]) -> None:
    key = await hurried(tenant)
    async with client_of(tenant) as client:
        answer = await client.post("/v1/batch", content=json.dumps(batch(*ids)), auth=(key, ""))
    assert answer.status_code == 202
    told = IngestResult.model_validate_json(answer.content)
    assert (told.success, told.queued, told.accepted + told.duplicates + told.rejected) == (True, len(ids), 0)
    assert [(verdict.index, verdict.message_id, verdict.status) for verdict in told.results] == [
        (index, message_id, "queued") for index, message_id in enumerate(ids)
    ]
    assert list(answer.json()) == list(IngestResult.model_fields)


BATCH = json.dumps(batch(None)).encode()


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (BATCH, {}, 200),
        (BATCH, {"dnt": "1"}, 200),
        (BATCH, {"authorization": "Bearer atw_unknown"}, 401),
        (BATCH, {"authorization": ""}, 401),
        (BATCH, {"origin": "https://evil.example"}, 403),
        (b"nonsense", {}, 400),
        (b"nonsense", {"content-encoding": "gzip", "accept-language": "de"}, 400),
        (BATCH, {"content-encoding": "br"}, 400),
        (json.dumps(batch(*map(str, range(2_501)))).encode(), {"accept-language": "ar"}, 422),
        (json.dumps(batch("a", properties=[])).encode(), {}, 400),
        (b" " * (4 * 1024 * 1024 + 1), {}, 413),
    ],
)
@pytest.mark.parametrize("hurry", [True, False])
async def test_what_is_not_kept_is_answered_as_without_the_quick_way(
    tenant: Context, monkeypatch: pytest.MonkeyPatch, content: bytes, headers: dict[str, str], status: int, hurry: bool
) -> None:
    key = await hurried(tenant)
    async with tenant_session(tenant) as session:
        await session.execute(sa.text("UPDATE analytics_sources SET allowed_origins = '{https://acme.example}'"))
    write_keys.forget_keys()
    if not hurry:
        rushing.forget()
    sent = {"authorization": f"Bearer {key}", "x-request-id": "request-1", "accept-encoding": "identity"} | headers
    answers = []
    for quick in (queue, None):
        for route in tracking.routes:
            if isinstance(route, AtriumRoute) and route.quick:
                monkeypatch.setattr(route, "quick", quick)
        async with client_of(tenant) as client:
            answer = await client.post("/v1/batch", content=content, headers=sent)
        answers.append((answer.status_code, answer.content, answer.headers.raw))
    if status == 200 and hurry and "dnt" not in headers:
        assert [answers[0][0], answers[1][0]] == [202, 200]
        return
    assert answers[0] == answers[1]
    assert answers[0][0] == status


def test_a_rush_lasts_as_long_as_too_much_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    moment, source = [1_000.0], jobs.UUID(int=1)
    monkeypatch.setattr(rushing, "BURST", 10_000.0)
    monkeypatch.setattr(rushing.time, "monotonic", lambda: moment[0])
    rushing.take(source, 10_100)

    def seconds_in_a_rush(rate: int, most: int) -> float:
        for tenth in range(most * 10):
            if not rushing.is_rush(source):
                return tenth / 10
            rushing.keep(source, rate // 10)
            moment[0] += 0.1
        return most

    assert seconds_in_a_rush(1_500, most=60) == 60, "more than is stored at once"
    assert seconds_in_a_rush(900, most=60) == pytest.approx(10, abs=1), "a second's debt, paid with a tenth of the rate"
    rushing.forget()
    rushing.take(source, 10_000)
    rushing.keep(source, 1_000_000)
    moment[0] += 1.1
    assert not rushing.is_rush(source), "what was kept counts for a second"


def test_a_bucket_runs_full_again(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1_000.0]
    monkeypatch.setattr(rushing, "BURST", 10_000.0)
    monkeypatch.setattr(rushing.time, "monotonic", lambda: moment[0])
    source, other = jobs.UUID(int=1), jobs.UUID(int=2)
    assert not rushing.is_rush(source)
    rushing.take(source, 9_999)
    assert not rushing.is_rush(source)
    rushing.take(source, 4_001)
    assert (rushing.is_rush(source), rushing.is_rush(other)) == (True, False)
    moment[0] += 4.0  # 1,000 a second
    assert rushing.is_rush(source)
    moment[0] += 0.002
    assert not rushing.is_rush(source)
