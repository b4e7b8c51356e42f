"""Starting, pausing, resuming, stopping, archiving and restoring an experiment."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service as analytics

from ..errors import ExperimentNotPaused, ExperimentPausedAlready, LayerFull
from ..events import (
    ExperimentArchived,
    ExperimentEvent,
    ExperimentPaused,
    ExperimentRestored,
    ExperimentResumed,
    ExperimentStarted,
    ExperimentStopped,
)
from ..models import ExperimentRow, LayerRow
from ..queries import experiments as queries
from ..queries import flags
from ..rules import hashing, lifecycle
from ..rules.checking import control_of
from ..schemas import Experiment
from ..vocabulary import ExperimentAction, ExperimentState
from . import own_flags
from .checking import check_start
from .experiments import moment
from .shared import check_writable, facts, locked, tell

PERMISSIONS = {
    ExperimentAction.START: Permission.EXPERIMENTS_RUN,
    ExperimentAction.PAUSE: Permission.EXPERIMENTS_RUN,
    ExperimentAction.RESUME: Permission.EXPERIMENTS_RUN,
    ExperimentAction.STOP: Permission.EXPERIMENTS_RUN,
    ExperimentAction.ARCHIVE: Permission.EXPERIMENTS_RUN,
    ExperimentAction.RESTORE: Permission.EXPERIMENTS_RUN,
}
_VERBS = {
    ExperimentAction.START: AuditVerb.EXPERIMENT_STARTED,
    ExperimentAction.PAUSE: AuditVerb.EXPERIMENT_PAUSED,
    ExperimentAction.RESUME: AuditVerb.EXPERIMENT_RESUMED,
    ExperimentAction.STOP: AuditVerb.EXPERIMENT_STOPPED,
    ExperimentAction.ARCHIVE: AuditVerb.EXPERIMENT_ARCHIVED,
    ExperimentAction.RESTORE: AuditVerb.EXPERIMENT_RESTORED,
}
_PAST = {ExperimentAction.START: "started_at", ExperimentAction.STOP: "stopped_at"}
"""What may have happened before it is told, and the field that says when."""
_GOES_ON = (ExperimentAction.START, ExperimentAction.RESUME, ExperimentAction.RESTORE)


async def act_on_experiment(
    session: AsyncSession,
    ctx: Context,
    experiment_id: UUID,
    action: ExperimentAction,
    expected_version: int | None = None,
    *,
    at: datetime | None = None,
) -> Experiment:
    """Do it. `at`: when a test from elsewhere began or ended, of a start or a stop; else it is now.

    Raises ExperimentNotFound, Conflict (wrong state, naming the states it starts from), VersionConflict, Invalid (a
    start with every problem at once), LayerFull, FlagNeeded, ReadOnly, FeatureMissing.
    """
    ctx.require(PERMISSIONS[action])
    check_writable(ctx, feature=action in _GOES_ON)
    row = await locked(session, experiment_id)
    lifecycle.check_action(action, ExperimentState(row.state))
    await take_version(session, row, expected_version)
    before = {"state": row.state}
    happened = await moment(session, row) if at is None else await _told(session, row, action, at)
    event = await _ACTS[action](session, ctx, row, happened)
    await session.flush()
    await own_flags.follow(session, ctx, row)
    after = {"state": row.state} | ({} if at is None else {_PAST[action]: at})
    await tell(session, ctx, row, event, _VERBS[action], before, after)
    return queries.to_experiment(row)


async def _told(session: AsyncSession, row: ExperimentRow, action: ExperimentAction, at: datetime) -> datetime:
    """The moment that was named, if it can be right. Raises Invalid."""
    served = queries.to_experiment(row).settings.exposed_when_served
    planned_at = await queries.last_version_at(session, row.id)
    if code := lifecycle.past_problem(action, at, now(), served=served, planned_at=planned_at):
        raise Invalid.of(_PAST[action], code)
    return at


async def _start(session: AsyncSession, ctx: Context, row: ExperimentRow, at: datetime) -> ExperimentEvent:
    """Freeze the plan, with slots of its own where it stands in a layer."""
    await check_start(session, ctx, row)
    row.slots = await _slots(session, row)
    row.state, row.started_at = ExperimentState.RUNNING.value, at
    row.plan_version += 1
    await session.flush()
    known_at = await moment(session, row)
    await queries.add_version(session, row, at, known_at)
    if at < known_at:  # who saw what since then was told before anybody knew this experiment
        await analytics.note_views_again(session, ctx.tenant_id, [row.key, str(row.id)], at)
    return ExperimentStarted(**facts(ctx, row), plan_version=row.plan_version)


async def _slots(session: AsyncSession, row: ExperimentRow) -> list[list[int]] | None:
    """The first free slots of its layer, as many as its share wants; the layer is locked. Raises LayerFull."""
    if row.layer_id is None or row.layer_share is None:
        return None
    await flags.find_row(session, LayerRow, row.layer_id, lock=True)
    taken = await queries.slots_taken(session, row.layer_id)
    wanted = max(1, round(row.layer_share * hashing.SLOTS))
    found = hashing.take_slots(taken, wanted)
    if found is None:
        free = hashing.free_slots(taken)
        raise LayerFull(field="layer_share", wanted=_percent(wanted), free=_percent(free))
    return [list(part) for part in found]


def _percent(slots: int) -> float:
    return slots * 100 / hashing.SLOTS


async def _pause(session: AsyncSession, ctx: Context, row: ExperimentRow, at: datetime) -> ExperimentEvent:
    if row.paused_at is not None:
        raise ExperimentPausedAlready
    row.paused_at = at
    return ExperimentPaused(**facts(ctx, row))


async def _resume(session: AsyncSession, ctx: Context, row: ExperimentRow, at: datetime) -> ExperimentEvent:
    if row.paused_at is None:
        raise ExperimentNotPaused
    row.paused_at = None
    return ExperimentResumed(**facts(ctx, row))


async def stop(session: AsyncSession, ctx: Context, row: ExperimentRow, at: datetime) -> ExperimentStopped:
    """Part of stopping and of deciding: its slots are free, its last plan has an end, everybody gets the control."""
    row.state, row.stopped_at, row.paused_at, row.slots = ExperimentState.STOPPED.value, at, None, None
    await session.flush()
    await queries.close_version(session, row, at)
    control = control_of(queries.to_experiment(row).variants)
    return ExperimentStopped(**facts(ctx, row), served=control.key)


async def _archive(session: AsyncSession, ctx: Context, row: ExperimentRow, at: datetime) -> ExperimentEvent:
    before = ExperimentState(row.state)
    row.state, row.state_before_archive, row.archived_at = ExperimentState.ARCHIVED.value, before.value, at
    return ExperimentArchived(**facts(ctx, row), before=before)


async def _restore(session: AsyncSession, ctx: Context, row: ExperimentRow, at: datetime) -> ExperimentEvent:
    after = ExperimentState(row.state_before_archive or ExperimentState.DRAFT)
    row.state, row.state_before_archive, row.archived_at = after.value, None, None
    return ExperimentRestored(**facts(ctx, row), after=after)


_Act = Callable[[AsyncSession, Context, ExperimentRow, datetime], Awaitable[ExperimentEvent]]
_ACTS: dict[ExperimentAction, _Act] = {
    ExperimentAction.START: _start,
    ExperimentAction.PAUSE: _pause,
    ExperimentAction.RESUME: _resume,
    ExperimentAction.STOP: stop,
    ExperimentAction.ARCHIVE: _archive,
    ExperimentAction.RESTORE: _restore,
}
