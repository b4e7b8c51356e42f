"""The list of experiments: search, filter, sorting and page are in the URL."""

from collections.abc import Sequence
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import Experiment, Exposures
from enterprise_app.domains.experiments.vocabulary import ExperimentState
from enterprise_app.web.pages.experiments.actions import ACTS, duplicated
from enterprise_app.web.pages.experiments.shapes import ExperimentLine, line_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.lists import Choice, counted, listed, showing


class ExperimentsState(listed(Permission.EXPERIMENTS_READ, Choice("state", ExperimentState)), rx.State):
    """What the page of all experiments shows now."""

    rows: list[ExperimentLine] = []

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            await self._load(ctx)

    async def _load(self, ctx: Context) -> None:
        query = self._query(ctx, service.EXPERIMENTS)
        async with tenant_session(ctx) as session:
            page = await service.list_experiments(session, ctx, query, count=True)
            smallest = await _smallest(session, ctx, page.items)
        self.rows = [line_of(ctx, one, smallest=smallest.get(one.id)) for one in page.items]
        self._turned(page, counted(ctx, "experiments.list.total", page.total))

    @action(Permission.EXPERIMENTS_READ)
    async def act(self, ctx: Context, key: str, name: str) -> None:
        """Pause, resume, archive or restore one; what can be undone offers it. The service checks the right."""
        await ACTS.do(self, ctx, key, name, undo=lambda back: ExperimentsState.act(key, back))
        await self._load(ctx)

    @action(Permission.EXPERIMENTS_CREATE)
    async def duplicate(self, ctx: Context, key: str) -> EventSpec:
        """A draft copy, opened for editing."""
        return await duplicated(ctx, key)


async def _smallest(session: AsyncSession, ctx: Context, experiments: Sequence[Experiment]) -> dict[UUID, int]:
    """Of each that runs, the units of the variant that has fewest."""
    running = {one.id: one for one in experiments if one.state is ExperimentState.RUNNING}
    found = await service.list_exposures(session, ctx, list(running))
    return {one.experiment_id: _fewest(running[one.experiment_id], one) for one in found.items}


def _fewest(experiment: Experiment, exposures: Exposures) -> int:
    units = {one.variant: one.units for one in exposures.variants}
    return min(units.get(variant.key, 0) for variant in experiment.variants)
