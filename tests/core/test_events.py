"""The event spine: nothing without the change, in order per entity, retried, replayed, exactly once in the database."""

import asyncio
from typing import Any, ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, events_dispatch
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import Conflict, NotFound, TenantMissing
from enterprise_app.core.events import Delivery, Event, publish, subscriber
from enterprise_app.core.ids import new_id
from enterprise_app.core.manifest import Domain
from tests.factories import make_context

NOTE = sa.text("INSERT INTO idempotency_keys (tenant_id, scope, key, fingerprint) VALUES (:tenant, 'test', :key, '')")
NOTES = sa.text("SELECT key FROM idempotency_keys WHERE scope = 'test' ORDER BY created_at, key")


class Counted(Event):
    """Test fact."""

    kind: ClassVar[str] = "thing.counted"
    entity_kind: ClassVar[str] = "thing"
    number: int


class Recorder:
    """A handler that writes a row and fails when told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[UUID, int]] = []
        self.fail: dict[int, Exception] = {}

    async def __call__(self, session: AsyncSession, ctx: Context, event: Counted, delivery: Delivery) -> None:
        await session.execute(NOTE, {"tenant": ctx.tenant_id, "key": f"{event.entity_id}:{event.number}"})
        self.seen.append((event.entity_id, event.number))
        if event.number in self.fail:
            raise self.fail[event.number]


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    events.register([Domain("test", subscribers=[subscriber("test.note", Counted, recorder)])])  # pyright: ignore[reportArgumentType]
    return recorder


async def _publish(ctx: Context, entity: UUID, *numbers: int) -> None:
    async with tenant_session(ctx) as session:
        for number in numbers:
            await publish(session, ctx, Counted(tenant_id=ctx.tenant_id, entity_id=entity, number=number))


async def _notes(ctx: Context) -> list[str]:
    async with tenant_session(ctx) as session:
        return list(await session.scalars(NOTES))


async def _make_due(urls: DatabaseUrls) -> None:
    from enterprise_app.core.db import _current

    async with _current().system() as session:
        await session.execute(sa.text("UPDATE event_deliveries SET due_at = now()"))


async def test_delivered_in_order_per_entity(committed_db: DatabaseUrls, recorder: Recorder) -> None:
    ctx, one, two = make_context(), new_id(), new_id()
    await _publish(ctx, one, 1, 2, 3)
    await _publish(ctx, two, 4, 5)
    assert await events_dispatch.deliver_pending() == 5
    assert [n for e, n in recorder.seen if e == one] == [1, 2, 3]
    assert [n for e, n in recorder.seen if e == two] == [4, 5]
    assert len(await _notes(ctx)) == 5
    assert await events_dispatch.deliver_pending() == 0


async def test_a_rolled_back_change_publishes_nothing(committed_db: DatabaseUrls, recorder: Recorder) -> None:
    ctx = make_context()
    with pytest.raises(KeyError):
        await _publish_and_fail(ctx)
    assert await events_dispatch.deliver_pending() == 0
    assert recorder.seen == []


async def _publish_and_fail(ctx: Context) -> None:
    async with tenant_session(ctx) as session:
        await publish(session, ctx, Counted(tenant_id=ctx.tenant_id, entity_id=new_id(), number=1))
        raise KeyError


async def test_a_failure_rolls_back_holds_the_entity_back_and_is_retried(
    committed_db: DatabaseUrls, recorder: Recorder
) -> None:
    ctx, one, two = make_context(), new_id(), new_id()
    recorder.fail[1] = RuntimeError("not now")
    await _publish(ctx, one, 1, 2)
    await _publish(ctx, two, 3)
    await events_dispatch.deliver_pending()
    assert await _notes(ctx) == [f"{two}:3"]
    waiting = await events_dispatch.list_deliveries("pending")
    assert {(d.attempts, d.error) for d in waiting} == {(1, "RuntimeError: not now"), (0, None)}
    recorder.fail.clear()
    await _make_due(committed_db)
    await events_dispatch.deliver_pending()
    assert sorted(await _notes(ctx)) == sorted([f"{two}:3", f"{one}:1", f"{one}:2"])
    assert [n for e, n in recorder.seen if e == one] == [1, 1, 2]


async def test_dead_after_the_last_attempt_then_replayed(
    committed_db: DatabaseUrls, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_dispatch, "MAX_ATTEMPTS", 2)
    ctx, one = make_context(), new_id()
    recorder.fail[1] = RuntimeError("never")
    await _publish(ctx, one, 1, 2)
    for _ in range(2):
        await _make_due(committed_db)
        await events_dispatch.deliver_pending()
    dead = await events_dispatch.list_deliveries("dead")
    assert [(d.attempts, d.kind, d.subscriber) for d in dead] == [(2, "thing.counted", "test.note")]
    assert await _notes(ctx) == [f"{one}:2"], "a dead one no longer holds the others back"
    recorder.fail.clear()
    await events_dispatch.replay(dead[0].id)
    with pytest.raises(Conflict):
        await events_dispatch.replay(dead[0].id)
    with pytest.raises(NotFound):
        await events_dispatch.replay(new_id())
    await events_dispatch.deliver_pending()
    assert sorted(await _notes(ctx)) == [f"{one}:1", f"{one}:2"]


async def test_give_up_is_dead_at_once(committed_db: DatabaseUrls, recorder: Recorder) -> None:
    recorder.fail[1] = events_dispatch.GiveUp("the address does not exist")
    await _publish(make_context(), new_id(), 1)
    await events_dispatch.deliver_pending()
    assert (await events_dispatch.backlog()).dead == 1


async def test_a_crash_between_handling_and_commit_repeats_without_a_double_effect(
    committed_db: DatabaseUrls, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handler's row and the mark are one transaction: a crash before the commit leaves neither."""
    ctx, one = make_context(), new_id()
    await _publish(ctx, one, 1)
    claim = (await events_dispatch._claim(1))[0]
    with pytest.raises(asyncio.CancelledError):
        await _handle_and_die(ctx, claim)
    assert await _notes(ctx) == []
    assert await events_dispatch.deliver_pending() == 0, "leased"
    await _make_due(committed_db)
    assert await events_dispatch.deliver_pending() == 1
    assert await _notes(ctx) == [f"{one}:1"]
    assert await events_dispatch._deliver(claim, events_dispatch._system_context), "a late twin"
    assert await _notes(ctx) == [f"{one}:1"]


