"""The SQL of the past: finished tests with their results, newest first."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.table import table_of

from ..models import ExperimentRow, ExternalResultsRow

PAST_MAX = 200
"""Tests that are learned from: the newest."""
_C = table_of(ExperimentRow).c
_R = table_of(ExternalResultsRow).c

_newest = (
    sa.select(_R.experiment_id, _R.results, _R.created_at)
    .ext(distinct_on(_R.experiment_id))
    .order_by(_R.experiment_id, _R.created_at.desc(), _R.id.desc())
    .subquery("newest")
)
_ended = sa.func.coalesce(_C.stopped_at, _newest.c.created_at, _C.updated_at)


async def fingerprint(session: AsyncSession) -> str:
    """Another one as soon as there is another past: what a kept answer is known by."""
    decided = sa.select(sa.func.count(), sa.func.max(_C.updated_at)).where(_C.decision.is_not(None))
    external = sa.select(sa.func.count(), sa.func.max(_R.created_at))
    rows = [(await session.execute(statement)).one() for statement in (decided, external)]
    return "/".join(str(value) for row in rows for value in row)


async def finished(session: AsyncSession, campaign_id: UUID | None) -> list[sa.Row]:
    """Id, name, variants, decision, and what was last submitted of the test from elsewhere; oldest first."""
    statement = (
        sa.select(_C.id, _C.name, _C.variants, _C.decision, _newest.c.results.label("submitted"))
        .outerjoin(_newest, _newest.c.experiment_id == _C.id)
        .where(sa.or_(_C.decision.is_not(None), _newest.c.experiment_id.is_not(None)))
        .order_by(_ended.desc(), _C.id)
        .limit(PAST_MAX)
    )
    if campaign_id is not None:
        statement = statement.where(_C.campaign_id == campaign_id)
    return list(reversed((await session.execute(statement)).all()))
