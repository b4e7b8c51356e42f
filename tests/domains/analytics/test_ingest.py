"""Taking messages under pressure: each event once, each request its own answer, whatever happens to the others."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import RateLimited, Unavailable
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.queries.storing import Intake, store
from enterprise_app.domains.analytics.rules.rows import SLOT_SECONDS, row
from enterprise_app.domains.analytics.service import flushing
from enterprise_app.domains.analytics.service.write_keys import KeyOwner, find_key_owner
from enterprise_app.domains.analytics.vocabulary import FileFormat, Verdict
from tests.domains.analytics.http import client_of
from tests.domains.analytics.logs import random_log
from tests.domains.analytics.test_rules import READING
from tests.domains.analytics.test_tracking import new_source, post


async def owner_of(ctx: Context, name: str = "Site") -> KeyOwner:
    owner = await find_key_owner((await new_source(ctx, name)).write_key)
    assert owner
    return owner


def message(message_id: str, **more: object) -> dict[str, object]:
    return {"type": "track", "event": "E", "userId": "u", "messageId": message_id} | more


async def stored_ids(ctx: Context) -> Counter[str]:
    async with tenant_session(ctx) as session:
        return Counter(await session.scalars(sa.text("SELECT message_id FROM analytics_events")))


async def test_a_hundred_parallel_requests_with_overlapping_ids(lasting_tenant):
    """Over two sources, which are stored side by side: the ids are the tenant's."""
    keys = [(await new_source(lasting_tenant, name)).write_key for name in ("Site", "App")]
    draw = random.Random(3)
    batches = [[message(f"m{draw.randrange(400)}") for _ in range(40)] for _ in range(100)]
    async with client_of(lasting_tenant) as client:
        answers = await asyncio.gather(
            *(post(client, "/v1/batch", {"batch": batch}, keys[n % 2]) for n, batch in enumerate(batches))
        )
    assert {answer.status_code for answer in answers} == {200}
    told = Counter(
        verdict["message_id"]
        for answer in answers
        for verdict in answer.json()["results"]
        if verdict["status"] == "accepted"
    )
    sent = {m["messageId"] for batch in batches for m in batch}
    assert told == dict.fromkeys(sent, 1), "each id is accepted in exactly one answer"
    assert await stored_ids(lasting_tenant) == dict.fromkeys(sent, 1)


async def test_a_hundred_retries_with_shifted_clocks_are_one_event(lasting_tenant):
    owner = await owner_of(lasting_tenant)
    now = datetime.now(UTC)

    async def retry(number: int) -> int:
        wrong = timedelta(days=number - 50, seconds=number)
        at, sent = (now + wrong).isoformat(), (now + wrong + timedelta(hours=number)).isoformat()
        return (await service.take_messages(owner, [message("m", timestamp=at)], sent_at=sent)).accepted

    assert sum(await asyncio.gather(*map(retry, range(100)))) == 1
    assert await stored_ids(lasting_tenant) == {"m": 1}


async def test_repeats_within_one_batch_and_across_batches_of_one_transaction(lasting_tenant):
    owner = await owner_of(lasting_tenant)
    results = await asyncio.gather(
        service.take_messages(owner, [message("a"), message("b"), message("a")]),
        service.take_messages(owner, [message("b"), message("c"), message("c")]),
    )
    statuses = Counter((v.message_id, v.status) for result in results for v in result.results)
    assert [statuses[name, Verdict.ACCEPTED] for name in "abc"] == [1, 1, 1]
    assert [statuses[name, Verdict.DUPLICATE] for name in "abc"] == [1, 1, 1]
    assert await stored_ids(lasting_tenant) == {"a": 1, "b": 1, "c": 1}


async def test_requests_that_come_together_share_transactions(lasting_tenant, monkeypatch):
    owner, stores = await owner_of(lasting_tenant), []
    store_once = flushing._store_once

    async def counted(intake, lines, *more):
        stores.append(lines.count(b"\n"))
        return await store_once(intake, lines, *more)

    monkeypatch.setattr(flushing, "_store_once", counted)
    await asyncio.gather(*(service.take_messages(owner, [message(f"m{n}")]) for n in range(50)))
    assert sum(stores) == 50
    assert len(stores) <= 6
    assert not flushing._lanes
    assert flushing._waiting_all == 0


