"""One metric in detail: over time with bounds that hold at any time, by segment, and by which methods."""

from datetime import date
from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import MetricsMissing
from enterprise_app.domains.experiments.result_schemas import (
    Distribution,
    Look,
    MetricOutcome,
    Results,
    SegmentOutcome,
    SegmentResults,
)
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.vocabulary import Dimension, MetricKind
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.actions import key_in
from enterprise_app.web.pages.experiments.results_looks import WITHOUT_DAYS, LooksView, looks_view
from enterprise_app.web.pages.experiments.results_methods import MethodRow, method_rows
from enterprise_app.web.pages.experiments.results_segments import heterogeneity, segment_rows
from enterprise_app.web.pages.experiments.results_shapes import MetricRow, Names, chosen_metric, names_of
from enterprise_app.web.pages.experiments.results_spread import SPREAD, SpreadRow, spread_chart, spread_rows
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of
from enterprise_app.web.shell.urls import change_view, parameters

VIEWS = ("time", "values", "looks", "distribution", "segments", "method")
DAILY = ("time", "values")
"""Views of the line by day, which percentiles and retention don't have: of them there are the looks."""
WIDEST = 6.0
"""Times the last day's bounds: what is wider isn't drawn."""
DIMENSIONS = [dimension.value for dimension in Dimension]


class MetricDetailState(rx.State):
    """The metric of the URL, in the view of the URL. Charts are plain numbers, gone when the page is left."""

    loading: bool = True
    name: str = ""
    view: str = "time"
    dimension: str = Dimension.DEVICE.value
    labels: list[str] = []
    series: list[dict[str, Any]] = []
    number_format: str = "number"
    currency: str = "EUR"
    cropped: bool = False
    segments: list[MetricRow] = []
    axis_low: str = ""
    axis_high: str = ""
    differs: str = ""
    daily: bool = True
    looks: LooksView = LooksView()
    origin: str = ""
    origin_tone: str = "neutral"
    spreads: bool = False
    spread: list[SpreadRow] = []
    methods: list[MethodRow] = []
    facts: list[str] = []

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """What the URL asks for."""
        asked = parameters(self)
        self.view = asked["view"] if asked.get("view") in VIEWS else VIEWS[0]
        self.dimension = asked["by"] if asked.get("by") in DIMENSIONS else Dimension.DEVICE.value
        try:
            await self._load(ctx, asked)
        except (NotFound, MetricsMissing):
            return
        finally:
            self.loading = False

    async def _load(self, ctx: Context, asked: dict[str, str]) -> None:
        async with tenant_session(ctx, snapshot=True) as session:
            key = id_of(key_in(self.router.url.path))
            experiment = await service.get_experiment(session, ctx, key)
            results = await service.get_results(session, ctx, key)
            wanted = chosen_metric(results, asked)
            metric = next((m for m in results.metrics if m.key == wanted), None)
            if metric is None:
                return
            self._fit(metric)
            looks = segments = spread = None
            if self.view == "looks":
                looks = (await service.get_looks(session, ctx, key)).items
            if self.view == "segments":
                segments = await service.get_segments(session, ctx, key, Dimension(self.dimension))
            if self.view == "distribution" and metric.metric_id is not None:
                spread = await service.get_distribution(session, ctx, key, metric.metric_id)
        names = names_of(experiment)
        self.name = metric.name
        self._draw(ctx, metric, names, spread)
        self._watch(ctx, experiment, results, metric, names, looks)
        told = next((s for s in segments.metrics if s.metric_id == metric.metric_id), None) if segments else None
        self._split(ctx, results, metric, names, told)
        self._date(ctx, experiment, segments or spread)
        self.methods = method_rows(ctx, results, metric, names) if self.view == "method" else []
        self.facts = facts_of(ctx, metric)

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    @action(Permission.EXPERIMENTS_READ)
    async def choose(self, key: str) -> EventSpec:
        """Another metric."""
        return change_view(self, metric=key[:100])

    @action(Permission.EXPERIMENTS_READ)
    async def set_view(self, view: str) -> EventSpec | None:
        """Over time, by segment, methods."""
        return change_view(self, view=view) if view in VIEWS else None

    @action(Permission.EXPERIMENTS_READ)
    async def set_dimension(self, dimension: str) -> EventSpec | None:
        """What units are told apart by."""
        return change_view(self, by=dimension) if dimension in DIMENSIONS else None

    def _fit(self, metric: MetricOutcome) -> None:
        """Only views that the metric has."""
        self.spreads = metric.kind in SPREAD
        self.daily = bool(metric.series) or metric.kind not in WITHOUT_DAYS
        if (self.view in DAILY and not self.daily) or (self.view == "distribution" and not self.spreads):
            self.view = "time" if self.daily else "looks"

    def _watch(
        self, ctx: Context, experiment: Experiment, results: Results, metric: MetricOutcome, names: Names,
        looks: list[Look] | None,
    ) -> None:  # fmt: skip
        seen = (experiment, looks, metric.metric_id, names, results.planned_units) if looks is not None else None
        self.looks = looks_view(ctx, *seen) if seen else LooksView()

    def _date(self, ctx: Context, experiment: Experiment, shown: SegmentResults | Distribution | None) -> None:
        """Of a decided experiment, whether this is as it was frozen, or measured now because it was not."""
        self.origin, self.origin_tone = "", "neutral"
        if shown is not None and experiment.decision is not None:
            word = "frozen" if shown.frozen else "now"
            at = numbers.moment(ctx, shown.as_of)
            self.origin = translate(ctx.locale, f"results.evidence.{word}", at=at)
            self.origin_tone = "neutral" if shown.frozen else "warning"

    def _draw(self, ctx: Context, metric: MetricOutcome, names: Names, spread: Distribution | None) -> None:
        self.labels, self.series, self.spread = [], [], []
        self.cropped = False
        if self.view in ("time", "values") and metric.series:
            days = sorted({point.day for point in metric.series})
            if self.view == "time":
                days, self.cropped = drawable_days(metric, days)
            self.labels = [numbers.day(ctx, day) for day in days]
            self.series = lines_of(metric, names, days, difference=self.view == "time")
        shares = metric.kind in numbers.SHARES
        money = metric.kind is MetricKind.REVENUE and metric.currency
        self.number_format = "percent" if shares or spread else "currency" if money else "number"
        self.currency = metric.currency or "EUR"
        if spread is not None:
            self.labels, self.series = spread_chart(ctx, spread, names)
            self.spread = spread_rows(ctx, metric, spread, names)

    def _split(
        self, ctx: Context, results: Results, metric: MetricOutcome, names: Names, found: SegmentOutcome | None
    ) -> None:
        self.segments, self.differs = [], ""
        if found is not None:
            self.segments, (self.axis_low, self.axis_high) = segment_rows(
                ctx, metric, found, names, Dimension(self.dimension), results.control
            )
            self.differs = heterogeneity(ctx, found, names, results.alpha)


