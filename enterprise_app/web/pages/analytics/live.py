"""The live tail: the newest events as they come, and what happens right now; paused, it stands still."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.explorer_schemas import Pulse, TailEvent
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import Option
from enterprise_app.web.pages.analytics.event_shapes import NOTHING, clock, key_of, name_of
from enterprise_app.web.pages.analytics.events import Exactly, list_sources
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.urls import change_view, parameters

SHOWN = 100
PAUSE = 0.45
"""Seconds between two readings of one page, however much arrives."""
_KEPT = timedelta(minutes=30)
_SOURCE = Exactly("source", "source_id", ids=True)


class LiveRow(BaseModel):
    """One line of the tail; its id begins with the time and orders it."""

    model_config = ConfigDict(frozen=True)

    id: str
    event: str
    at: str
    path: str
    person: str
    source: str
    bot: bool


class LiveState(rx.State):
    """What the live tail shows now."""

    loading: bool = True
    failed: bool = False
    paused: bool = False
    source: str = ""
    name: str = ""
    rows: list[LiveRow] = []
    sources: list[Option] = []
    visitors_5: str = ""
    visitors_30: str = ""
    rate: str = ""
    per_minute: list[float] = []
    _read_at: float = 0.0

    @action(Permission.EVENTS_READ)
    async def load(self, ctx: Context) -> None:
        """What the URL asks for, from the beginning."""
        words = parameters(self)
        self.source, self.name = _SOURCE.taken(words.get("source", "")), words.get("name", "")[:100]
        self.rows, self.paused = [], False
        with showing(self):
            await self._take(ctx)

    @action(Permission.EVENTS_READ)
    async def refresh(self, ctx: Context) -> AsyncIterator[None]:
        """Something came in: the events at once, the numbers behind them. Paused, nothing moves."""
        if self.paused:
            return
        await asyncio.sleep(max(0.0, self._read_at + PAUSE - time.monotonic()))
        await self._take_tail(ctx)
        yield
        await self._take_pulse(ctx)

    async def _take(self, ctx: Context) -> None:
        await self._take_tail(ctx)
        await self._take_pulse(ctx)

    async def _take_tail(self, ctx: Context) -> None:
        self._read_at = time.monotonic()
        async with tenant_session(ctx) as session:
            if not self.sources:
                known = await list_sources(session, ctx)
                self.sources = [Option(value=key, label=name) for key, name in known.items()]
            source = UUID(self.source) if self.source else None
            events = await service.list_tail(session, ctx, source_id=source, name=self.name)
        self._merge(ctx, events)

    async def _take_pulse(self, ctx: Context) -> None:
        async with tenant_session(ctx) as session:
            pulse = await service.get_pulse(session, ctx)
        self._show(ctx, pulse)

    def _merge(self, ctx: Context, events: list[TailEvent]) -> None:
        """New ones on top of those that are shown already: with a filter these may lie further back than is read."""
        names = {option.value: option.label for option in self.sources}
        oldest = (now() - _KEPT).isoformat()
        kept = {row.id: row for row in self.rows if row.id >= oldest}
        fresh = {key: _row(ctx, event, key, names) for event in events if (key := key_of(event)) not in kept}
        if fresh or len(kept) < len(self.rows):
            self.rows = sorted((kept | fresh).values(), key=lambda row: row.id, reverse=True)[:SHOWN]

    def _show(self, ctx: Context, pulse: Pulse) -> None:
        self.visitors_5 = localization.format_number(pulse.visitors_5, ctx.locale)
        self.visitors_30 = localization.format_number(pulse.visitors_30, ctx.locale)
        # The running minute is not over: the last whole one says what a minute brings.
        self.rate = localization.format_number(pulse.per_minute[-2], ctx.locale)
        self.per_minute = [float(events) for events in pulse.per_minute]

    @action(Permission.EVENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    @action(Permission.EVENTS_READ)
    async def toggle(self, ctx: Context) -> None:
        """Stand still, or go on with what came meanwhile."""
        self.paused = not self.paused
        if not self.paused:
            await self._take(ctx)

    @action(Permission.EVENTS_READ)
    async def pick_source(self, source: str) -> EventSpec | None:
        """Of one source only."""
        return change_view(self, source=_SOURCE.taken(source))

    @action(Permission.EVENTS_READ)
    async def search(self, name: str) -> EventSpec | None:
        """With a part of the name only."""
        return change_view(self, replace=True, name=name[:100]) if name != self.name else None


def _row(ctx: Context, event: TailEvent, key: str, sources: dict[str, str]) -> LiveRow:
    return LiveRow(
        id=key,
        event=name_of(ctx, event),
        at=clock(ctx, event.occurred_at),
        path=f"{event.host or ''}{event.path or ''}"[:300] or NOTHING,
        person=(event.user_id or event.anonymous_id or NOTHING)[:80],
        source=sources.get(str(event.source_id), NOTHING),
        bot=event.is_bot,
    )
