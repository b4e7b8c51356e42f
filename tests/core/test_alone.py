"""A statement that is a transaction of its own: the tenant's, whole or not at all, and never a broken pool."""

import asyncio

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session, write_alone
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import TenantMissing, Unavailable
from tests.factories import make_context
from tests.joined import JoinedSource

INSERT = (
    b"INSERT INTO files (tenant_id, id, key, name, content_type, size, sha256)"
    b" VALUES ($1, gen_random_uuid(), $2, 'n', 't', $3, '')"
)
SLOW = b"INSERT INTO files (tenant_id, id, key, name, content_type, size, sha256) SELECT $1, gen_random_uuid(), $2,"
SLOW += b" 'n', 't', $3, '' FROM pg_sleep(30)"


async def keys(ctx: Context) -> list[str]:
    async with tenant_session(ctx) as session:
        return list(await session.scalars(sa.text("SELECT key FROM files ORDER BY key")))


async def _write_and_be_refused(ctx: Context, other: Context) -> None:
    await write_alone(ctx, INSERT, [ctx.tenant_id, "a", 1])
    with pytest.raises(ProgrammingError, match="row-level security"):
        await write_alone(other, INSERT, [ctx.tenant_id, "b", 1])
    with pytest.raises(TenantMissing):
        await write_alone(None, INSERT, [ctx.tenant_id, "c", 1])  # pyright: ignore[reportArgumentType]
    assert (await keys(ctx), await keys(other)) == (["a"], [])


async def test_it_writes_for_its_tenant_only(committed_db: DatabaseUrls) -> None:
    await _write_and_be_refused(make_context(), make_context())


async def test_the_rolled_back_fixture_does_the_same(db: JoinedSource) -> None:
    await _write_and_be_refused(make_context(), make_context())


async def test_the_tenant_is_not_left_behind(committed_db: DatabaseUrls) -> None:
    ctx = make_context()
    await write_alone(ctx, INSERT, [ctx.tenant_id, "a", 1])
    async with tenant_session(ctx) as session:
        connection = await session.connection()
        await connection.exec_driver_sql("ROLLBACK")
        assert not await connection.scalar(sa.text("SELECT current_setting('app.tenant_id', true)"))


async def test_errors_and_ends_leave_the_pool_whole(committed_db: DatabaseUrls) -> None:
    """The pool has five connections: one that is not clean would show at once."""
    ctx = make_context()
    for number in range(7):
        with pytest.raises(IntegrityError):
            await write_alone(ctx, INSERT, [ctx.tenant_id, None, 1])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(write_alone(ctx, SLOW, [ctx.tenant_id, "never", 1]), 0.05)
        await write_alone(ctx, INSERT, [ctx.tenant_id, str(number), 1])
    assert await keys(ctx) == [str(number) for number in range(7)]


def _end_connections(urls: DatabaseUrls) -> None:
    with psycopg.connect(urls.direct_admin, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'atrium_app'")


async def test_connections_that_died_in_the_pool_are_replaced_unseen(committed_db: DatabaseUrls) -> None:
    ctx = make_context()
    await asyncio.gather(*(write_alone(ctx, INSERT, [ctx.tenant_id, f"before {n}", 1]) for n in range(5)))
    _end_connections(committed_db)
    await asyncio.sleep(0.1)
    for number in range(5):
        await write_alone(ctx, INSERT, [ctx.tenant_id, f"after {number}", 1])
    assert len(await keys(ctx)) == 10


async def test_a_connection_that_dies_on_the_way_is_told(committed_db: DatabaseUrls) -> None:
    ctx = make_context()
    writing = asyncio.create_task(write_alone(ctx, SLOW, [ctx.tenant_id, "never", 1]))
    await asyncio.sleep(0.3)
    _end_connections(committed_db)
    with pytest.raises(Unavailable):
        await writing
    await write_alone(ctx, INSERT, [ctx.tenant_id, "a", 1])
    assert await keys(ctx) == ["a"]
