"""The list of metrics: what each measures, in a sentence."""

import reflex as rx
from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.metric_schemas import Metric
from enterprise_app.domains.experiments.vocabulary import MetricAction, MetricKind
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments.metric_words import sentences
from enterprise_app.web.pages.experiments.shapes import when
from enterprise_app.web.shell.acting import Acts
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.lists import Choice, Words, counted, listed, showing

WAY_BACK = {MetricAction.ARCHIVE: MetricAction.RESTORE, MetricAction.RESTORE: MetricAction.ARCHIVE}
ACTS = Acts(MetricAction, service.act_on_metric, lambda act: f"experiments.metric.done.{act.value}", WAY_BACK)


class MetricLine(BaseModel):
    """One metric in a list."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    key: str
    href: str
    kind: str
    says: str
    used: str
    updated: str
    archived: bool


class MetricsState(
    listed(
        Permission.METRICS_READ, Choice("kind", MetricKind), Choice("archived", ("true",)), Words("name_like", "name")
    ),
    rx.State,
):
    """What the page of all metrics shows now."""

    rows: list[MetricLine] = []

    @action(Permission.METRICS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            await self._load(ctx)

    async def _load(self, ctx: Context) -> None:
        query = self._query(ctx, service.METRICS)
        async with tenant_session(ctx) as session:
            page = await service.list_metrics(session, ctx, query, count=True)
        self.rows = [_line(ctx, metric) for metric in page.items]
        self._turned(page, counted(ctx, "experiments.metric.total", page.total))

    @action(Permission.METRICS_MANAGE)
    async def put(self, ctx: Context, key: str, name: str) -> None:
        """Archive it or bring it back; the message offers the other."""
        await ACTS.do(self, ctx, key, name, undo=lambda back: MetricsState.put(key, back))
        await self._load(ctx)


def _line(ctx: Context, metric: Metric) -> MetricLine:
    return MetricLine(
        id=str(metric.id),
        name=metric.name,
        key=metric.key,
        href=f"/experiments/metrics/{metric.id}",
        kind=translate(ctx.locale, f"experiments.kind.{metric.definition.kind.value}"),
        says=sentences(ctx.locale, metric.definition),
        used=localization.format_number(metric.used_by, ctx.locale),
        updated=when(ctx, metric.updated_at),
        archived=metric.archived_at is not None,
    )
