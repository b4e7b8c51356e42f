"""Forgets the ids of live messages after the window in which repeats are recognised."""

import logging
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import SEEN
from enterprise_app.domains.analytics.queries import backlog

log = logging.getLogger(__name__)

DEDUPE_WINDOW = timedelta(days=35)
"""How long a message id is remembered: longer than any client retries. Imports are remembered for good."""


async def forget_seen(session: AsyncSession, ctx: Context) -> int:
    """Drop ids older than the window; returns how many. And batches of the backlog that nobody could store meanwhile:
    raw bodies are not kept for good."""
    ctx.require(Permission.EVENTS_IMPORT)
    limit = (now() - DEDUPE_WINDOW).date()
    if lost := await backlog.forget(session, ctx.tenant_id, now() - DEDUPE_WINDOW):
        log.error("analytics.backlog_given_up", extra={"tenant": str(ctx.tenant_id), "batches": lost})
    statement = sa.delete(SEEN).where(SEEN.c.tenant_id == ctx.tenant_id, SEEN.c.seen_on < limit, ~SEEN.c.forever)
    return (await session.execute(statement)).rowcount  # pyright: ignore
