"""What was frozen when, and results of the same test from elsewhere."""

from datetime import datetime

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.result_schemas import ExternalResults
from enterprise_app.domains.experiments.schemas import PlanVersion
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import Shape
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.actions import key_in
from enterprise_app.web.pages.experiments.results_shapes import (
    MetricRow,
    Names,
    axis_of,
    metric_rows,
    names_of,
    sentences_of,
)
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of


class PlanRow(Shape):
    """One version of the plan."""

    id: str
    title: str
    period: str
    now: bool
    weights: str
    coverage: str
    metrics: str
    settings: str


class ExternalRow(Shape):
    """A test that ran elsewhere."""

    id: str
    source: str
    period: str
    submitted: str
    sentences: list[str]
    rows: list[MetricRow]
    axis_low: str
    axis_high: str


class HistoryState(rx.State):
    """What the tab shows."""

    loading: bool = True
    plans: list[PlanRow] = []
    externals: list[ExternalRow] = []

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Of the experiment that the URL names."""
        try:
            async with tenant_session(ctx) as session:
                key = id_of(key_in(self.router.url.path))
                experiment = await service.get_experiment(session, ctx, key)
                plans = await service.list_plan_versions(session, ctx, key)
                externals = await service.list_external_results(session, ctx, key)
        except NotFound:
            return
        finally:
            self.loading = False
        names = names_of(experiment)
        self.plans = [plan_row(ctx, plan, names) for plan in plans.items]
        self.externals = [external_row(ctx, one, names) for one in externals.items]

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()


def plan_row(ctx: Context, plan: PlanVersion, names: Names) -> PlanRow:
    """A version in words."""
    weights = [f"{numbers.name(ctx, names.get(v.key, v.key))} {numbers.percent(ctx, v.weight)}" for v in plan.variants]
    s = plan.settings
    level = localization.format_percent(1 - s.alpha, ctx.locale)
    words = [
        translate(ctx.locale, "results.plan.level", level=level),
        translate(ctx.locale, "results.plan.least", units=numbers.count(ctx, s.min_units)),
        *(translate(ctx.locale, f"results.{n}.{v.value}") for n, v in
          (("inference", s.inference), ("monitoring", s.monitoring), ("correction", s.correction))),
    ]  # fmt: skip
    return PlanRow(
        id=str(plan.version), title=translate(ctx.locale, "results.plan.version", number=plan.version),
        period=_period(ctx, plan.started_at, plan.ended_at), now=plan.ended_at is None,
        weights=" · ".join(weights), coverage=numbers.percent(ctx, plan.coverage),
        metrics=numbers.count(ctx, len(plan.metrics)), settings=" · ".join(words),
    )  # fmt: skip


def external_row(ctx: Context, one: ExternalResults, names: Names) -> ExternalRow:
    """Results from elsewhere in sentences and as a table."""
    low, high = axis_of(ctx, one.results)
    return ExternalRow(
        id=str(one.id), source=one.results.source or "", submitted=numbers.moment(ctx, one.created_at),
        period=_period(ctx, one.results.started_at, one.results.ended_at) if one.results.started_at else "",
        sentences=sentences_of(ctx, one.results, names),
        rows=metric_rows(ctx, one.results, names, ""), axis_low=low, axis_high=high,
    )  # fmt: skip


def _period(ctx: Context, start: datetime | None, end: datetime | None) -> str:
    moments = [numbers.moment(ctx, at) if at else "…" for at in (start, end)]
    return " – ".join(moments)
