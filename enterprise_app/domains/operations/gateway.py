"""The questions put to what we depend on. Each answers with a state and never raises."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from enterprise_app.core.errors import AtriumError

from .vocabulary import State

log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds that a component gets to answer
LEAST_FREE = 100 * 10**6  # bytes of disk below which imports and uploads are about to fail
_SMTP_PORTS = {"smtp": 25, "smtps": 465}


async def answered(name: str, question: Callable[[], Awaitable[bool]]) -> State:
    """Up when the question is answered with yes in time.

    A question that can't even be cancelled, such as one to a frozen database, is left behind: `asyncio.wait_for` would
    wait for it, and with it everybody who asks whether the platform is well.
    """
    asking = asyncio.ensure_future(question())
    try:
        done, _ = await asyncio.wait({asking}, timeout=PATIENCE)
        if not done:
            raise TimeoutError
        return State.UP if asking.result() else State.DOWN
    except (AtriumError, OSError, TimeoutError, ValueError) as error:
        log.warning("a dependency is down", extra={"component": name, "problem": type(error).__name__})
        return State.DOWN
    finally:
        if not asking.done():
            asking.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            asking.cancel()


async def redis_answers(url: str) -> bool:
    """Whether Redis answers a PING."""
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
    try:
        return bool(await client.ping())  # pyright: ignore[reportGeneralTypeIssues]
    except RedisError as error:
        raise ConnectionError from error
    finally:
        await client.aclose()


async def smtp_answers(url: str) -> bool:
    """Whether the mail server greets."""
    parts = urlsplit(url)
    port = parts.port or _SMTP_PORTS[parts.scheme]
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=parts.scheme == "smtps")
    try:
        return (await reader.readline()).startswith(b"220")
    finally:
        writer.close()


async def disk_has_room(folder: Path) -> bool:
    """Whether the data folder's disk has room left."""
    return (await asyncio.to_thread(shutil.disk_usage, folder)).free >= LEAST_FREE
