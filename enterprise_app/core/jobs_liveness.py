"""Which workers live: each holds an advisory lock in the name of its executor id; without one it is soon dead."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import psycopg

from enterprise_app.core.loops import first_of

log = logging.getLogger(__name__)

GRACE = 10.0  # seconds without the lock, with the database up, after which a worker counts as dead
_CLASS = 0x41547269  # first half of the two-part lock keys
_REAPER = 0x41547270
_BEAT = 2.0


def _fence() -> None:
    log.critical("another worker has taken over this one's work: stopping at once")
    os._exit(75)


class Liveness:
    """Our own sign of life, on a connection of its own, and a look at the others'.

    If the connection was lost and others meanwhile took over our work, `on_taken_over` ends this process: the same
    work must not run in two.
    """

    def __init__(self, url: str, executor_id: str, on_taken_over: Callable[[], None] = _fence) -> None:
        self._url = url
        self.executor_id = executor_id
        self._on_taken_over = on_taken_over
        self._connection: psycopg.AsyncConnection | None = None
        self._using = asyncio.Lock()
        self._missing_since: dict[str, float] = {}
        self._keeper: asyncio.Task[None] | None = None

    async def start(self, stop: asyncio.Event | None = None) -> None:
        """Show that we live, before any work is taken. With `stop`, a database that is away is waited for."""
        while self._connection is None:
            try:
                await self._connect()
            except (psycopg.Error, OSError) as error:
                if stop is None:
                    raise
                log.warning("the worker waits for the database", extra={"problem": str(error).strip()})
                await first_of(stop, seconds=_BEAT)
                if stop.is_set():
                    return
        self._keeper = asyncio.create_task(self._keep(), name="liveness")

    async def stop(self) -> None:
        """Take the sign down."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    async def _connect(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=5, application_name="atrium worker"
        )
        await connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [_CLASS, self.executor_id])
        self._connection = connection

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_BEAT)
            try:
                async with self._using:
                    await self._beat()
            except (psycopg.Error, OSError) as error:
                log.warning("the worker's sign of life is lost", extra={"problem": str(error).strip()})
                await self._reconnect()

    async def _beat(self) -> None:
        if self._connection is None:
            raise psycopg.OperationalError("no connection")
        await self._connection.execute("SELECT 1")

    async def _reconnect(self) -> None:
        async with self._using:
            self._missing_since.clear()  # what we saw of the others before is worth nothing now
            if self._connection is not None:
                await self._connection.close()
                self._connection = None
            try:
                await self._connect()
            except (psycopg.Error, OSError):
                return  # tried again at the next beat
            if await self._taken_over():
                self._on_taken_over()

    async def _taken_over(self) -> bool:
        """Whether something that runs in this process now belongs to another executor."""
        from enterprise_app.core.jobs_run import RunningJob

        running = [str(run_id) for run_id in RunningJob.active]
        if not running or self._connection is None:
            return False
        cursor = await self._connection.execute(
            "SELECT count(*) FROM dbos.workflow_status WHERE workflow_uuid = ANY(%s)"
            " AND (executor_id IS DISTINCT FROM %s OR status = 'ENQUEUED')",
            [running, self.executor_id],
        )
        row = await cursor.fetchone()
        return bool(row and row[0])

    @asynccontextmanager
    async def reaping(self) -> AsyncIterator[bool]:
        """True for one worker at a time."""
        async with self._using:
            connection = self._connection
            if connection is None:
                yield False
                return
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, 0)", [_REAPER])
            row = await cursor.fetchone()
            mine = bool(row and row[0])
            try:
                yield mine
            finally:
                if mine and not connection.closed:
                    await connection.execute("SELECT pg_advisory_unlock(%s, 0)", [_REAPER])

    async def dead_among(self, executors: Iterable[str]) -> set[str]:
        """Those that have shown no sign for GRACE seconds, as far as we watched; call it again and again."""
        if self._connection is None:
            return set()
        candidates = [executor for executor in executors if executor != self.executor_id]
        cursor = await self._connection.execute(
            """
            SELECT e FROM unnest(%s::text[]) AS e WHERE NOT EXISTS (
                SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND l.classid = %s AND l.objid::bigint = (hashtext(e)::bigint & 4294967295)
            )
            """,
            [candidates, _CLASS],
        )
        missing = {row[0] for row in await cursor.fetchall()}
        now = time.monotonic()
        self._missing_since = {e: self._missing_since.get(e, now) for e in missing}
        return {e for e, since in self._missing_since.items() if now - since >= GRACE}
