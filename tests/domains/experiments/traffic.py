"""Much traffic at once, straight into the tables: units that saw a variant, some of which then did something."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments.schemas import Experiment

_EXPOSURES = sa.text(
    "INSERT INTO experiment_exposures (tenant_id, experiment_id, unit, variant, version, first_at, conflicted)"
    " SELECT :tenant, :experiment, md5(:salt || n)::uuid, :variant, :version, :at, false"
    " FROM generate_series(1, :units) n"
)
_EVENTS = sa.text(
    "INSERT INTO analytics_events (tenant_id, occurred_at, id, received_at, source_id, visitor_id, is_bot, type, name)"
    " SELECT :tenant, :at, gen_random_uuid(), :at, :tenant, md5(:salt || n)::uuid, false, 'track', :name"
    " FROM generate_series(1, :did) n"
)


async def expose(
    ctx: Context, experiment: Experiment, variant: str, units: int, did: int = 0,
    *, event: str = "Order Completed", version: int = 1, days_ago: float = 2, batch: str = "",
) -> None:  # fmt: skip
    """`units` saw the variant so many days ago; `did` of them sent the event an hour later."""
    at = now() - timedelta(days=days_ago)
    told = {"tenant": ctx.tenant_id, "salt": f"{experiment.id}{variant}{batch}"}
    async with tenant_session(ctx) as session:
        await session.execute(_EXPOSURES, told | {
            "experiment": experiment.id, "variant": variant, "version": version, "at": at, "units": units,
        })  # fmt: skip
        await session.execute(_EVENTS, told | {"at": at + timedelta(hours=1), "did": did, "name": event})


async def do(ctx: Context, experiment: Experiment, variant: str, did: int, event: str, days_ago: float = 1.9) -> None:
    """So many of the variant's units sent another event."""
    told = {"tenant": ctx.tenant_id, "salt": f"{experiment.id}{variant}", "did": did, "name": event}
    async with tenant_session(ctx) as session:
        await session.execute(_EVENTS, told | {"at": now() - timedelta(days=days_ago)})


async def age(ctx: Context, experiment: Experiment, days: float) -> None:
    """As if it had been started so many days ago."""
    await _run(ctx, "UPDATE experiments SET started_at = now() - :ago WHERE id = :id", experiment.id, days=days)


async def forget_look(ctx: Context, experiment: Experiment, *, days: float = 0.1) -> None:
    """As if the last look had been so long ago."""
    sql = "UPDATE experiment_watches SET looked_at = now() - :ago WHERE experiment_id = :id"
    await _run(ctx, sql, experiment.id, days=days)


async def _run(ctx: Context, statement: str, experiment_id: UUID, *, days: float) -> None:
    async with tenant_session(ctx) as session:
        await session.execute(sa.text(statement), {"id": experiment_id, "ago": timedelta(days=days)})
