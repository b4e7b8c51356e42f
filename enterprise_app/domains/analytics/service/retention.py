"""Forgets what would otherwise grow for ever: ids of live messages after the window in which repeats are recognised,
counts of the health of data after a year, samples of refused messages after a quarter."""

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import SEEN
from enterprise_app.domains.analytics.queries import backlog, health
from enterprise_app.domains.tenancy import service as tenancy

log = logging.getLogger(__name__)

DEDUPE_WINDOW = timedelta(days=35)
"""How long a message id is remembered: longer than any client retries. Imports are remembered for good."""

HEALTH_DAYS = 400
"""How long what became of messages is counted by hour: so this month can be held against the one a year ago. Longer
where the plan keeps events for longer."""
SAMPLES_KEPT = timedelta(days=90)
"""Refused messages may hold anything. As long as reports of rejected lines (uploads.REPORTS_KEPT)."""


async def forget_seen(session: AsyncSession, ctx: Context) -> int:
    """Drop ids older than the window; returns how many. And batches of the backlog that nobody could store meanwhile:
    raw bodies are not kept for good."""
    ctx.require(Permission.EVENTS_IMPORT)
    limit = (now() - DEDUPE_WINDOW).date()
    if lost := await backlog.forget(session, ctx.tenant_id, now() - DEDUPE_WINDOW):
        log.error("analytics.backlog_given_up", extra={"tenant": str(ctx.tenant_id), "batches": lost})
    at = now()
    await health.forget(session, ctx.tenant_id, await _counts_before(session, ctx, at), at - SAMPLES_KEPT)
    statement = sa.delete(SEEN).where(SEEN.c.tenant_id == ctx.tenant_id, SEEN.c.seen_on < limit, ~SEEN.c.forever)
    return (await session.execute(statement)).rowcount  # pyright: ignore


async def _counts_before(session: AsyncSession, ctx: Context, at: datetime) -> datetime | None:
    """What is older may go; None where the plan keeps events for good."""
    tenant = await tenancy.get_current(session, ctx)
    days = tenant.limits[Limit.RETENTION_DAYS.value]
    return None if days == UNLIMITED else at - timedelta(days=max(days, HEALTH_DAYS))
