"""Exposures: who saw which variant, each unit once, written in groups and off the way of answers.

From served flags: gathered in this process and written within a second, and when it ends; a process that is killed
loses the last half second, and its units are written at their next question. From sites that say so themselves
(`Experiment Viewed`): taken by the worker, in one transaction with what follows: nothing is lost or counted twice.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service as analytics

from ..errors import ExperimentNotFound
from ..events import UnitsExposed
from ..queries import exposures as queries
from ..queries.exposures import Exposure, Plan
from ..rules.definitions import Trial
from ..schemas import ExperimentExposures, ExposureCounts, Exposures

log = logging.getLogger(__name__)

WRITE_AFTER = 0.5
"""Seconds that an exposure waits for others."""
TRY_AGAIN_AFTER = 1.0
MOST_WAITING = 200_000
"""Exposures that wait while the database is away; later ones are given up, and said so in the log."""
MOST_KNOWN = 200_000
GROUP = 500
"""Exposures of one transaction: few enough that answers wait for milliseconds only while they are sent."""
PIECE = 1_000

_known: dict[tuple[UUID, str], str] = {}
"""Variant by experiment and unit, of what this process has told already: nothing is told twice."""
_waiting: defaultdict[UUID, list[Exposure]] = defaultdict(list)
_count = 0
_timer: asyncio.TimerHandle | None = None
_writing: "set[asyncio.Task[None]]" = set()


def note(tenant_id: UUID, trial: Trial, unit: str, variant: str) -> None:
    """Remember that the unit sees the variant; returns at once."""
    global _count
    place = (trial.id, unit)
    if _known.get(place) == variant:
        return
    if _count >= MOST_WAITING:
        log.warning("experiments.exposure_given_up", extra={"experiment": str(trial.id)})
        return
    if len(_known) >= MOST_KNOWN:
        _forget_oldest()
    _known.setdefault(place, variant)
    _waiting[tenant_id].append(Exposure(trial.id, UUID(hex=unit), variant, trial.version, now()))
    _count += 1
    _write_later(WRITE_AFTER)


def known_variants(unit: str, ids: Iterable[UUID]) -> dict[UUID, str]:
    """What this process knows of the unit, by experiment."""
    return {id_: variant for id_ in ids if (variant := _known.get((id_, unit))) is not None}


async def flush_exposures() -> None:
    """Write everything that waits. What the database does not take stays, and is tried again."""
    global _count
    for tenant_id in list(_waiting):
        told = _waiting.pop(tenant_id)
        _count -= len(told)
        for start in range(0, len(told), GROUP):
            group = told[start : start + GROUP]
            try:
                await _write(tenant_id, group)
            except Exception:
                log.warning("experiments.exposures_wait", extra={"tenant": str(tenant_id)}, exc_info=True)
                _waiting[tenant_id] += group
                _count += len(group)


async def take_views(ctx: Context, *, limit: int = PIECE) -> int:
    """Make exposures of the oldest `Experiment Viewed` events of the tenant; returns how many were looked at.

    A view counts for the plan that held when it happened; before the start, after the end, of an unknown experiment or
    variant it says nothing.
    """
    async with tenant_session(ctx) as session:
        views = await analytics.take_views(session, limit)
        if views:
            plans = await queries.plans_of(session, *_named(views))
            told = [exposure for view in views if (exposure := _exposure(view, plans)) is not None]
            await _keep(session, ctx, told)
    return len(views)


async def get_exposures(session: AsyncSession, ctx: Context, experiment_id: UUID) -> Exposures:
    """How many units saw which variant. Raises ExperimentNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    found = await queries.count(session, [experiment_id])
    if experiment_id not in found:
        raise ExperimentNotFound
    return found[experiment_id]


async def list_exposures(session: AsyncSession, ctx: Context, experiment_ids: Sequence[UUID]) -> ExposureCounts:
    """The same for several experiments at once, in one query; those that there are not are left out."""
    ctx.require(Permission.EXPERIMENTS_READ)
    found = await queries.count(session, experiment_ids) if experiment_ids else {}
    wanted = [id_ for id_ in dict.fromkeys(experiment_ids) if id_ in found]
    return ExposureCounts(items=[ExperimentExposures(experiment_id=id_, **dict(found[id_])) for id_ in wanted])


def forget_units() -> None:
    """Know nothing any more: for tests, whose databases come and go."""
    global _count, _timer
    _known.clear()
    _waiting.clear()
    _count, _timer = 0, None


async def _write(tenant_id: UUID, told: Sequence[Exposure]) -> None:
    ctx = job_context(tenant_id, "experiments.exposures")
    async with tenant_session(ctx) as session:
        await _keep(session, ctx, told)


async def _keep(session: AsyncSession, ctx: Context, told: Iterable[Exposure]) -> None:
    new = await queries.write(session, ctx.tenant_id, told)
    for experiment_id, units in sorted(new.items()):
        await events.publish(session, ctx, UnitsExposed(tenant_id=ctx.tenant_id, entity_id=experiment_id, units=units))


def _named(views: Iterable[analytics.View]) -> tuple[list[str], list[UUID]]:
    names = {view.experiment for view in views}
    return sorted(names), [id_ for name in sorted(names) if (id_ := _uuid(name)) is not None]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _exposure(view: analytics.View, plans: Sequence[Plan]) -> Exposure | None:
    for plan in plans:
        if view.experiment not in (plan.key, str(plan.experiment_id)) or view.variant not in plan.variants:
            continue
        if plan.begun_at <= view.occurred_at and (plan.ended_at is None or view.occurred_at < plan.ended_at):
            return Exposure(plan.experiment_id, view.visitor_id, view.variant, plan.version, view.occurred_at)
    return None


def _forget_oldest() -> None:
    """Half of them: who comes again is told once more, which changes nothing in the database."""
    for place in list(_known)[: MOST_KNOWN // 2]:
        del _known[place]


def _write_later(seconds: float) -> None:
    global _timer
    if _timer is None:
        _timer = asyncio.get_running_loop().call_later(seconds, _start)


def _start() -> None:
    global _timer
    _timer = None
    task = asyncio.create_task(flush_exposures())
    _writing.add(task)
    task.add_done_callback(_written)


def _written(task: "asyncio.Task[None]") -> None:
    _writing.discard(task)
    if _waiting and not task.cancelled():
        _write_later(TRY_AGAIN_AFTER)
