"""Live pages: a topic that changed in the database calls `refresh` on the open pages that show it.

The process's one listener feeds `hear`; each open tab (by client token) watches the topics of its page. Bursts
are gathered for a moment, so a page refreshes a few times a second at most, however much happens.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from enterprise_app.core.live import RESYNC

logger = logging.getLogger(__name__)
DEBOUNCE_SECONDS = 0.25

Push = Callable[[str, Any], Awaitable[None]]
"""Sends an event handler's call to a client token."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What one tab shows: each topic with the handler that reads it again."""

    topics: dict[str, Any]


class Hub:
    """Which tab watches what, in this process."""

    def __init__(self, push: Push, delay: float = DEBOUNCE_SECONDS) -> None:
        self._push, self._delay = push, delay
        self._watches: dict[str, Watch] = {}
        self._tokens: defaultdict[str, set[str]] = defaultdict(set)
        self._due: set[tuple[str, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._watches)

    def watch(self, token: str, topics: Iterable[str], refresh: Any, *, also: Mapping[str, Any] | None = None) -> None:
        """From now on the tab shows these topics, and no others; `also` are topics with handlers of their own."""
        self.forget(token)
        watched = dict.fromkeys(topics, refresh) if refresh is not None else {}
        watched |= also or {}
        if watched:
            self._watches[token] = Watch(watched)
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
        for name in concerned:
            for token in self._tokens.get(name, ()):
                self._plan(token, name)

    def _plan(self, token: str, topic: str) -> None:
        """One call of the topic's handler, however many topics of the tab ask for it until then."""
        due = token, id(self._watches[token].topics[topic])
        if due not in self._due:
            self._due.add(due)
            task = asyncio.get_running_loop().create_task(self._refresh(due, topic))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def hear(self, heard: str) -> None:
        """What `core.live.Listener` calls; after a gap in the listening every tab refreshes."""
        for topic in list(self._tokens) if heard == RESYNC else (heard,):
            self.changed(topic)

    async def _refresh(self, due: tuple[str, int], topic: str) -> None:
        await asyncio.sleep(self._delay)
        self._due.discard(due)
        token, _ = due
        watch = self._watches.get(token)
        if watch is not None and topic in watch.topics:
            try:
                await self._push(token, watch.topics[topic])
            except Exception:
                logger.exception("a live update did not reach its page")
