"""Live updates: heard after the commit, never after a rollback, by prefix, again after a lost connection."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from enterprise_app.core import live
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.live import RESYNC, Listener
from tests.factories import make_context


@pytest_asyncio.fixture(loop_scope="session")
async def listener(committed_db: DatabaseUrls) -> AsyncIterator[Listener]:
    listener = Listener(committed_db.direct_app)
    await listener.start()
    await asyncio.wait_for(listener.connected.wait(), 5)
    yield listener
    await listener.stop()


async def _tell(ctx: Context, topic: str, *, fail: bool = False) -> None:
    async with tenant_session(ctx) as session:
        await live.changed(session, topic)
        await live.changed(session, topic)
        if fail:
            raise KeyError


async def _heard(heard: list[str], topic: str) -> None:
    async with asyncio.timeout(5):
        while topic not in heard:
            await asyncio.sleep(0.01)


async def test_heard_after_the_commit_only(listener: Listener) -> None:
    ctx, heard, all_heard = make_context(), list[str](), list[str]()
    mine = live.topic(ctx.tenant_id, "campaigns")
    stop = listener.on(mine, heard.append)
    listener.on("", all_heard.append)
    with pytest.raises(KeyError):
        await _tell(ctx, mine, fail=True)
    await _tell(ctx, live.topic(ctx.tenant_id, "members"))
    await _tell(ctx, f"{mine}:17")
    await _heard(all_heard, f"{mine}:17")
    assert heard == [f"{mine}:17"]
    assert all_heard == [f"{ctx.tenant_id}:members", f"{mine}:17"], "once a transaction"
    stop()
    await _tell(ctx, mine)
    await _heard(all_heard, mine)
    assert mine not in heard


async def test_a_callback_that_fails_does_not_deafen_the_others(listener: Listener) -> None:
    heard = list[str]()

    def fails(_: str) -> None:
        raise RuntimeError

    listener.on("", fails)
    listener.on("", heard.append)
    await _tell(make_context(), "a:b")
    await _heard(heard, "a:b")


async def test_reconnects_and_says_that_something_may_be_missing(
    listener: Listener, committed_db: DatabaseUrls
) -> None:
    heard = list[str]()
    listener.on("nobody:nothing", heard.append)
    with psycopg.connect(committed_db.direct_admin, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'atrium live'")
    await _heard(heard, RESYNC)
    await _tell(make_context(), "nobody:nothing:1")
    await _heard(heard, "nobody:nothing:1")


async def test_only_ids(listener: Listener) -> None:
    async with tenant_session(make_context()) as session:
        for bad in ("", "x" * 201):
            with pytest.raises(ValueError, match="ids, not content"):
                await live.changed(session, bad)
