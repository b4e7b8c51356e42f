"""`Experiment Viewed` among the events: noted while they are stored, handed to experiments by their worker."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from ..models import EXPERIMENT_VIEWS

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