async def test_what_the_database_refuses_fails_alone(lasting_tenant, monkeypatch):
    owner, keep = await owner_of(lasting_tenant), flushing.keep

    async def refusing(session, intake, lines, *more):
        if b"poison" in lines:
            await session.execute(sa.text("SELECT 1 / 0"))
        return await keep(session, intake, lines, *more)

    monkeypatch.setattr(flushing, "keep", refusing)
    ids = [f"m{n}" for n in range(9)] + ["poison"]
    results = await asyncio.gather(
        *(service.take_messages(owner, [message(name)]) for name in ids), return_exceptions=True
    )
    assert [isinstance(r, DBAPIError) for r in results] == [name == "poison" for name in ids]
    assert await stored_ids(lasting_tenant) == dict.fromkeys(ids[:-1], 1)


async def test_a_client_that_leaves_changes_nothing_for_the_others(lasting_tenant, monkeypatch):
    """One leaves while its events wait, one while they are being stored."""
    owner, keep, reached = await owner_of(lasting_tenant), flushing.keep, asyncio.Event()

    async def slow(*args):
        reached.set()
        await asyncio.sleep(0.1)
        return await keep(*args)

    monkeypatch.setattr(flushing, "keep", slow)
    tasks = [asyncio.create_task(service.take_messages(owner, [message(f"m{n}")])) for n in range(10)]
    await reached.wait()
    tasks[0].cancel()
    tasks[7].cancel()
    async with asyncio.timeout(10):
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(r, asyncio.CancelledError) for r in results] == [n in (0, 7) for n in range(10)]
    stored = await stored_ids(lasting_tenant)
    assert stored.keys() >= {f"m{n}" for n in range(10) if n not in (0, 7)}
    assert set(stored.values()) == {1}
    async with asyncio.timeout(5):
        while flushing._waiting_all:
            await asyncio.sleep(0.01)


async def test_a_database_that_is_down_is_told_to_all_and_nothing_is_kept(lasting_tenant, monkeypatch):
    owner = await owner_of(lasting_tenant)

    async def down(*_: object):
        raise Unavailable("database_unavailable", retry_after=2)

    monkeypatch.setattr(flushing, "keep", down)
    results = await asyncio.gather(
        *(service.take_messages(owner, [message(f"m{n}")]) for n in range(10)), return_exceptions=True
    )
    assert {getattr(r, "code", None) for r in results} == {"database_unavailable"}
    assert not await stored_ids(lasting_tenant)


