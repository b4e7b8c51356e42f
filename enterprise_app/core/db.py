"""Sessions: the only way to the database, and the only place that commits.

`tenant_session(ctx)` sees one tenant's rows (role atrium_app under row-level security); `system_session(reason)`
sees all tenants' and opens only for the modules in SYSTEM_MODULES.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from enterprise_app.core.context import Context
from enterprise_app.core.db_alone import run_alone, run_within
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import TenantMissing, Unavailable

log = logging.getLogger(__name__)

SYSTEM_MODULES = frozenset(
    {
        "enterprise_app.commands.analytics",
        "enterprise_app.commands.audit",
        "enterprise_app.commands.importing",
        "enterprise_app.core.events_dispatch",
        "enterprise_app.core.jobs_worker",
        "enterprise_app.core.mail",
        "enterprise_app.core.maintenance",
        "enterprise_app.core.switches",
        "enterprise_app.core.upkeep",
        "enterprise_app.domains.identity.service",
        "enterprise_app.domains.operations.service",
        "enterprise_app.domains.tenancy.service",
        "enterprise_app.edge",
    }
)
"""Who may look across tenants; a test pins this list. Submodules of an entry count as the entry."""

RETRY_AFTER = 2  # seconds that a caller should wait while the database is down
BUSY_RETRY = "busy_retry"
"""Code of Unavailable when the transaction lost against another one: repeated as a whole, it may succeed."""
_LOST = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock
_CONNECT_TIMEOUT = 5
_SNAPSHOT = "snapshot"
_POOL_TIMEOUT = 15


class SessionSource(Protocol):
    """Opens sessions: the engines below, or one outer transaction in tests."""

    def tenant(self, tenant_id: UUID, *, snapshot: bool = False) -> AbstractAsyncContextManager[AsyncSession]: ...
    def system(self) -> AbstractAsyncContextManager[AsyncSession]: ...
    async def alone(self, tenant_id: UUID, statement: bytes, values: Sequence[Any]) -> None: ...
    async def dispose(self) -> None: ...


_source: SessionSource | None = None
_urls: DatabaseUrls | None = None


def configure(urls: DatabaseUrls, *, pool_size: int = 10, system_pool_size: int = 5) -> None:
    """Say where the database is; connects to nothing yet. Once per process and event loop."""
    global _urls
    _urls = urls
    use_source(Engines(urls, pool_size, system_pool_size))


def use_source(source: SessionSource | None) -> None:
    """Take sessions from here; for `configure` and tests."""
    global _source
    _source = source


async def dispose() -> None:
    """Close all connections."""
    global _source
    source, _source = _source, None
    if source is not None:
        await source.dispose()


def urls() -> DatabaseUrls:
    """Where the database is, for those who need a connection of their own (LISTEN, COPY, locks)."""
    if _urls is None:
        raise RuntimeError("core.db.configure(urls) has not been called")
    return _urls


def tenant_session(ctx: Context, *, snapshot: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
    """One transaction that sees only the context's tenant; commits at the end, rolls back on any exception.

    With `snapshot` all its statements see the same moment (REPEATABLE READ); writing what somebody else wrote
    meanwhile then fails with BUSY_RETRY. Raises TenantMissing without a tenant and Unavailable while the database is
    down, or (BUSY_RETRY) when PostgreSQL ended the transaction for another's sake.
    """
    if not isinstance(getattr(ctx, "tenant_id", None), UUID):
        raise TenantMissing
    return _current().tenant(ctx.tenant_id, snapshot=snapshot)


async def write_alone(ctx: Context, statement: bytes, values: Sequence[Any]) -> None:
    """One statement with PostgreSQL's own placeholders as a transaction of its own, under the context's tenant.

    Committed when it returns; costs a third of a session. Raises what a session raises, and Unavailable also when the
    connection was lost on the way: then it may have been committed.
    """
    if not isinstance(getattr(ctx, "tenant_id", None), UUID):
        raise TenantMissing
    await _current().alone(ctx.tenant_id, statement, values)


def is_snapshot(session: AsyncSession) -> bool:
    """Whether all statements of this session see the same moment."""
    return bool(session.info.get(_SNAPSHOT))


def system_session(reason: str) -> AbstractAsyncContextManager[AsyncSession]:
    """One transaction that sees every tenant's rows; `reason` is for the reader and the log."""
    caller = sys._getframe(1).f_globals.get("__name__", "")
    if not may_open_system_session(caller):
        raise PermissionError(f"{caller} is not in core.db.SYSTEM_MODULES and may not open a system session")
    log.debug("system session", extra={"reason": reason, "caller": caller})
    return _current().system()


def may_open_system_session(module: str) -> bool:
    """Whether the module or a package that holds it is in SYSTEM_MODULES."""
    parts = module.split(".")
    return any(".".join(parts[:end]) in SYSTEM_MODULES for end in range(2, len(parts) + 1))


