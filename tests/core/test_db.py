"""Sessions: the tenant is set, committed at the end, nothing without it; a broken connection is replaced."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.event import listen
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from tests.factories import make_context
from tests.joined import JoinedSource

INSERT = sa.text(
    "INSERT INTO files (tenant_id, id, key, name, content_type, size, sha256) VALUES"
    " (:tenant, gen_random_uuid(), :key, 'n', 't', 1, '')"
)
COUNT = sa.text("SELECT count(*) FROM files")


async def _insert_and_count(ctx: Context, other: Context) -> None:
    async with tenant_session(ctx) as session:
        await session.execute(INSERT, {"tenant": ctx.tenant_id, "key": "a"})
    async with tenant_session(ctx) as session:
        assert await session.scalar(COUNT) == 1
        assert await session.scalar(sa.text("SELECT current_user")) == "atrium_app"
    async with tenant_session(other) as session:
        assert await session.scalar(COUNT) == 0
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with tenant_session(other) as session:
            await session.execute(INSERT, {"tenant": ctx.tenant_id, "key": "b"})
    with pytest.raises(KeyError):
        await _insert_and_fail(ctx)
    async with tenant_session(ctx) as session:
        assert await session.scalar(COUNT) == 1


async def _insert_and_fail(ctx: Context) -> None:
    async with tenant_session(ctx) as session:
        await session.execute(INSERT, {"tenant": ctx.tenant_id, "key": "c"})
        raise KeyError


async def test_tenants_do_not_see_each_other(committed_db: DatabaseUrls) -> None:
    await _insert_and_count(make_context(), make_context())


async def test_the_rolled_back_fixture_behaves_like_the_real_thing(db: JoinedSource) -> None:
    await _insert_and_count(make_context(), make_context())


async def test_the_rolled_back_fixture_nests(db: JoinedSource) -> None:
    one, two = make_context(), make_context()
    async with tenant_session(one) as session:
        await session.execute(INSERT, {"tenant": one.tenant_id, "key": "a"})
        async with tenant_session(two) as inner:
            assert await inner.scalar(COUNT) == 0
        assert await session.scalar(COUNT) == 1


async def test_whatever_ends_a_session_its_connection_comes_back_clean(committed_db: DatabaseUrls) -> None:
    """The pool has five: a connection lost each time, or one still in its transaction, would show at once."""
    ctx = make_context()

    async def fail_at_the_end(session: AsyncSession) -> None:
        await session.execute(INSERT, {"tenant": ctx.tenant_id, "key": "lost"})
        listen(session.sync_session, "before_commit", _refuse)

    async def be_cancelled(session: AsyncSession) -> None:
        await session.execute(INSERT, {"tenant": ctx.tenant_id, "key": "lost"})
        await asyncio.wait_for(session.execute(sa.text("SELECT pg_sleep(30)")), 0.05)

    for act, error in ((fail_at_the_end, ZeroDivisionError), (be_cancelled, TimeoutError)) * 6:
        with pytest.raises(error):
            async with tenant_session(ctx) as session:
                await act(session)
    async with tenant_session(ctx) as session:
        assert await session.scalar(COUNT) == 0


def _refuse(_: object) -> None:
    raise ZeroDivisionError


async def test_an_error_names_the_statement_and_not_what_was_sent(committed_db: DatabaseUrls) -> None:
    ctx = make_context()
    with pytest.raises(ProgrammingError) as caught:
        async with tenant_session(ctx) as session:
            await session.execute(sa.text("SELECT :sent FROM nowhere"), {"sent": "visitor@private.example"})
    assert "nowhere" in str(caught.value)
    assert "visitor@private.example" not in str(caught.value)