async def test_more_than_may_wait_is_refused_and_the_rest_is_stored(lasting_tenant, monkeypatch):
    owner = await owner_of(lasting_tenant)
    monkeypatch.setattr(flushing, "MAX_WAITING", 20)
    calls = [service.take_messages(owner, [message(f"m{n}-{i}") for i in range(5)]) for n in range(10)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [r for r in results if isinstance(r, RateLimited)]
    assert len(refused) == 6
    assert refused[0].params["retry_after"] == 1
    assert sum((await stored_ids(lasting_tenant)).values()) == 20
    monkeypatch.setattr(flushing, "MAX_WAITING_ALL", 20)
    monkeypatch.setattr(flushing, "MAX_WAITING", 1_000)
    calls = [service.take_messages(owner, [message(f"n{n}-{i}") for i in range(5)]) for n in range(10)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(r, Unavailable) for r in results) == 6
    assert flushing._waiting_all == 0


async def test_ids_that_another_transaction_holds_are_refused_in_time_and_alone(lasting_tenant, monkeypatch):
    """As a running import holds them: it has stored them and has not ended."""
    monkeypatch.setattr(flushing, "_PATIENCE", 1)
    owner = await owner_of(lasting_tenant)
    held = record_of("held", lasting_tenant)
    async with tenant_session(lasting_tenant) as session:
        intake = Intake(lasting_tenant.tenant_id, owner.source_id, READING.received_at, forever=True)
        assert await store(session, intake, row(held).encode(), 1) == set()
        async with asyncio.timeout(10):
            results = await asyncio.gather(
                *(service.take_messages(owner, [message(name)]) for name in ("a", "held", "b")), return_exceptions=True
            )
    assert [getattr(r, "code", None) for r in results] == [None, "database_busy", None]
    assert await stored_ids(lasting_tenant) == {"a": 1, "b": 1, "held": 1}
    assert (await service.take_messages(owner, [message("held")])).duplicates == 1


def record_of(message_id: str, ctx: Context):
    from enterprise_app.domains.analytics.rules.messages import Reading, read_message

    reading = Reading(ctx.tenant_id, READING.salt, READING.received_at)
    return read_message(message(message_id), reading)


async def test_repeats_are_told_from_news_within_and_across_statements(lasting_tenant):
    """The same id in an earlier piece of the same transaction is a repeat, as is one of an earlier transaction."""
    source = await new_source(lasting_tenant)
    intake = Intake(lasting_tenant.tenant_id, source.id, READING.received_at, forever=True)
    a, b, c, d = (record_of(name, lasting_tenant) for name in "abcd")
    async with tenant_session(lasting_tenant) as session:
        assert await store(session, intake, row(a).encode(), 1) == set()
    async with tenant_session(lasting_tenant) as session:
        assert await store(session, intake, (row(a) + row(b)).encode(), 2) == {a.id}
        assert await store(session, intake, (row(a) + row(b) + row(c)).encode(), 3) == {a.id, b.id}
        async with session.begin_nested():
            assert await store(session, intake, (row(c) + row(d)).encode(), 2) == {c.id}
        assert await store(session, intake, (row(c) + row(d)).encode(), 2) == {c.id, d.id}
    assert await stored_ids(lasting_tenant) == dict.fromkeys("abcd", 1)


async def test_touched_slots_are_marked_with_the_events(lasting_tenant, tmp_path: Path):
    owner = await owner_of(lasting_tenant)
    marked = sa.text("SELECT extract(epoch FROM slot_at)::bigint FROM analytics_dirty ORDER BY 1")
    await service.take_messages(owner, [message("a", timestamp="2026-03-01T10:14:59.999Z"), message("a")])
    await service.take_messages(owner, [message("a", timestamp="2026-03-05T10:00:00Z")])  # a repeat touches nothing
    async with tenant_session(lasting_tenant) as session:
        assert list(await session.scalars(marked)) == [int(datetime(2026, 3, 1, 10, tzinfo=UTC).timestamp())]
    path = tmp_path / "a.log"
    path.write_text("\n".join(random_log(21, 400)))
    await service.import_file(lasting_tenant, path, FileFormat.ACCESS_LOG)
    touched = sa.text("SELECT DISTINCT floor(extract(epoch FROM occurred_at) / :width)::bigint FROM analytics_events")
    async with tenant_session(lasting_tenant) as session:
        slots = [at // SLOT_SECONDS for at in await session.scalars(marked)]
        assert sorted(slots) == sorted(await session.scalars(touched, {"width": SLOT_SECONDS}))


TEXTS = ("tab\tnew\nline\rback\\slash", "\\N", "\\.", '"quoted", comma', "ünï \u2028 💶", "a\x0bb\x1cc")


@pytest.mark.parametrize("text", TEXTS)
async def test_any_text_comes_back_as_it_went_in(lasting_tenant, text):
    owner = await owner_of(lasting_tenant)
    sent = message("m", event=text, properties={"p": text, "order_id": text}, context={"page": {"title": text}})
    assert (await service.take_messages(owner, [sent, message("n")])).accepted == 2
    columns = "name, order_id, properties ->> 'p'"
    async with tenant_session(lasting_tenant) as session:
        found = (await session.execute(sa.text(f"SELECT {columns} FROM analytics_events WHERE message_id = 'm'"))).one()
    assert found == (text.strip(), text.strip() or None, text)