def _current() -> SessionSource:
    if _source is None:
        raise RuntimeError("core.db.configure(urls) has not been called")
    return _source


@dataclass
class Engines:
    """The real source: one pool per role."""

    urls: DatabaseUrls
    pool_size: int
    system_pool_size: int

    def __post_init__(self) -> None:
        self.app_engine = make_engine(self.urls.app, self.pool_size, pooled=self.urls.pooled)
        self.system_engine = make_engine(self.urls.system, self.system_pool_size, pooled=self.urls.pooled)

    def tenant(self, tenant_id: UUID, *, snapshot: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if snapshot else "BEGIN"
        return _session(
            self.app_engine, f"{begin}; SELECT set_config('app.tenant_id', '{tenant_id}', true)", snapshot=snapshot
        )

    def system(self) -> AbstractAsyncContextManager[AsyncSession]:
        return _session(self.system_engine, "BEGIN")

    async def alone(self, tenant_id: UUID, statement: bytes, values: Sequence[Any]) -> None:
        connection = await _connected(self.app_engine)
        try:
            with _translated():
                done = await run_alone(connection, tenant_id, statement, values)
        finally:
            if not connection.closed:
                await connection.close()
        if not done:  # a session replaces all that died with it
            async with self.tenant(tenant_id) as session:
                await run_within(session, statement, values)

    async def dispose(self) -> None:
        await self.app_engine.dispose()
        await self.system_engine.dispose()


def make_engine(url: str, pool_size: int, *, pooled: bool) -> AsyncEngine:
    """An engine that leaves BEGIN to us, so that beginning and setting the tenant are one round trip."""
    connect_args: dict[str, Any] = {"connect_timeout": _CONNECT_TIMEOUT, "application_name": "atrium"}
    if pooled:
        connect_args["prepare_threshold"] = None
    return create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT,
        connect_args=connect_args,
        use_native_hstore=False,
        hide_parameters=True,  # an error that is logged must not carry what a tenant's visitors sent
    )


@asynccontextmanager
async def _session(engine: AsyncEngine, begin: str, *, snapshot: bool = False) -> AsyncIterator[AsyncSession]:
    connection = await _begun(engine, begin)
    session = AsyncSession(bind=connection, expire_on_commit=False, info={_SNAPSHOT: snapshot})
    try:
        with _translated():
            yield session
            await session.run_sync(_commit, connection)
    finally:
        if not connection.closed:
            await _close(connection, session)


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the database that pass, as Unavailable."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("database_unavailable", retry_after=RETRY_AFTER) from error
        if getattr(error.orig, "sqlstate", None) in _LOST:
            raise Unavailable(BUSY_RETRY, retry_after=1) from error
        raise


def _commit(session: Session, connection: AsyncConnection) -> None:
    """Everything from flush to giving the connection back, in one go: each step alone costs turns of the loop."""
    begun = connection.sync_connection
    assert begun is not None, "_begun started it"
    session.commit()
    begun.commit()
    session.close()
    begun.close()


async def _begun(engine: AsyncEngine, begin: str) -> AsyncConnection:
    """A connection with the transaction begun. A pooled one that died meanwhile is replaced once, unseen."""
    connection = await _connected(engine)
    try:
        await connection.exec_driver_sql(begin)
        return connection
    except DBAPIError as error:
        await _close(connection)
        if not error.connection_invalidated:
            raise
    except BaseException:
        await _close(connection)
        raise
    # SQLAlchemy has marked all connections of the pool as old: the next one is fresh.
    connection = await _connected(engine)
    try:
        await connection.exec_driver_sql(begin)
        return connection
    except BaseException as error:
        await _close(connection)
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise Unavailable("database_unavailable", retry_after=RETRY_AFTER) from error
        raise


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except PoolTimeout as error:
        raise Unavailable("database_busy", retry_after=RETRY_AFTER) from error
    except (OperationalError, InterfaceError) as error:
        raise Unavailable("database_unavailable", retry_after=RETRY_AFTER) from error


async def _close(connection: AsyncConnection, session: AsyncSession | None = None) -> None:
    """Give it back; what is not committed is rolled back, also when the task is being cancelled."""
    await asyncio.shield(asyncio.create_task(_closed(connection, session)))


async def _closed(connection: AsyncConnection, session: AsyncSession | None) -> None:
    try:
        try:
            if session is not None:
                await session.close()
        finally:
            await connection.close()
    except DBAPIError as error:
        if not error.connection_invalidated:  # a lost connection has nothing to roll back; what failed first tells
            raise


def ping_statement() -> sa.TextClause:
    """For readiness checks."""
    return sa.text("SELECT 1")
