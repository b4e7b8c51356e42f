"""Writing the kept sums of units: all of an experiment's anew, or of its dirty units. For one worker at a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, array, insert
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.table import MOMENT, table_of
from enterprise_app.domains.analytics import service as analytics

from ..models import KEEPING, UNIT_SUMS, ExperimentRow
from ..rules.keeping import Question
from ..rules.metrics import Stream
from ..vocabulary import ExperimentState, Value
from .accumulating import Scope, any_counts, as_double, joined, looked_up, summed
from .keeping import Changed, money_of

K, U = KEEPING.c, UNIT_SUMS.c
_KEPT = "e.state IN ('running', 'stopped') AND e.decision IS NULL AND e.started_at IS NOT NULL"
DUE = f"""
    SELECT DISTINCT e.tenant_id FROM experiments e
    LEFT JOIN experiment_keeping k ON k.tenant_id = e.tenant_id AND k.experiment_id = e.id
    WHERE CASE WHEN {_KEPT} THEN k.kept_at IS NULL OR (k.kept_at < now() - interval '10 minutes' AND (
        e.state = 'running' OR k.ended_at IS DISTINCT FROM e.stopped_at
        OR EXISTS (SELECT FROM analytics_followed f WHERE f.tenant_id = e.tenant_id AND f.follower = e.id)
    )) ELSE k.kept_at < now() - interval '1 hour' END
"""  # noqa: S608 - our own text
"""Tenants with sums to be kept up, or no longer wanted; the intervals are those of `service.keeping`."""


async def claim(session: AsyncSession, tenant_id: UUID, experiment_id: UUID, at: datetime, before: datetime) -> bool:
    """Whether it is this worker's turn: the last one began before that moment. Told of changes from now on."""
    new = insert(KEEPING).values(tenant_id=tenant_id, experiment_id=experiment_id, kept_at=at)
    mine = new.on_conflict_do_update(
        index_elements=[K.tenant_id, K.experiment_id], set_={"kept_at": at},
        where=sa.or_(K.kept_at.is_(None), K.kept_at < before),
    ).returning(K.experiment_id)  # fmt: skip
    if await session.scalar(mine) is None:
        return False
    await analytics.follow(session, tenant_id, experiment_id)
    return True


async def lock(session: AsyncSession, tenant_id: UUID, experiment_id: UUID) -> bool:
    """Keep others away until the transaction ends; False when one is at it."""
    row = sa.select(K.experiment_id).where(K.tenant_id == tenant_id, K.experiment_id == experiment_id)
    return await session.scalar(row.with_for_update(skip_locked=True)) is not None


async def due(session: AsyncSession, before: datetime, long_before: datetime) -> tuple[list[UUID], list[UUID]]:
    """Experiments whose sums are to be kept up, the longest ago first; and those whose sums nobody wants any more,
    kept up before other moments."""
    e = table_of(ExperimentRow).c
    states = (ExperimentState.RUNNING.value, ExperimentState.STOPPED.value)
    wanted = sa.and_(e.state.in_(states), e.decision.is_(None), e.started_at.is_not(None))
    known = sa.and_(K.tenant_id == e.tenant_id, K.experiment_id == e.id)
    both = sa.select(e.id).outerjoin_from(table_of(ExperimentRow), KEEPING, known)
    kept = both.where(wanted, sa.or_(K.kept_at.is_(None), K.kept_at < before)).order_by(K.kept_at.nulls_first(), e.id)
    unwanted = both.where(~wanted, K.kept_at < long_before)
    return list(await session.scalars(kept)), list(await session.scalars(unwanted))


async def refresh(session: AsyncSession, scope: Scope, question: Question, units: int) -> None:
    """Count what is dirty anew (all, unless the scope says that kept sums are usable), and say by what."""
    streams = question.streams
    if scope.kept is None:
        await _delete(session, scope.tenant_id, scope.experiment_id)
        seen = joined(scope, streams)
    else:
        await _delete_later(session, scope)
        seen = looked_up(scope, streams, Changed(scope, question).dirty)
    names = ["tenant_id", "experiment_id", "unit", "first_at", "sums", "money", "slots", "grown"]
    rows = insert(UNIT_SUMS).from_select(names, _rows(scope, question, seen))
    changes = {name: rows.excluded[name] for name in names[3:]}
    await session.execute(rows.on_conflict_do_update(index_elements=names[:3], set_=changes))
    await analytics.forget_changes(session, scope.tenant_id, scope.experiment_id)
    by = {
        "question": question.fingerprint, "as_of": scope.as_of, "first_at": scope.first_at,
        "ended_at": scope.ended_at, "units": units,
    }  # fmt: skip
    own = (K.tenant_id == scope.tenant_id, K.experiment_id == scope.experiment_id)
    await session.execute(sa.update(KEEPING).where(*own).values(by))


