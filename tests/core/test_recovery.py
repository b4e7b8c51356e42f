"""PostgreSQL stopped and started again under load: requests fail with Unavailable meanwhile, then all is well."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import psutil
import psycopg
import sqlalchemy as sa

from enterprise_app.core import db as core_db
from enterprise_app.core.bootstrap import bootstrap
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.embedded import Server, start
from enterprise_app.core.errors import Unavailable
from enterprise_app.core.live import RESYNC, Listener
from enterprise_app.core.migrate import migrate
from tests.factories import make_context

COUNT = sa.text("SELECT count(*) FROM files")


class Load:
    """Requests without a pause, and what became of them."""

    def __init__(self, ctx: Context) -> None:
        self.ctx, self.good, self.refused, self.other = ctx, 0, 0, list[BaseException]()
        self.stop = asyncio.Event()

    async def run(self) -> None:
        while not self.stop.is_set():
            try:
                async with tenant_session(self.ctx) as session:
                    await session.execute(COUNT)
                self.good += 1
            except Unavailable:
                self.refused += 1
                await asyncio.sleep(0.02)
            except Exception as error:
                self.other.append(error)

    async def until_good(self, more: int = 50) -> None:
        wanted = self.good + more
        async with asyncio.timeout(30):
            while self.good < wanted:
                await asyncio.sleep(0.01)


async def test_a_killed_connection_is_replaced_unseen(committed_db: DatabaseUrls) -> None:
    ctx = make_context()
    await asyncio.gather(*(_count(ctx) for _ in range(5)))
    with psycopg.connect(committed_db.direct_admin, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'atrium_app'")
    await asyncio.gather(*(_count(ctx) for _ in range(20)))


async def _count(ctx: Context) -> None:
    async with tenant_session(ctx) as session:
        await session.execute(COUNT)


async def test_stopped_and_started_under_load(tmp_path: Path) -> None:
    server = start(tmp_path / "pg", throwaway=True)
    urls = DatabaseUrls.derive(server.admin_url, None, "k" * 32, database="atrium")
    await asyncio.to_thread(bootstrap, urls)
    await asyncio.to_thread(migrate, urls)
    core_db.configure(urls, pool_size=4)
    load, heard = Load(make_context()), list[str]()
    listener = Listener(urls.direct_app)
    listener.on("", heard.append)
    await listener.start()
    runners = [asyncio.create_task(load.run()) for _ in range(8)]
    try:
        await load.until_good()
        command = _stop(server)
        async with asyncio.timeout(10):
            while load.refused < 20:
                await asyncio.sleep(0.02)
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **server_options(server)
        )
        await load.until_good(200)
        async with asyncio.timeout(10):
            while RESYNC not in heard:
                await asyncio.sleep(0.05)
        assert load.other == []
    finally:
        load.stop.set()
        await asyncio.gather(*runners)
        await listener.stop()
        await core_db.dispose()
        server.stop()
    await asyncio.to_thread(process.wait, 10)


def _stop(server: Server) -> list[str]:
    """Stop it at once, as an administrator or a crash would; returns its command line."""
    process = psutil.Process(server.pid)
    command = process.cmdline()
    process.send_signal(3)  # SIGQUIT: immediate shutdown, connections are torn
    process.wait(20)
    return command


def server_options(server: Server) -> dict[str, Any]:
    """The user that owns the data."""
    from enterprise_app.core.embedded.owner import owner_for

    return {
        "cwd": "/",
        "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        **owner_for(server.place.data).process_options(),
    }
