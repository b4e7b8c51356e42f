"""The overview: period, bucket, comparison and filters are in the URL; it refreshes while events arrive."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.schemas import Overview
from enterprise_app.domains.analytics.vocabulary import Bucket, Channel
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import BarRow
from enterprise_app.web.pages.analytics.shapes import (
    CHARTED,
    Chip,
    Tile,
    labels_of,
    rankings_of,
    series_of,
    tiles_of,
)
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.urls import change_view, parameters

FILTERS = ("channel", "referrer_host", "utm_source", "path")
PRESETS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
BUCKETS = [bucket.value for bucket in Bucket]


class OverviewState(rx.State):
    """What the overview shows now."""

    loading: bool = True
    no_data: bool = False
    start: str = ""
    end: str = ""
    period: str = ""
    bucket: str = "day"
    metric: str = "visitors"
    compare: bool = True
    visitors: Tile = Tile()
    page_views: Tile = Tile()
    sessions: Tile = Tile()
    views_per_session: Tile = Tile()
    labels: list[str] = []
    series: list[dict[str, Any]] = []
    channels: list[BarRow] = []
    referrers: list[BarRow] = []
    campaigns: list[BarRow] = []
    pages: list[BarRow] = []
    bots: str = ""
    chips: list[Chip] = []
    zone: str = ""
    errors: dict[str, str] = {}

    @action(Permission.ANALYTICS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for; without a period, the one where the data is."""
        words = parameters(self)
        self.metric = words["metric"] if words.get("metric") in CHARTED else "visitors"
        self.compare = words.get("compare") != "off"
        try:
            await self._load(ctx, words)
        finally:
            self.loading = False

    async def _load(self, ctx: Context, words: dict[str, str]) -> None:
        async with tenant_session(ctx, snapshot=True) as session:
            start, end = await _period(session, ctx, words)
            self.no_data = not start
            if self.no_data:
                return
            self.start, self.end = start, end
            filters = [f"{name}:eq:{words[name]}" for name in FILTERS if words.get(name)]
            overview = await service.get_overview(
                session,
                ctx,
                start=start,
                end=end,
                bucket=words.get("bucket") or None,
                filters=filters,
                compare=self.compare,
            )
        self._show(ctx, overview, words)

    def _show(self, ctx: Context, overview: Overview, words: dict[str, str]) -> None:
        self.bucket, self.zone = overview.bucket.value, overview.zone
        for name, tile in tiles_of(ctx, overview).items():
            setattr(self, name, tile)
        self.labels, self.series = labels_of(ctx, overview), series_of(ctx, overview, self.metric)
        for name, rows in rankings_of(ctx, overview, words).items():
            setattr(self, name, rows)
        bots = overview.traffic.bots
        number = localization.format_number(bots, ctx.locale)
        self.bots = translate(ctx.locale, "analytics.overview.bots", count=bots, number=number) if bots else ""
        self.chips = [
            Chip(field=name, text=_filter_text(ctx, name, words[name])) for name in FILTERS if words.get(name)
        ]
        first, last = date.fromisoformat(self.start[:10]), date.fromisoformat(self.end[:10])
        self.period = f"{localization.format_date(first, ctx.locale)} – {localization.format_date(last, ctx.locale)}"

    @action(Permission.ANALYTICS_READ)
    async def leave(self) -> None:
        """Charts and rankings are not kept for a page that is not open."""
        self.reset()

    @action(Permission.ANALYTICS_READ)
    async def set_start(self, day: str) -> EventSpec | None:
        """The first day."""
        return change_view(self, start=day, end=max(day, self.end)) if _is_day(day) else None

    @action(Permission.ANALYTICS_READ)
    async def set_end(self, day: str) -> EventSpec | None:
        """The last day."""
        return change_view(self, start=min(day, self.start), end=day) if _is_day(day) else None

    @action(Permission.ANALYTICS_READ)
    async def set_preset(self, ctx: Context, preset: str) -> EventSpec | None:
        """The last so many days up to today in the tenant's zone; "data" is where the data is."""
        if preset not in PRESETS:
            return change_view(self, start="", end="", bucket="")
        today = now().astimezone(ZoneInfo(ctx.zone)).date()
        first = today - timedelta(days=PRESETS[preset] - 1)
        return change_view(self, start=first.isoformat(), end=today.isoformat(), bucket="")

    @action(Permission.ANALYTICS_READ)
    async def set_bucket(self, bucket: str) -> EventSpec | None:
        """Hours, days, weeks or months."""
        return change_view(self, bucket=bucket) if bucket in BUCKETS else None

    @action(Permission.ANALYTICS_READ)
    async def set_metric(self, metric: str) -> EventSpec | None:
        """What the chart draws."""
        return change_view(self, metric=metric) if metric in CHARTED else None

    @action(Permission.ANALYTICS_READ)
    async def set_compare(self, wanted: bool) -> EventSpec:
        """With the period before, or without."""
        return change_view(self, compare="" if wanted else "off")

    @action(Permission.ANALYTICS_READ)
    async def drop_filter(self, field: str) -> EventSpec | None:
        """Without this filter."""
        return change_view(self, replace=False, **{field: ""}) if field in FILTERS else None


async def _period(session: Any, ctx: Context, words: dict[str, str]) -> tuple[str, str]:
    """First and last local day of the URL, else those of the data; empty when there is none at all."""
    known = await service.data_range(session, ctx)
    if known.first_at is None or known.start is None or known.end is None:
        return "", ""
    if words.get("start") and words.get("end"):
        return words["start"], words["end"]
    zone = ZoneInfo(ctx.zone)
    last = known.end.astimezone(zone).date() - timedelta(days=1)
    return known.start.astimezone(zone).date().isoformat(), last.isoformat()


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _filter_text(ctx: Context, name: str, value: str) -> str:
    shown = value[:80]
    if name == "channel" and value in list(Channel):
        shown = translate(ctx.locale, f"analytics.channel.{value}")
    return f"{translate(ctx.locale, f'analytics.filter.{name}')}: {shown}"
