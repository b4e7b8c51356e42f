"""The SQL of looks at running experiments: what was seen day by day, where each watch stands."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ..models import EXPOSURES, LOOKS, METRIC_VERSIONS, WATCHES, ExperimentRow
from ..rules import looking
from ..rules.stats.sequential import Sequence as Look
from ..rules.watching import NOTHING, Standing
from ..schemas import PlanVersion
from ..vocabulary import ExperimentState
from . import experiments

L, W, X = LOOKS.c, WATCHES.c, EXPOSURES.c

DUE = """
    SELECT DISTINCT e.tenant_id FROM experiments e
    LEFT JOIN experiment_watches w ON w.tenant_id = e.tenant_id AND w.experiment_id = e.id
    WHERE e.state = 'running' AND e.paused_at IS NULL
      AND (w.looked_at IS NULL OR w.looked_at < now() - interval '1 hour')
"""
"""Tenants with an experiment to look at; the interval is `service.watching.EVERY`."""


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier looks say together, by metric and variant; the units that the plans so far had expected, where
    their weights differ; the smallest p of the split; what was advised."""

    looks: Mapping[UUID, Mapping[str, Look]]
    expected: Mapping[str, float] | None = None
    split_p: float | None = None
    advised: Standing = NOTHING


async def past(session: AsyncSession, row: ExperimentRow, as_of: datetime) -> Past:
    """What the present look must know of the ones before."""
    plans = await experiments.list_versions(session, row.id)
    if not plans:
        return Past({})
    since = looking.basis(plans, await _redefined(session, plans))
    watch = await find_watch(session, row.id)
    expected = None
    if looking.weights_moved(plans):
        expected = looking.expected_units(plans, await _units(session, row, as_of))
    together = await _together(session, row.id, since)
    if watch is None:
        return Past(together, expected)
    advised = Standing(watch["step"], watch["variant"], tuple(watch["grounds"]))
    return Past(together, expected, watch["split_p"], advised)


async def _redefined(session: AsyncSession, plans: Sequence[PlanVersion]) -> list[datetime]:
    """When definitions of the metrics changed."""
    m = METRIC_VERSIONS.c
    ids = list({use.metric_id for plan in plans for use in plan.metrics})
    wanted = m.metric_id == sa.any_(sa.literal(ids, ARRAY(sa.Uuid)))
    return list(await session.scalars(sa.select(m.valid_from).where(wanted, m.number > 1)))


async def _units(session: AsyncSession, row: ExperimentRow, as_of: datetime) -> dict[int, int]:
    """Units that count, by the version of the plan under which they were exposed."""
    until = X.first_at <= as_of if row.stopped_at is None else X.first_at < row.stopped_at
    counted = sa.select(X.version, sa.func.count()).where(X.experiment_id == row.id, sa.not_(X.conflicted), until)
    return {row[0]: row[1] for row in await session.execute(counted.group_by(X.version))}


async def _together(session: AsyncSession, experiment_id: UUID, since: int) -> dict[UUID, dict[str, Look]]:
    """Stored looks hold for all before them, so the newest of each metric and variant says it all."""
    newest = (
        sa.select(L.metric_id, L.variant, L.low, L.high, L.p, L.fraction)
        .where(L.experiment_id == experiment_id, L.plan_version >= since, L.p.is_not(None))
        .order_by(L.metric_id, L.variant, L.looked_at.desc())
        .ext(distinct_on(L.metric_id, L.variant))
    )
    found: dict[UUID, dict[str, Look]] = defaultdict(dict)
    for metric_id, variant, low, high, p, fraction in await session.execute(newest):
        found[metric_id][variant] = Look(low, high, p, fraction, "", "")
    return found


async def due(session: AsyncSession, before: datetime) -> list[UUID]:
    """Running experiments that were not looked at since; the longest ago first."""
    e = experiments.C
    watch = sa.and_(W.tenant_id == e.tenant_id, W.experiment_id == e.id)
    statement = (
        sa.select(e.id)
        .outerjoin_from(experiments.TABLE, WATCHES, watch)
        .where(e.state == ExperimentState.RUNNING.value, e.paused_at.is_(None))
        .where(sa.or_(W.looked_at.is_(None), W.looked_at < before))
        .order_by(W.looked_at.asc().nulls_first(), e.id)
    )
    return list(await session.scalars(statement))


async def claim(session: AsyncSession, row: ExperimentRow, before: datetime) -> sa.RowMapping | None:
    """The watch, locked; None when another worker has it, or has looked meanwhile."""
    never = datetime.fromtimestamp(0, before.tzinfo)
    fresh = insert(WATCHES).values(
        tenant_id=row.tenant_id, experiment_id=row.id, plan_version=row.plan_version, looked_at=never, grounds=[]
    )
    await session.execute(fresh.on_conflict_do_nothing())
    statement = sa.select(WATCHES).where(W.experiment_id == row.id, W.looked_at < before)
    return (await session.execute(statement.with_for_update(skip_locked=True))).mappings().one_or_none()


async def set_watch(session: AsyncSession, experiment_id: UUID, values: Mapping[str, Any]) -> None:
    """Where the watch stands now."""
    await session.execute(sa.update(WATCHES).where(W.experiment_id == experiment_id).values(values))


async def find_watch(session: AsyncSession, experiment_id: UUID) -> sa.RowMapping | None:
    """Where the watch stands; None before the first look."""
    found = await session.execute(sa.select(WATCHES).where(W.experiment_id == experiment_id))
    return found.mappings().one_or_none()


async def store(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Today's look, in place of an earlier one of the day."""
    if not rows:
        return
    statement = insert(LOOKS).values(rows)
    told = ("units", "value", "estimate", "low", "high", "p", "fraction", "looked_at")
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=list(LOOKS.primary_key.columns), set_={name: statement.excluded[name] for name in told}
        )
    )


async def list_looks(session: AsyncSession, experiment_id: UUID, most: int) -> list[sa.RowMapping]:
    """All looks in order of time; of very many the newest."""
    newest = sa.select(LOOKS).where(L.experiment_id == experiment_id).order_by(L.looked_at.desc()).limit(most)
    return list(reversed((await session.execute(newest)).mappings().all()))
