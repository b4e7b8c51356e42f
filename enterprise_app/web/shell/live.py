"""Live pages: a topic that changed in the database calls `refresh` on the open pages that show it.

The process's one listener feeds `hear`; each open tab (by client token) watches the topics of its page. Bursts
are gathered for a moment, so a page refreshes a few times a second at most, however much happens.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from enterprise_app.core.live import RESYNC

logger = logging.getLogger(__name__)
DEBOUNCE_SECONDS = 0.25

Push = Callable[[str, Any], Awaitable[None]]
"""Sends an event handler's call to a client token."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What one tab shows."""

    topics: tuple[str, ...]
    refresh: Any

    def concerns(self, topic: str) -> bool:
        """A watch on an area also hears of the single things in it."""
        return any(topic == own or topic.startswith(own + ":") for own in self.topics)


class Hub:
    """Which tab watches what, in this process."""

    def __init__(self, push: Push, delay: float = DEBOUNCE_SECONDS) -> None:
        self._push, self._delay = push, delay
        self._watches: dict[str, Watch] = {}
        self._due: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._watches)

    def watch(self, token: str, topics: Iterable[str], refresh: Any) -> None:
        """From now on the tab shows these topics, and no others."""
        watched = tuple(topics)
        if watched and refresh is not None:
            self._watches[token] = Watch(watched, refresh)
        else:
            self._watches.pop(token, None)

    def forget(self, token: str) -> None:
        """The tab is gone."""
        self._watches.pop(token, None)

    def changed(self, topic: str) -> None:
        """Something changed: tell the tabs that show it, soon."""
        for token, watch in self._watches.items():
            if token not in self._due and watch.concerns(topic):
                self._due.add(token)
                task = asyncio.get_running_loop().create_task(self._refresh(token))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def hear(self, heard: str) -> None:
        """What `core.live.Listener` calls; after a gap in the listening every tab refreshes."""
        missed = {topic for watch in self._watches.values() for topic in watch.topics}
        for topic in missed if heard == RESYNC else (heard,):
            self.changed(topic)

    async def _refresh(self, token: str) -> None:
        await asyncio.sleep(self._delay)
        self._due.discard(token)
        watch = self._watches.get(token)
        if watch is not None:
            try:
                await self._push(token, watch.refresh)
            except Exception:
                logger.exception("a live update did not reach its page")
