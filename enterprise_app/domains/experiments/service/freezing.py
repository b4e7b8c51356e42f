"""What a decision freezes beside its results: every dimension's segments, every metric's distribution.

Of an experiment of ordinary size in the decision's own transaction; of a very large one, whose decision nobody should
wait minutes for, in a job that begins when the decision is stored. Until a piece is frozen, readers see it measured.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import jobs, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session

from ..models import ExperimentRow
from ..queries import evidence
from ..queries import results as queries
from ..result_schemas import Distribution, Results, SegmentResults
from ..vocabulary import Dimension, EvidenceKind
from .distributing import SPREAD, measure_distribution
from .measuring import measure_segments, uses_of
from .shared import AREA

FREEZE_JOB = "experiments.freeze"
AT_ONCE = 20_000
"""Units up to which a decision freezes everything itself: a second or two with a few metrics."""
Piece = tuple[EvidenceKind, str]


async def freeze_with(session: AsyncSession, ctx: Context, row: ExperimentRow, results: Results) -> None:
    """Part of the decision whose results these are."""
    if sum(unit.units for unit in results.units) > AT_ONCE:
        told = {"experiment_id": str(row.id)}
        await jobs.enqueue(FREEZE_JOB, ctx.tenant_id, told, key=str(row.id), session=session, actor=ctx.actor)
        return
    async for piece in _missing(session, row):
        await _freeze(session, ctx, row, piece)


async def freeze(ctx: Context, experiment_id: UUID) -> int:
    """Freeze what is missing, each piece in a transaction of its own; how many there were. Killed, it goes on there."""
    async with tenant_session(ctx) as session:
        row = await queries.find_experiment(session, experiment_id)
        if row is None or row.decision is None:
            return 0
        missing = [piece async for piece in _missing(session, row)]
    for number, piece in enumerate(missing):
        await jobs.progress(number, len(missing))
        async with tenant_session(ctx) as session:
            await _freeze(session, ctx, row, piece)
            await live.changed(session, live.topic(ctx.tenant_id, AREA, row.id))
    return len(missing)


async def frozen_evidence(
    session: AsyncSession, experiment_id: UUID
) -> tuple[list[SegmentResults], list[Distribution]]:
    """All that is frozen, for reports: segments in the order of the dimensions. A part: nobody's right is checked."""
    segments = await evidence.list_all(session, experiment_id, EvidenceKind.SEGMENTS)
    spread = await evidence.list_all(session, experiment_id, EvidenceKind.DISTRIBUTION)
    return (
        [SegmentResults.model_validate(segments[d.value]) for d in Dimension if d.value in segments],
        [Distribution.model_validate(spread[about]) for about in sorted(spread)],
    )


async def _missing(session: AsyncSession, row: ExperimentRow) -> AsyncIterator[Piece]:
    known = await evidence.known(session, row.id)
    wanted = [(EvidenceKind.SEGMENTS, dimension.value) for dimension in Dimension]
    for use, (_, _, _, definition) in await uses_of(session, row):
        if definition.kind in SPREAD:
            wanted.append((EvidenceKind.DISTRIBUTION, str(use.metric_id)))
    for kind, about in wanted:
        if (kind.value, about) not in known:
            yield kind, about


async def _freeze(session: AsyncSession, ctx: Context, row: ExperimentRow, piece: Piece) -> None:
    kind, about = piece
    body: Mapping[str, Any]
    if kind is EvidenceKind.SEGMENTS:
        body = (await measure_segments(session, ctx, row, Dimension(about))).model_dump(mode="json")
    else:
        body = (await measure_distribution(session, ctx, row, UUID(about))).model_dump(mode="json")
    await evidence.store(session, row, kind, about, {**body, "frozen": True}, now())
