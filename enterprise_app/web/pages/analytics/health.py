"""The health of the data: what became of what each source sent in a period, and the last refused messages."""

import time
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.health_schemas import Backlog, Health, RejectedSample, SourceHealth
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import BarRow, Option
from enterprise_app.web.pages.analytics.event_shapes import clock
from enterprise_app.web.pages.analytics.events import Exactly
from enterprise_app.web.pages.analytics.shapes import bars, bucket_label
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.urls import change_view, parameters

NUMBERS = ("accepted", "rejected", "duplicates", "dropped", "late", "future", "bots")
STACKED = {"accepted": 1, "duplicates": 6, "dropped": 3, "rejected": 4}
"""What a bar is made of, each in a colour of its own: what was refused is never the colour of what is well."""
PRESETS = {"7d": 7, "30d": 30, "90d": 90}
AGAIN = 5
"""Seconds between two readings of one page while events arrive."""
_SOURCE = Exactly("source", "source_id", ids=True)


class SourceLine(BaseModel):
    """One source in the table."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    accepted: str
    duplicates: str
    rejected: str
    share: str
    tone: str
    late: str
    future: str
    bots: str
    size: str
    last: str


class SampleRow(BaseModel):
    """One refused message; without an id none."""

    model_config = ConfigDict(frozen=True)

    id: str = ""
    at: str = ""
    source: str = ""
    problem: str = ""
    fix: str = ""
    code: str = ""
    message_id: str = ""
    message: str = ""


class HealthState(rx.State):
    """What the page of the health of data shows now."""

    loading: bool = True
    failed: bool = False
    start: str = ""
    end: str = ""
    source: str = ""
    nothing: bool = False
    waiting: str = ""
    numbers: dict[str, str] = {}
    share: str = ""
    size: str = ""
    labels: list[str] = []
    series: list[dict[str, Any]] = []
    lines: list[SourceLine] = []
    codes: list[BarRow] = []
    samples: list[SampleRow] = []
    sources: list[Option] = []
    shown: SampleRow = SampleRow()
    _read_at: float = 0.0

    @action(Permission.EVENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for; without a period, the last week with data."""
        words, self._read_at = parameters(self), time.monotonic()
        self.source = _SOURCE.taken(words.get("source", ""))
        with showing(self):
            async with tenant_session(ctx) as session:
                last = _day(words.get("end")) or await service.last_health_day(session, ctx)
                first = _day(words.get("start")) or last - timedelta(days=6)
                source = UUID(self.source) if self.source else None
                found = await service.get_health(session, ctx, start=min(first, last), end=last, source_id=source)
                refused = await service.list_rejected(session, ctx, source_id=source)
            self.start, self.end = min(first, last).isoformat(), last.isoformat()
            self._show(ctx, found, refused)

    def _show(self, ctx: Context, found: Health, refused: list[RejectedSample]) -> None:
        total, self.waiting = found.totals, _told(ctx, found.waiting)
        self.numbers = {name: localization.format_number(getattr(total, name), ctx.locale) for name in NUMBERS}
        messages = total.accepted + total.duplicates + total.dropped + total.rejected
        self.nothing = messages == 0
        self.share = localization.format_percent(total.rejected / max(1, messages), ctx.locale)
        self.size = localization.format_bytes(total.bytes, ctx.locale)
        zone = ZoneInfo(found.zone)
        self.labels = [bucket_label(ctx, found.bucket, point.start.astimezone(zone)) for point in found.series]
        self.series = [
            {
                "name": translate(ctx.locale, f"explorer.health.{name}"),
                "values": [getattr(point.counts, name) for point in found.series],
                "kind": "bar",
                "hue": hue,
            }
            for name, hue in STACKED.items()
            if name == "accepted" or getattr(total, name)
        ]
        self.lines = [_line(ctx, one) for one in found.sources]
        if not self.source:
            self.sources = [Option(value=str(one.source_id), label=one.name) for one in found.sources]
        self.codes = bars(ctx, [(one.problem, one.messages, "") for one in found.codes])
        names = {str(one.source_id): one.name for one in found.sources}
        self.samples = [_sample(ctx, one, names) for one in refused]

    @action(Permission.EVENTS_READ)
    async def refresh(self, ctx: Context) -> EventSpec | None:
        """Something came in, or some time has gone by: read again, every few seconds at most; what waits at once."""
        if time.monotonic() - self._read_at >= AGAIN:
            return HealthState.load  # pyright: ignore
        async with tenant_session(ctx) as session:
            self.waiting = _told(ctx, await service.get_waiting(session, ctx))
        return None

    @action(Permission.EVENTS_READ)
    async def leave(self) -> None:
        """Charts and samples are not kept for a page that is not open."""
        self.reset()

    @action(Permission.EVENTS_READ)
    async def set_start(self, day: str) -> EventSpec | None:
        """The first day."""
        return change_view(self, start=day, end=max(day, self.end)) if _day(day) else None

    @action(Permission.EVENTS_READ)
    async def set_end(self, day: str) -> EventSpec | None:
        """The last day."""
        return change_view(self, start=min(day, self.start), end=day) if _day(day) else None

    @action(Permission.EVENTS_READ)
    async def set_preset(self, ctx: Context, preset: str) -> EventSpec | None:
        """The last so many days."""
        if preset not in PRESETS:
            return change_view(self, start="", end="")
        today = now().astimezone(ZoneInfo(ctx.zone)).date()
        return change_view(self, start=(today - timedelta(days=PRESETS[preset] - 1)).isoformat(), end=today.isoformat())

    @action(Permission.EVENTS_READ)
    async def pick_source(self, source: str) -> EventSpec | None:
        """Of one source only."""
        return change_view(self, source=_SOURCE.taken(source))

    @action(Permission.EVENTS_READ)
    async def open(self, key: str) -> None:
        """One refused message."""
        self.shown = next((row for row in self.samples if row.id == key), SampleRow())

    @action(Permission.EVENTS_READ)
    async def close(self) -> None:
        """Close it."""
        self.shown = SampleRow()


