"""TEN-04: two tenants over two connections, 200 requests interleaved, no crossing; the same behind pgbouncer."""

import asyncio
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from enterprise_app.core import db as core_db
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import ROLES, DatabaseUrls
from enterprise_app.core.errors import TenantMissing, Unavailable
from enterprise_app.core.ids import new_id
from tests.factories import make_context

PORT = 8290
INSERT = sa.text(
    "INSERT INTO files (tenant_id, id, key, name, content_type, size, sha256)"
    " VALUES (:tenant, :id, :key, 'n', 't', 1, '')"
)
SEEN = sa.text("SELECT DISTINCT tenant_id FROM files")


async def _request(ctx: Context, number: int) -> None:
    async with tenant_session(ctx) as session:
        await session.execute(INSERT, {"tenant": ctx.tenant_id, "id": new_id(), "key": f"{number}"})
        await asyncio.sleep(random.random() / 200)
        assert list(await session.scalars(SEEN)) == [ctx.tenant_id]
        if number % 5 == 0:
            raise KeyError  # what failed must not leak into the next user of the connection


async def _interleave() -> None:
    tenants = make_context(), make_context()
    results = await asyncio.gather(
        *(_request(tenants[number % 2], number) for number in range(200)), return_exceptions=True
    )
    assert [r for r in results if r is not None and not isinstance(r, KeyError)] == []
    for ctx in tenants:
        async with tenant_session(ctx) as session:
            assert await session.scalar(sa.text("SELECT count(*) FROM files")) == 80


async def _nobody_sees_nothing(url: str) -> None:
    """A connection on which a tenant was set before, and no transaction that sets one."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, prepare_threshold=None) as connection:
        tables = await (
            await connection.execute(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
                " AND has_table_privilege(oid, 'select') AND relname <> 'switches'"
            )
        ).fetchall()
        assert len(tables) >= 9
        for (table,) in tables:
            cursor = await connection.execute(f"SELECT count(*) FROM {table}".encode())
            assert await cursor.fetchone() == (0,), table
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            await connection.execute(
                "INSERT INTO files (tenant_id, id, key, name, content_type, size, sha256)"
                " VALUES (gen_random_uuid(), gen_random_uuid(), 'k', 'n', 't', 1, '')"
            )


async def test_two_connections(committed_db: DatabaseUrls) -> None:
    await core_db.dispose()
    core_db.configure(committed_db, pool_size=2)
    await _interleave()
    await _nobody_sees_nothing(committed_db.app)


async def test_no_tenant_no_session(committed_db: DatabaseUrls) -> None:
    for missing in (None, object(), "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(TenantMissing):
            tenant_session(missing)  # pyright: ignore[reportArgumentType]


async def test_a_full_pool_is_unavailable(committed_db: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_db, "_POOL_TIMEOUT", 0.2)
    await core_db.dispose()
    core_db.configure(committed_db, pool_size=1)
    ctx = make_context()
    async with tenant_session(ctx):
        with pytest.raises(Unavailable, match="database_busy"):
            async with tenant_session(ctx):
                pass


async def test_the_loser_of_a_deadlock_is_told_to_repeat(committed_db: DatabaseUrls) -> None:
    ctx, both = make_context(), asyncio.Barrier(2)
    ids = [new_id(), new_id()]
    async with tenant_session(ctx) as session:
        for number, row in enumerate(ids):
            await session.execute(INSERT, {"tenant": ctx.tenant_id, "id": row, "key": f"{number}"})

    async def rename(order: list[UUID]) -> None:
        async with tenant_session(ctx) as session:
            for row in order:
                await session.execute(sa.text("UPDATE files SET name = name || '!' WHERE id = :id"), {"id": row})
                if row == order[0]:
                    await both.wait()

    results = await asyncio.gather(rename(ids), rename(ids[::-1]), return_exceptions=True)
    (lost,) = (r for r in results if r is not None)
    assert isinstance(lost, Unavailable)
    assert (lost.status, lost.code) == (503, core_db.BUSY_RETRY)
    async with tenant_session(ctx) as session:
        assert list(await session.scalars(sa.text("SELECT name FROM files"))) == ["n!", "n!"], "only the winner's"


@pytest.mark.parametrize(("state", "told"), [("40001", Unavailable), ("40P01", Unavailable), ("23514", DBAPIError)])
async def test_only_the_losers_of_a_race_are(committed_db: DatabaseUrls, state: str, told: type[Exception]) -> None:
    fail = sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$")
    with pytest.raises(told):
        async with tenant_session(make_context()) as session:
            await session.execute(fail)


async def test_a_cancelled_request_gives_its_connection_back(committed_db: DatabaseUrls) -> None:
    await core_db.dispose()
    core_db.configure(committed_db, pool_size=1)
    ctx = make_context()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_sleep_in_the_database(ctx), 0.3)
    async with tenant_session(ctx) as session:
        assert await session.scalar(sa.text("SELECT 1")) == 1


async def _sleep_in_the_database(ctx: Context) -> None:
    async with tenant_session(ctx) as session:
        await session.execute(sa.text("SELECT pg_sleep(10)"))


def _pgbouncer_program() -> str:
    found = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin:/opt/homebrew/bin")
    if found is None and sys.platform == "linux" and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-q", "pgbouncer"], capture_output=True, check=False)
        found = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
    if found is None:
        pytest.fail("pgbouncer is missing: apt-get install pgbouncer, or brew install pgbouncer")
    return found


@pytest.fixture
def pgbouncer(committed_db: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A transaction-mode pooler with two server connections per role; the URLs of the platform behind it."""
    folder = Path("/tmp") / f"atrium-pgbouncer-{new_id().hex[-8:]}"
    folder.mkdir(mode=0o755)
    server = urlsplit(committed_db.direct_admin)
    users = [(role, committed_db.password_of(role)) for role in ROLES]
    (folder / "users.txt").write_text("".join(f'"{role}" "{password}"\n' for role, password in users))
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server.hostname} port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {PORT}\nauth_type = scram-sha-256\nauth_file = {folder}/users.txt\npool_mode = transaction\n"
        "default_pool_size = 2\nunix_socket_dir =\nlogfile =\npidfile =\n"
    )
    command = [_pgbouncer_program(), "-q", str(folder / "pgbouncer.ini")]
    import os

    if os.geteuid() == 0:
        command[1:1] = ["-u", "nobody"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pooled = committed_db.direct_admin.replace(f":{server.port}/", f":{PORT}/")
    try:
        yield DatabaseUrls.derive(pooled, committed_db.direct_admin, _secret())
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _secret() -> str:
    from tests.conftest import SECRET_KEY

    return SECRET_KEY


@pytest_asyncio.fixture(loop_scope="session")
async def behind_pgbouncer(pgbouncer: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    await core_db.dispose()
    core_db.configure(pgbouncer, pool_size=10)
    async with asyncio.timeout(10):
        while True:
            try:
                async with tenant_session(make_context()):
                    break
            except Unavailable:
                await asyncio.sleep(0.1)
    yield pgbouncer


async def test_behind_a_transaction_pooler(behind_pgbouncer: DatabaseUrls) -> None:
    assert behind_pgbouncer.pooled
    await _interleave()
    await _nobody_sees_nothing(behind_pgbouncer.app)
