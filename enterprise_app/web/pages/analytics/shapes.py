"""The overview as its page shows it: tiles, chart and rankings with formatted numbers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.analytics.schemas import Metrics, Overview, Point
from enterprise_app.domains.analytics.vocabulary import Bucket
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import BarRow

METRICS = ("visitors", "page_views", "sessions", "views_per_session")
CHARTED = ("visitors", "page_views", "sessions")


class Tile(BaseModel):
    """One number with its change against the period before."""

    model_config = ConfigDict(frozen=True)

    value: str = ""
    change: str = ""
    direction: str = "flat"
    good: bool = True
    previous: str = ""
    trend: list[float] = []


class Chip(BaseModel):
    """One active filter."""

    model_config = ConfigDict(frozen=True)

    field: str
    text: str


def tiles_of(ctx: Context, overview: Overview) -> dict[str, Tile]:
    """A tile for each metric."""
    return {name: _tile(ctx, overview, name) for name in METRICS}


def _tile(ctx: Context, overview: Overview, name: str) -> Tile:
    value = getattr(overview.current.totals, name)
    trend = [float(getattr(point.current, name) or 0) for point in overview.series]
    if overview.previous is None:
        return Tile(value=_number(ctx, value), trend=trend)
    before = getattr(overview.previous.totals, name)
    change, direction = _change(ctx, value, before)
    told = translate(ctx.locale, "analytics.overview.before", value=_number(ctx, before))
    return Tile(
        value=_number(ctx, value),
        change=change,
        direction=direction,
        good=(value or 0) >= (before or 0),
        previous="" if before is None else told,
        trend=trend,
    )


def _number(ctx: Context, value: float | None) -> str:
    if value is None:
        return "–"
    return localization.format_number(value, ctx.locale)


def _change(ctx: Context, value: float | None, before: float | None) -> tuple[str, str]:
    """The relative change and its direction; from nothing there is no percentage."""
    if not before or value is None:
        return "", "flat"
    share = (value - before) / before
    direction = "flat" if abs(share) < 0.0005 else ("up" if share > 0 else "down")
    sign = "+" if share > 0 else ""
    return sign + localization.format_percent(share, ctx.locale), direction


def labels_of(ctx: Context, overview: Overview) -> list[str]:
    """The buckets as the axis names them."""
    zone = ZoneInfo(overview.zone)
    return [bucket_label(ctx, overview.bucket, point.start.astimezone(zone)) for point in overview.series]


def bucket_label(ctx: Context, bucket: Bucket, start: datetime) -> str:
    """An hour as day and time, a month by its name, else the first day."""
    return localization.format_axis(start, bucket.value, ctx.locale)


def series_of(ctx: Context, overview: Overview, metric: str) -> list[dict[str, Any]]:
    """The chart's lines: the period, and the one before as a dashed line."""
    name = translate(ctx.locale, f"analytics.metric.{metric}")
    lines: list[dict[str, Any]] = [{"name": name, "values": _values(overview.series, metric)}]
    if overview.previous is not None:
        before = [point.previous or Metrics() for point in overview.series]
        label = translate(ctx.locale, "analytics.overview.previous", metric=name)
        lines.append(
            {"name": label, "values": [getattr(item, metric) for item in before], "dash": True, "kind": "line"}
        )
    return lines


def _values(points: Iterable[Point], metric: str) -> list[float]:
    return [getattr(point.current, metric) for point in points]


def bars(ctx: Context, entries: Iterable[tuple[str, float, str]]) -> list[BarRow]:
    """Ranked lines of (label, value, link); shares are of the largest."""
    rows = list(entries)
    top = max((value for _, value, _ in rows), default=0) or 1
    return [
        BarRow(
            label=label,
            value=localization.format_number(value, ctx.locale),
            share=round(100 * value / top, 2),
            href=href,
        )
        for label, value, href in rows
    ]


def rankings_of(ctx: Context, overview: Overview, query: dict[str, str]) -> dict[str, list[BarRow]]:
    """Channels, referrers, campaigns and pages; each line leads to the same page, filtered by it."""
    direct = translate(ctx.locale, "analytics.overview.no_referrer")
    return {
        "channels": bars(
            ctx,
            (
                (
                    translate(ctx.locale, f"analytics.channel.{row.value}"),
                    row.sessions,
                    _filtered(query, "channel", row.value),
                )
                for row in overview.channels
                if row.value
            ),
        ),
        "referrers": bars(
            ctx,
            (
                (row.value or direct, row.sessions, _filtered(query, "referrer_host", row.value))
                for row in overview.referrers
            ),
        ),
        "campaigns": bars(
            ctx,
            (
                (
                    _utm(row.utm_source, row.utm_medium, row.utm_campaign),
                    row.sessions,
                    _filtered(query, "utm_source", row.utm_source),
                )
                for row in overview.utm
                if row.utm_source or row.utm_medium or row.utm_campaign
            ),
        ),
        "pages": bars(ctx, ((row.path, row.page_views, _filtered(query, "path", row.path)) for row in overview.pages)),
    }


def _utm(*parts: str | None) -> str:
    return " / ".join(part for part in parts if part)


def _filtered(query: dict[str, str], field: str, value: str | None) -> str:
    return "/analytics?" + urlencode({**query, field: value}) if value else ""
