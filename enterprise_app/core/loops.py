"""Small parts of the worker's endless loops: waking up early, sleeping until told to stop, finishing what runs."""

import asyncio
from collections.abc import Collection

GRACE = 20.0  # seconds that running work gets when the process stops


class Wake:
    """A sleep of `seconds` that `set` ends early."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._event = asyncio.Event()

    def set(self) -> None:
        """End the current or next sleep."""
        self._event.set()

    async def wait(self, stop: asyncio.Event) -> None:
        """Sleep until `set`, `stop` or the time is over."""
        await first_of(self._event, stop, seconds=self._seconds)
        self._event.clear()


async def first_of(*happenings: asyncio.Event, seconds: float) -> None:
    """Return when one of the events is set or the time is over."""
    waits = [asyncio.create_task(event.wait()) for event in happenings]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def finish_all(tasks: Collection[asyncio.Task[None]], grace: float = GRACE) -> None:
    """Let running tasks end; after `grace` seconds they are cancelled, their transactions roll back."""
    if not tasks:
        return
    _, late = await asyncio.wait(set(tasks), timeout=grace)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
