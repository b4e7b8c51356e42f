"""The list of experiments: search, filter, sorting and page are in the URL."""

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.vocabulary import ExperimentAction, ExperimentState
from enterprise_app.web.pages.experiments.actions import UNDO
from enterprise_app.web.pages.experiments.shapes import ExperimentLine, line_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import choice_of, id_of
from enterprise_app.web.shell.lists import Choice, counted, listed, showing
from enterprise_app.web.shell.toasts import toast


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
            seen = [await _smallest(session, ctx, experiment) for experiment in page.items]
        self.rows = [line_of(ctx, one, smallest=units) for one, units in zip(page.items, seen, strict=True)]
        self._turned(page, counted(ctx, "experiments.list.total", page.total))

    @action(Permission.EXPERIMENTS_READ)
    async def act(self, ctx: Context, key: str, name: str) -> None:
        """Pause, resume, archive or restore one; what can be undone offers it. The service checks the right."""
        wanted = choice_of(ExperimentAction, name)
        async with tenant_session(ctx) as session:
            experiment = await service.act_on_experiment(session, ctx, id_of(key), wanted)
        undo = ExperimentsState.act(key, UNDO[wanted].value) if wanted in UNDO else None
        text = translate(ctx.locale, f"experiments.done.{wanted.value}", name=experiment.name)
        await toast(self, "success", text, undo=undo)
        await self._load(ctx)

    @action(Permission.EXPERIMENTS_CREATE)
    async def duplicate(self, ctx: Context, key: str) -> EventSpec:
        """A draft copy, opened for editing."""
        async with tenant_session(ctx) as session:
            copy = await service.duplicate_experiment(session, ctx, id_of(key))
        return rx.redirect(f"/experiments/{copy.id}/edit")


async def _smallest(session: AsyncSession, ctx: Context, experiment: Experiment) -> int | None:
    """The units of the variant that has fewest, while it runs."""
    if experiment.state is not ExperimentState.RUNNING:
        return None
    exposures = await service.get_exposures(session, ctx, experiment.id)
    units = {one.variant: one.units for one in exposures.variants}
    return min(units.get(variant.key, 0) for variant in experiment.variants)