def drawable_days(metric: MetricOutcome, days: list[date]) -> tuple[list[date], bool]:
    """Without the first ones whose bounds are so wide that the later ones would be a line; whether there were any."""
    widths: dict[date, float] = {}
    for point in metric.series:
        if point.low is not None and point.high is not None:
            widths[point.day] = max(widths.get(point.day, 0.0), point.high - point.low)
    if not widths:
        return days, False
    most = WIDEST * widths[max(widths)]
    first = next(day for day in days if widths.get(day, most + 1) <= most)
    return [day for day in days if day >= first], any(day < first for day in widths)


def lines_of(metric: MetricOutcome, names: Names, days: list[date], *, difference: bool) -> list[dict[str, Any]]:
    """A line for each variant; differences from the control come with their bounds, and the control has none."""
    points = {(point.day, point.variant): point for point in metric.series}
    lines = []
    for number, (key, name) in enumerate(names.items()):
        own = [points.get((day, key)) for day in days]
        line: dict[str, Any] = {"name": name, "hue": number % 6 + 1, "kind": "line"}
        if not difference:
            lines.append({**line, "values": [p.value if p else None for p in own]})
        elif any(p is not None and p.estimate is not None for p in own):
            told = {name: [getattr(p, name) if p else None for p in own] for name in ("estimate", "low", "high")}
            lines.append({**line, "values": told["estimate"], "low": told["low"], "high": told["high"]})
    return lines


def facts_of(ctx: Context, metric: MetricOutcome) -> list[str]:
    """How it is measured."""
    found = []
    if metric.definition_version is not None:
        found.append(translate(ctx.locale, "results.metric.version", number=metric.definition_version))
    if metric.cap is not None:
        found.append(translate(ctx.locale, "results.metric.cap", value=numbers.value(ctx, metric, metric.cap)))
    return found
