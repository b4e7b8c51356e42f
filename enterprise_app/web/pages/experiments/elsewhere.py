"""Results of the same test from another tool, typed in: a few numbers a variant, as its report shows them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.metric_schemas import Metric
from enterprise_app.domains.experiments.result_schemas import ExternalDraft
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.vocabulary import MetricKind
from enterprise_app.web.pages.experiments.rows import Row, at_rows, fresh, merged, number_of
from enterprise_app.web.shell.acting import opened
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.days import end_of, start_of
from enterprise_app.web.shell.forms import checked, id_of, text_of
from enterprise_app.web.shell.toasts import toast

CONVERTED, MEAN, RATIO = "converted", "mean", "ratio"
"""What is asked of a metric: how many did it; mean and standard deviation; the sums of both parts."""
_ASKED = {
    MetricKind.PROPORTION: CONVERTED,
    MetricKind.RETENTION: CONVERTED,
    MetricKind.MEAN: MEAN,
    MetricKind.REVENUE: MEAN,
    MetricKind.RATIO: RATIO,
}
SUMS = ("total", "squares", "denominator", "denominator_squares", "cross")
WORDS = ("units", "converted", "mean", "deviation", *SUMS)


class ArmRow(Row):
    """What was typed for one variant of one metric."""

    metric: str
    variant: str
    name: str
    units: str = ""
    converted: str = ""
    mean: str = ""
    deviation: str = ""
    total: str = ""
    squares: str = ""
    denominator: str = ""
    denominator_squares: str = ""
    cross: str = ""


class MetricBlock(Row):
    """A metric, and what of it is asked; its id is the metric's."""

    name: str
    asked: str
    currency: str


class ElsewhereState(rx.State):
    """What stands in the form."""

    loading: bool = True
    missing: bool = False
    saving: bool = False
    mark: str = ""
    key: str = ""
    title: str = ""
    blocks: list[MetricBlock] = []
    arms: list[ArmRow] = []
    errors: dict[str, str] = {}

    @action(Permission.EXPERIMENTS_UPDATE)
    async def load(self, ctx: Context) -> None:
        """An empty form for the metrics of the experiment that the URL names."""
        found = await opened(self, ctx, _read, anew=True)
        if found is None:
            return
        experiment, metrics = found
        self.title = experiment.name
        self.blocks = [
            MetricBlock(
                id=str(m.id), name=m.name, asked=_ASKED[m.definition.kind], currency=m.definition.currency or ""
            )
            for m in metrics
            if m.definition.kind in _ASKED
        ]
        self.arms = [
            ArmRow(id=fresh(), metric=block.id, variant=v.key, name=v.name or v.key)
            for block in self.blocks
            for v in experiment.variants
        ]
        self.mark, self.loading = fresh(), False

    @action(Permission.EXPERIMENTS_UPDATE)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    @action(Permission.EXPERIMENTS_UPDATE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Submit what was typed; the history of the experiment opens, where it stands analysed."""
        if self.saving:
            return
        self.arms = merged(self.arms, form, *WORDS)
        self.saving = True
        yield
        try:
            source = await self._submit(ctx, form)
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "elsewhere.saved", source=source))
        yield rx.redirect(f"/experiments/{self.key}?tab=history")

    async def _submit(self, ctx: Context, form: dict[str, Any]) -> str:
        filled = [(block, [arm for arm in self.arms if arm.metric == block.id]) for block in self.blocks]
        filled = [(block, arms) for block, arms in filled if any(_typed(arm) for arm in arms)]
        if not filled:
            raise Invalid.of("metrics", "elsewhere_empty")
        values = {
            "source": text_of(form, "source"),
            "started_at": start_of(ctx, text_of(form, "started_on"), "started_at"),
            "ended_at": end_of(ctx, text_of(form, "ended_on"), "ended_at"),
            "metrics": [
                {"metric_id": block.id, "arms": [_given(ctx, block, arm) for arm in arms]} for block, arms in filled
            ],
        }
        places = {f"metrics.{place}.arms": arms for place, (_, arms) in enumerate(filled)}
        try:
            draft = checked(ExternalDraft, values)
            async with tenant_session(ctx) as session:
                await service.submit_results(session, ctx, id_of(self.key), draft)
        except Invalid as error:
            raise at_rows(error, places, {"body": "ended_at"}) from None
        return draft.source


async def _read(session: AsyncSession, ctx: Context, experiment_id: UUID) -> tuple[Experiment, list[Metric]]:
    experiment = await service.get_experiment(session, ctx, experiment_id)
    return experiment, [await service.get_metric(session, ctx, use.metric_id) for use in experiment.metrics]


def _typed(arm: ArmRow) -> bool:
    return any(getattr(arm, word) for word in WORDS)


def _given(ctx: Context, block: MetricBlock, arm: ArmRow) -> dict[str, Any]:
    """The arm as the service takes it. Raises Invalid at the row."""
    given: dict[str, Any] = {"variant": arm.variant, "units": _whole(ctx, arm.units, arm)}
    if block.asked == CONVERTED:
        return given | {"converted": _whole(ctx, arm.converted, arm)}
    if block.asked == RATIO:
        return given | {name: _number(ctx, getattr(arm, name), arm) for name in SUMS}
    mean, deviation = _number(ctx, arm.mean, arm), _number(ctx, arm.deviation, arm)
    if deviation < 0:
        raise Invalid.of(arm.id, "too_small", min=0)
    return given | sums_of(given["units"], mean, deviation)


def sums_of(units: int, mean: float, deviation: float) -> dict[str, float]:
    """Σ y and Σ y² from the mean and the sample's standard deviation s: (n − 1) s² + n mean²."""
    return {"total": units * mean, "squares": max(0, units - 1) * deviation**2 + units * mean**2}


def _number(ctx: Context, text: str, arm: ArmRow) -> float:
    if not text:
        raise Invalid.of(arm.id, "elsewhere_missing")
    return number_of(ctx, text, arm.id)


def _whole(ctx: Context, text: str, arm: ArmRow) -> int:
    number = _number(ctx, text, arm)
    if number != int(number):
        raise Invalid.of(arm.id, "elsewhere_whole")
    return int(number)
