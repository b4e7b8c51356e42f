"""Live pages: a topic that changed in the database calls `refresh` on the open pages that show it.

The process's one listener feeds `hear`; each open tab (by client token) watches the topics of its page. Bursts
are gathered for a moment, so a page refreshes a few times a second at most, however much happens.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
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


class Hub:
    """Which tab watches what, in this process."""

    def __init__(self, push: Push, delay: float = DEBOUNCE_SECONDS) -> None:
        self._push, self._delay = push, delay
        self._watches: dict[str, Watch] = {}
        self._tokens: defaultdict[str, set[str]] = defaultdict(set)
        self._due: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._watches)

    def watch(self, token: str, topics: Iterable[str], refresh: Any) -> None:
        """From now on the tab shows these topics, and no others."""
        self.forget(token)
        watched = tuple(topics)
        if watched and refresh is not None:
            self._watches[token] = Watch(watched, refresh)
            for topic in watched:
                self._tokens[topic].add(token)

    def forget(self, token: str) -> None:
        """The tab is gone."""
        watch = self._watches.pop(token, None)
        for topic in watch.topics if watch else ():
            self._tokens[topic].discard(token)
            if not self._tokens[topic]:
                del self._tokens[topic]

    def changed(self, topic: str) -> None:
        """Something changed: tell the tabs that show it, soon. Who watches an area hears of the things in it."""
        parts = topic.split(":")
        concerned = (":".join(parts[:length]) for length in range(2, len(parts) + 1))
        for token in set().union(*(self._tokens.get(name, ()) for name in concerned)) - self._due:
            self._due.add(token)
            task = asyncio.get_running_loop().create_task(self._refresh(token))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def hear(self, heard: str) -> None:
        """What `core.live.Listener` calls; after a gap in the listening every tab refreshes."""
        for topic in list(self._tokens) if heard == RESYNC else (heard,):
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
