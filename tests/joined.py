"""All sessions of one test inside one transaction: what the fixture `db` puts in place of the connection pools."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from enterprise_app.core.db_alone import run_within
from enterprise_app.core.db_urls import APP_ROLE, SYSTEM_ROLE, DatabaseUrls
from enterprise_app.core.migrate import sqlalchemy_url

_PATIENCE = 10  # seconds


class JoinedSource:
    """Each session is a savepoint under the role that the real one has, so row-level security is the real thing."""

    def __init__(self, engine: AsyncEngine, connection: AsyncConnection) -> None:
        self._engine = engine
        self.connection = connection
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[object] | None = None
        self._place: list[tuple[str, str]] = []

    @classmethod
    async def open(cls, urls: DatabaseUrls) -> "JoinedSource":
        """Connect as the administrator and begin the outer transaction."""
        engine = create_async_engine(sqlalchemy_url(urls.direct_admin), poolclass=NullPool, use_native_hstore=False)
        connection = await engine.connect()
        await connection.begin()
        return cls(engine, connection)

    def tenant(self, tenant_id: UUID, *, snapshot: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
        # Nobody else writes into the outer transaction: every session sees one moment.
        return self._session(APP_ROLE, str(tenant_id), snapshot=snapshot)

    def system(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._session(SYSTEM_ROLE, "")

    async def alone(self, tenant_id: UUID, statement: bytes, values: Sequence[Any]) -> None:
        async with self.tenant(tenant_id) as session:
            await run_within(session, statement, values)

    async def dispose(self) -> None:
        await self.connection.rollback()
        await self.connection.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def _session(self, role: str, tenant: str, *, snapshot: bool = False) -> AsyncIterator[AsyncSession]:
        async with self._turn():
            await self._enter(role, tenant)
            try:
                async with (
                    self.connection.begin_nested(),
                    AsyncSession(
                        bind=self.connection,
                        expire_on_commit=False,
                        join_transaction_mode="create_savepoint",
                        info={"snapshot": snapshot},
                    ) as session,
                ):
                    yield session
                    await session.commit()
            finally:
                await self._leave()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Sessions of one task may nest; another task waits for its turn."""
        task = asyncio.current_task()
        if self._holder is task:
            yield
            return
        try:
            await asyncio.wait_for(self._lock.acquire(), _PATIENCE)
        except TimeoutError:
            raise AssertionError("concurrent sessions that wait for each other: use `committed_db`") from None
        self._holder = task
        try:
            yield
        finally:
            self._holder = None
            self._lock.release()

    async def _enter(self, role: str, tenant: str) -> None:
        self._place.append((role, tenant))
        await self._become(role, tenant)

    async def _leave(self) -> None:
        self._place.pop()
        await self._become(*(self._place[-1] if self._place else ("none", "")))

    async def _become(self, role: str, tenant: str) -> None:
        # A simple query: both in one round trip; values are ours, not a caller's.
        await self.connection.exec_driver_sql(f"SET LOCAL ROLE {role}; SET LOCAL app.tenant_id = '{tenant}'")
