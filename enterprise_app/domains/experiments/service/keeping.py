"""Keeps the sums of units of undecided experiments, so that results need not read all events again.

Only a worker writes them: each experiment in one transaction that sees one moment, and that deletes exactly the marks
of that moment. Killed anywhere, it leaves what was there before, which readers complete from the events
(`queries.keeping`); the next one begins ten minutes later.
"""

import logging
from datetime import timedelta
from uuid import UUID

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import BUSY_RETRY, tenant_session
from enterprise_app.core.errors import Unavailable
from enterprise_app.core.upkeep import Upkeep

from ..errors import MetricsMissing
from ..queries import experiments, keeping_rows
from .measuring import Work

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
UNWANTED_AFTER = timedelta(hours=1)
"""What is kept of a decided experiment helps those who freeze its segments and distributions."""
AT_ONCE = 5
"""Experiments in one piece of upkeep."""


async def keep_sums(ctx: Context) -> int:
    """Bring up to date what is ten minutes old, and delete what is kept of decided and archived experiments; how many
    experiments there were."""
    begun = now()
    async with tenant_session(ctx) as session:
        wanted, unwanted = await keeping_rows.due(session, begun - EVERY, begun - UNWANTED_AFTER)
    for experiment_id in unwanted[:AT_ONCE]:
        async with tenant_session(ctx) as session:
            await keeping_rows.drop(session, ctx.tenant_id, experiment_id)
    for experiment_id in wanted[:AT_ONCE]:
        async with tenant_session(ctx) as session:
            mine = await keeping_rows.claim(session, ctx.tenant_id, experiment_id, begun, begun - EVERY)
        # The claim is committed: whatever is stored after the moment that is counted now will be told.
        if mine:
            await refresh_sums(ctx, experiment_id)
    return len(wanted[:AT_ONCE]) + len(unwanted[:AT_ONCE])


KEEP = Upkeep("experiments.keep", keeping_rows.DUE, "experiments", keep_sums)


async def refresh_sums(ctx: Context, experiment_id: UUID) -> bool:
    """Count what changed, in one transaction; whether it was done. Another worker at it, or faster, is no failure."""
    try:
        async with tenant_session(ctx, snapshot=True) as session:
            if not await keeping_rows.lock(session, ctx.tenant_id, experiment_id):
                return False
            row = await experiments.find_row(session, experiment_id)
            if row is None:
                return False
            try:
                work = await Work.begin(session, ctx, row, now())
            except MetricsMissing:
                return False
            if work.scope is None:
                return False
            await keeping_rows.refresh(session, work.scope, work.kept, sum(work.units().values()))
            return True
    except Unavailable as error:
        if error.code != BUSY_RETRY:
            raise
        return False
