"""Variants and metrics of the editor: rows that come and go while the plan follows."""

from typing import TYPE_CHECKING

from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.vocabulary import MetricRole
from enterprise_app.web.pages.experiments.conditions import conditioned
from enterprise_app.web.pages.experiments.planning import Plan, planned
from enterprise_app.web.pages.experiments.rows import fresh, put, without
from enterprise_app.web.pages.experiments.variants import UseRow, VariantRow, added, even, sum_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import choice_of

_USES = 50


class RowsState(conditioned(Permission.EXPERIMENTS_READ), mixin=True):
    """The rows of an experiment, what their weights add up to, and the plan that depends on them."""

    variants: list[VariantRow] = []
    uses: list[UseRow] = []
    sum: str = ""
    sum_fits: bool = True
    plan: Plan = Plan()

    if TYPE_CHECKING:
        values: dict[str, str]

    @action(Permission.EXPERIMENTS_READ)
    async def add_variant(self, ctx: Context) -> None:
        """One more, up to five; all get the same weight."""
        self.variants = even(ctx, added(ctx, self.variants))
        await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def drop_variant(self, ctx: Context, row_id: str) -> None:
        """One less; the others share evenly. The control stays, and so do two."""
        left = without(self.variants, row_id)
        if len(left) >= 2 and any(row.is_control for row in left):
            self.variants = even(ctx, left)
            await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def share_evenly(self, ctx: Context) -> None:
        """The same weight for each."""
        self.variants = even(ctx, self.variants)
        await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def put_variant(self, ctx: Context, row_id: str, word: str, value: str) -> None:
        """What was typed into a variant's row."""
        if word in ("key", "name", "weight"):
            self.variants = put(self.variants, row_id, **{word: value.strip()[:200]})
            await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def make_control(self, row_id: str) -> None:
        """The one that all others are compared with."""
        if any(row.id == row_id for row in self.variants):
            self.variants = [row.model_copy(update={"is_control": row.id == row_id}) for row in self.variants]

    @action(Permission.EXPERIMENTS_READ)
    async def add_use(self, role: str) -> None:
        """One more secondary metric or guardrail."""
        wanted = choice_of(MetricRole, role, "role")
        if len(self.uses) < _USES:
            self.uses = [*self.uses, UseRow(id=fresh(), role=wanted.value)]

    @action(Permission.EXPERIMENTS_READ)
    async def drop_use(self, row_id: str) -> None:
        """One less."""
        self.uses = without(self.uses, row_id)

    @action(Permission.EXPERIMENTS_READ)
    async def put_use(self, row_id: str, word: str, value: str) -> None:
        """Another metric or role in a row."""
        if word == "metric" or (word == "role" and value in list(MetricRole)):
            self.uses = put(self.uses, row_id, **{word: value[:100]})

    async def _recount(self, ctx: Context) -> None:
        self.sum, self.sum_fits = sum_of(ctx, self.variants)
        self.plan = await planned(ctx, self.values, self.variants)
