"""Stopping in time: what the web process does, besides the server, when it is told to end.

The server stops listening and then waits for every connection, without a limit: a request that somebody has sent
half of would hold it until it is killed. So after GRACE_SECONDS we put things away ourselves and end.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

GRACE_SECONDS = 2.0
_PUT_AWAY_SECONDS = 1.0
_running: set[asyncio.Task[None]] = set()


def when_told(tell: Callable[[], Awaitable[None]], put_away: Callable[[], Awaitable[None]]) -> None:
    """At SIGTERM or SIGINT `tell` at once; when the server is not done in time, `put_away` and end the process.

    To be called in the serving loop. The loop's own handlers (the server's) stay: they hear of a signal through a file
    descriptor, whatever handler the process has.
    """
    if threading.current_thread() is not threading.main_thread():  # in tests: signals are not ours there
        return
    loop = asyncio.get_running_loop()

    def begin() -> None:
        _start(loop, tell())
        loop.call_later(GRACE_SECONDS, lambda: _start(loop, _end(put_away)))

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(begin))


def _start(loop: asyncio.AbstractEventLoop, work: Awaitable[None]) -> None:
    task = loop.create_task(_awaited(work))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _awaited(work: Awaitable[None]) -> None:
    await work


async def _end(put_away: Callable[[], Awaitable[None]]) -> None:
    logger.warning("requests were still unfinished when the process had to end")
    try:
        await asyncio.wait_for(put_away(), _PUT_AWAY_SECONDS)
    finally:
        logging.shutdown()
        os._exit(0)
