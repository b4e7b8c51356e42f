"""Live updates: whoever changes something names a topic in the transaction; after the commit every listener hears it.

Topics are `"{tenant_id}:{area}"` or `"{tenant_id}:{area}:{id}"`; ids only, never content.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import PLATFORM_TENANT_ID

log = logging.getLogger(__name__)

CHANNEL = "atrium_live"
RESYNC = "*"
"""The topic of "we may have missed something": sent to every listener after a reconnection."""
_MAX_BYTES = 7999
_NOTIFY = sa.text("SELECT pg_notify(:channel, :payload)")
_QUIET_CHECK = 2  # seconds without a notification after which the connection is probed


async def changed(session: AsyncSession, topic: str) -> None:
    """Tell all open pages of `topic` after this transaction commits; nothing is told when it rolls back."""
    if not topic or len(topic.encode()) > 200:
        raise ValueError("a live topic is 1 to 200 bytes: ids, not content")
    await notify(session, CHANNEL, topic)


async def notify(session: AsyncSession, channel: str, payload: str) -> None:
    """NOTIFY inside the transaction; equal messages of one transaction arrive once."""
    if len(payload.encode()) > _MAX_BYTES:
        raise ValueError("a notification carries less than 8000 bytes")
    await session.execute(_NOTIFY, {"channel": channel, "payload": payload})


def topic(tenant_id: UUID, area: str, entity_id: UUID | str | None = None) -> str:
    """`tenant:area` or `tenant:area:id`."""
    return f"{tenant_id}:{area}:{entity_id}" if entity_id else f"{tenant_id}:{area}"


def platform_topic(area: str) -> str:
    """What the operator sees: `platform:area`."""
    return topic(PLATFORM_TENANT_ID, area)


def account_topic(account_id: UUID) -> str:
    """What a person sees of their own account, whatever tenant they are in: `account:id`."""
    return f"account:{account_id}"


Callback = Callable[[str], object]


class Listener:
    """One LISTEN connection of a process: calls back per notification, reconnects by itself.

    `url` must lead to the server without a transaction pooler (`DatabaseUrls.direct_app`). Callbacks are quick and
    don't raise; after a reconnection each gets RESYNC once, because notifications may have been missed.
    """

    def __init__(self, url: str, channels: Iterable[str] = (CHANNEL,)) -> None:
        self._url = url
        self._channels = tuple(channels)
        self._callbacks: list[tuple[str, Callback]] = []
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    def on(self, prefix: str, callback: Callback) -> Callable[[], None]:
        """Call back for topics that begin so (empty: all); returns how to stop that."""
        entry = (prefix, callback)
        self._callbacks.append(entry)
        return lambda: self._callbacks.remove(entry)

    async def start(self) -> None:
        """Listen from now on; returns at once, `connected` is set when it hears."""
        self._task = asyncio.create_task(self._run(), name="live listener")

    async def stop(self) -> None:
        """Stop listening."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        failures, first = 0, True
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5, application_name="atrium live"
                ) as connection:
                    for channel in self._channels:
                        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    self.connected.set()
                    if not first:
                        self._tell(RESYNC)
                    failures, first = 0, False
                    await self._hear(connection)
            except (psycopg.Error, OSError) as error:
                failures += 1
                log.warning("live listener lost its connection", extra={"problem": str(error).strip()})
            finally:
                self.connected.clear()
            await asyncio.sleep(min(5.0, 0.1 * 2 ** min(failures, 6)) * random.uniform(0.5, 1))  # noqa: S311 - jitter

    async def _hear(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            async for notification in connection.notifies(timeout=_QUIET_CHECK):
                self._tell(notification.payload)
            await connection.execute("SELECT 1")  # a dead peer is noticed here

    def _tell(self, heard: str) -> None:
        for prefix, callback in list(self._callbacks):
            if heard == RESYNC or heard.startswith(prefix):
                try:
                    callback(heard)
                except Exception:
                    log.exception("a live callback failed", extra={"topic": heard})
