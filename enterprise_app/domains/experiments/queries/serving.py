"""The SQL of serving: everything a tenant's definitions are made of, and whether any of it has changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.table import table_of

from ..models import EXPOSURES, ExperimentRow, FlagRow, HoldoutRow, LayerRow
from ..rules.definitions import Definitions, Place, compile_definitions
from . import experiments, flags


def _state_of(table: sa.Table) -> Any:
    xmin = sa.cast(sa.cast(sa.literal_column(f"{table.name}.xmin"), sa.Text), sa.BigInteger)
    counted = sa.func.concat_ws(":", sa.func.count(), sa.func.coalesce(sa.func.sum(xmin), 0))
    return sa.select(counted).select_from(table).scalar_subquery()


_STAMP = sa.select(
    sa.func.concat_ws(",", *(_state_of(table_of(model)) for model in (FlagRow, ExperimentRow, LayerRow, HoldoutRow)))
)
"""Every change of a row gives it a greater `xmin`, whoever makes it and however."""


@dataclass(frozen=True, slots=True)
class Served:
    """The rows behind a tenant's definitions; `moved` are experiments whose weights were not always the same."""

    flags: list[FlagRow]
    experiments: list[ExperimentRow]
    layers: list[LayerRow]
    holdouts: list[HoldoutRow]
    moved: set[UUID]

    def compile(self) -> Definitions:
        """The definitions; needs no database."""
        return compile_definitions(
            [(flags.to_flag(row), row.seed) for row in sorted(self.flags, key=lambda row: row.key)],
            [(experiments.to_experiment(row), self._place(row)) for row in self.experiments],
            [(flags.to_layer(row), row.seed) for row in self.layers],
            [(flags.to_holdout(row), row.seed) for row in self.holdouts],
        )

    def _place(self, row: ExperimentRow) -> Place:
        return Place(row.seed, row.slots, row.id in self.moved)


async def stamp(session: AsyncSession) -> str:
    """Another text whenever anything that is served has changed."""
    return (await session.execute(_STAMP)).scalar_one()


async def load(session: AsyncSession) -> Served:
    """What the tenant serves now."""
    running = await experiments.list_running(session)
    return Served(
        flags=await flags.list_rows(session, FlagRow),
        experiments=running,
        layers=await flags.list_rows(session, LayerRow),
        holdouts=await flags.list_rows(session, HoldoutRow),
        moved=await experiments.moved(session, [row.id for row in running]) if running else set(),
    )


async def kept_variants(session: AsyncSession, unit: UUID, ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """What the unit saw first, by experiment."""
    c = EXPOSURES.c
    seen = sa.select(c.experiment_id, c.variant).where(c.unit == unit, c.experiment_id.in_(list(ids)))
    return {row.experiment_id: row.variant for row in await session.execute(seen)}