async def _handle_and_die(ctx: Context, claim: Any) -> None:
    known = events.find_subscriber(claim.subscriber)
    assert known is not None
    async with tenant_session(ctx) as session:
        await events_dispatch._handle(session, ctx, known, claim)
        raise asyncio.CancelledError


async def test_two_dispatchers_share_the_work(committed_db: DatabaseUrls, recorder: Recorder) -> None:
    ctx = make_context()
    entities = [new_id() for _ in range(20)]
    stop = asyncio.Event()
    workers = [asyncio.create_task(events_dispatch.run(stop)) for _ in range(2)]
    for number in range(3):
        await asyncio.gather(*(_publish(ctx, entity, number) for entity in entities))
    async with asyncio.timeout(20):
        while len(await _notes(ctx)) < 60:
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*workers)
    assert len(recorder.seen) == 60
    for entity in entities:
        assert [n for e, n in recorder.seen if e == entity] == [0, 1, 2]


async def test_woken_at_once(committed_db: DatabaseUrls, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_dispatch, "POLL", 60.0)
    stop = asyncio.Event()
    worker = asyncio.create_task(events_dispatch.run(stop))
    await asyncio.sleep(0.5)
    await _publish(make_context(), new_id(), 1)
    async with asyncio.timeout(2):
        while not recorder.seen:
            await asyncio.sleep(0.01)
    stop.set()
    await worker


async def test_pruned_when_done(committed_db: DatabaseUrls, recorder: Recorder) -> None:
    ctx = make_context()
    recorder.fail[2] = RuntimeError("no")
    await _publish(ctx, new_id(), 1)
    await _publish(ctx, new_id(), 2)
    await events_dispatch.deliver_pending()
    assert await events_dispatch.prune(now(), batch=1) == 1
    assert len(await events_dispatch.list_deliveries("pending")) == 1
    assert await events_dispatch.list_deliveries("done") == []


async def test_no_tenant_no_event(committed_db: DatabaseUrls, recorder: Recorder) -> None:
    ctx = make_context()
    with pytest.raises(TenantMissing):
        Counted(entity_id=new_id(), number=1)  # pyright: ignore[reportCallIssue]
    with pytest.raises(TenantMissing):
        Counted(tenant_id=None, entity_id=new_id(), number=1)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValidationError):
        Counted(tenant_id=new_id(), entity_id=new_id(), number="x")  # pyright: ignore[reportArgumentType]
    async with tenant_session(ctx) as session:
        with pytest.raises(TenantMissing):
            await publish(session, ctx, Counted(tenant_id=new_id(), entity_id=new_id(), number=1))


def test_retries_back_off() -> None:
    delays = [events_dispatch.retry_delay(attempt) for attempt in range(1, 13)]
    assert 0.5 <= delays[0] <= 1
    assert delays[-1] <= events_dispatch.LONGEST_RETRY
    assert sum(delays) > 900


def test_names_of_subscribers_are_unique() -> None:
    twin = subscriber("test.note", Counted, Recorder())
    with pytest.raises(ValueError, match=r"test\.note"):
        events.register([Domain("test", subscribers=[twin, twin])])
