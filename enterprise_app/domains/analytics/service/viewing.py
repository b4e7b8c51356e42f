"""`Experiment Viewed` among the events: noted while they are stored, handed to experiments by their worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from ..models import EXPERIMENT_VIEWS
from ..queries.viewing import note_again

TENANTS_WITH_VIEWS = "SELECT DISTINCT tenant_id FROM analytics_experiment_views"


@dataclass(frozen=True, slots=True)
class View:
    """A visitor saw a variant. `experiment` is an id or a key, as the site says it."""

    visitor_id: UUID
    occurred_at: datetime
    experiment: str
    variant: str


async def take_views(session: AsyncSession, limit: int) -> list[View]:
    """The oldest, in order; gone when the transaction commits. Who takes at the same time waits, and gets others."""
    c = EXPERIMENT_VIEWS.c
    oldest = sa.select(c.id).order_by(c.id).limit(limit)
    taken = sa.delete(EXPERIMENT_VIEWS).where(c.id.in_(oldest)).returning(*c)
    rows = sorted(await session.execute(taken), key=lambda row: row.id)
    return [View(row.visitor_id, row.occurred_at, row.experiment, row.variant) for row in rows]


async def note_views_again(session: AsyncSession, tenant_id: UUID, experiments: Sequence[str], since: datetime) -> None:
    """Part of starting an experiment that began before: what is stored of it (by id or key) is handed over too."""
    await note_again(session, tenant_id, experiments, since)