async def drop(session: AsyncSession, tenant_id: UUID, experiment_id: UUID) -> None:
    """Keep nothing of the experiment any longer."""
    await _delete(session, tenant_id, experiment_id)
    own = (K.tenant_id == tenant_id, K.experiment_id == experiment_id)
    await session.execute(sa.delete(KEEPING).where(*own))
    await analytics.unfollow(session, tenant_id, experiment_id)


async def _delete(session: AsyncSession, tenant_id: UUID, experiment_id: UUID) -> None:
    await session.execute(sa.delete(UNIT_SUMS).where(U.tenant_id == tenant_id, U.experiment_id == experiment_id))


async def _delete_later(session: AsyncSession, scope: Scope) -> None:
    """Rows of units that take no part any more: a clock went back, or the experiment was stopped. Nobody would keep
    them up, and they might take part again."""
    own = (K.tenant_id == scope.tenant_id, K.experiment_id == scope.experiment_id)
    moved = sa.or_(K.as_of > scope.as_of, K.ended_at.is_distinct_from(sa.literal(scope.ended_at, MOMENT)))
    late = U.first_at > scope.as_of
    if scope.ended_at is not None:
        late = sa.or_(late, U.first_at >= scope.ended_at)
    units = (U.tenant_id == scope.tenant_id, U.experiment_id == scope.experiment_id)
    await session.execute(sa.delete(UNIT_SUMS).where(*units, late, sa.exists().where(*own, moved)))


def _rows(scope: Scope, question: Question, events: sa.Subquery) -> Any:
    """A unit's row from what it has in each slot, in order: sums of all of it, and the line's so far."""
    p = _growing(scope, question, events).c
    sums = [as_double(sa.func.sum(p[f"t{n}"])) for n in range(len(question.streams))]
    money = [sa.func.sum(p[f"t{question.streams.index(stream)}"]) for stream in money_of(question)]
    line = array([p[f"r{n}"] for n in range(len(question.line))]) if question.line else None
    return sa.select(
        sa.literal(scope.tenant_id, sa.Uuid), sa.literal(scope.experiment_id, sa.Uuid), p.unit, sa.func.min(p.first_at),
        array(sums), array(money) if money else sa.cast(sa.null(), U.money.type),
        sa.cast(sa.null(), U.slots.type) if line is None else _in_order(p.slot, p),
        sa.cast(sa.null(), U.grown.type) if line is None else _in_order(line, p),
    ).group_by(p.unit)  # fmt: skip


def _in_order(what: Any, p: Any) -> Any:
    """By slot, of those in which the line moves."""
    return sa.func.array_agg(aggregate_order_by(what, p.slot)).filter(p.moves)


def _growing(scope: Scope, question: Question, events: sa.Subquery) -> sa.Subquery:
    """A row for each unit and slot, one without a slot for units without events: `t0` … what its streams add up to
    there, `r0` … the line's so far, and whether the line `moves`."""
    per_slot = _per_slot(scope, question, events).c
    columns: list[Any] = []
    for n, stream in enumerate(question.line):
        own = per_slot[f"t{question.streams.index(stream)}"]
        so_far = sa.func.sum(own).over(partition_by=per_slot.unit, order_by=per_slot.slot, rows=(None, 0))
        columns.append(as_double(so_far).label(f"r{n}"))
    return sa.select(*per_slot, *columns).subquery("growing")


def _per_slot(scope: Scope, question: Question, events: sa.Subquery) -> sa.Subquery:
    seen = events.c
    slot = sa.func.date_bin(sa.literal(analytics.SLOT, sa.Interval), seen.at, analytics.EPOCH).label("slot")
    totals = [_total(scope, seen, n, stream).label(f"t{n}") for n, stream in enumerate(question.streams)]
    moves = sa.func.bool_or(_moves(scope, seen, question)).label("moves")
    first_at = sa.func.min(seen.first_at).label("first_at")
    return sa.select(seen.unit, first_at, slot, *totals, moves).group_by(seen.unit, slot).subquery("per_slot")


def _total(scope: Scope, seen: Any, number: int, stream: Stream) -> Any:
    """Counts as floats, so that windows add up what is stored."""
    total = summed(scope, seen, number, stream)
    return as_double(total) if stream.counted.value is Value.COUNT else total


def _moves(scope: Scope, seen: Any, question: Question) -> Any:
    """An event of the line that counts."""
    if not question.line:
        return sa.false()
    places = [question.streams.index(stream) for stream in question.line]
    return any_counts(scope, seen, question.line, places)