def _told(ctx: Context, waiting: Backlog) -> str:
    """How many messages are kept and not stored yet, and since when; nothing when there are none."""
    if not waiting.messages or waiting.since is None:
        return ""
    number = localization.format_number(waiting.messages, ctx.locale)
    ago = localization.format_relative(min(waiting.since, now()), now(), ctx.locale)
    return translate(ctx.locale, "explorer.health.waiting", count=waiting.messages, number=number, ago=ago)


def _line(ctx: Context, one: SourceHealth) -> SourceLine:
    number = {name: localization.format_number(getattr(one.counts, name), ctx.locale) for name in NUMBERS}
    never = translate(ctx.locale, "analytics.sources.never")
    return SourceLine(
        id=str(one.source_id),
        name=one.name,
        accepted=number["accepted"],
        duplicates=number["duplicates"],
        rejected=number["rejected"],
        share=localization.format_percent(one.rejected_share, ctx.locale),
        tone="danger" if one.rejected_share > 0.05 else "warning" if one.rejected_share else "success",
        late=number["late"],
        future=number["future"],
        bots=number["bots"],
        size=localization.format_bytes(one.counts.bytes, ctx.locale),
        last=localization.format_datetime(one.last_event_at, ctx.locale, ctx.zone) if one.last_event_at else never,
    )


def _sample(ctx: Context, one: RejectedSample, sources: dict[str, str]) -> SampleRow:
    return SampleRow(
        id=str(one.id),
        at=clock(ctx, one.rejected_at, day=True),
        source=sources.get(str(one.source_id), ""),
        problem=one.problem,
        fix=one.fix or "",
        code=one.code,
        message_id=one.message_id or "",
        message=one.message,
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
