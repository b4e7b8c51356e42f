"""The SQL of results: the experiment that is analysed, when its plan was frozen, what was submitted from elsewhere."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.table import table_of

from ..models import VERSIONS, ExperimentRow, ExternalResultsRow

_C = table_of(ExperimentRow).c
_R = table_of(ExternalResultsRow).c
EXTERNAL_MAX = 50


async def find_experiment(session: AsyncSession, experiment_id: UUID) -> ExperimentRow | None:
    """The row, unlocked."""
    return (await session.execute(sa.select(ExperimentRow).where(_C.id == experiment_id))).scalar_one_or_none()


async def frozen_at(session: AsyncSession, row: ExperimentRow) -> datetime | None:
    """When its present plan was frozen, which is not always when it began; None before the start."""
    v = VERSIONS.c
    statement = sa.select(v.frozen_at).where(v.experiment_id == row.id, v.version == row.plan_version)
    return (await session.execute(statement)).scalar_one_or_none()


async def external(session: AsyncSession, experiment_id: UUID) -> list[ExternalResultsRow]:
    """What was submitted, newest first."""
    statement = sa.select(ExternalResultsRow).where(_R.experiment_id == experiment_id)
    newest = statement.order_by(_R.created_at.desc(), _R.id.desc()).limit(EXTERNAL_MAX)
    return list((await session.execute(newest)).scalars())
