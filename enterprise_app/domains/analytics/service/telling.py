"""Tells open pages that there are new events, at most a few times a second per tenant, and never forgets the last one.

NOTIFY makes committing transactions wait for each other, so not every request may send one.
"""

import asyncio
import logging
import time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import live
from enterprise_app.core.context import job_context
from enterprise_app.core.db import tenant_session

log = logging.getLogger(__name__)

PAUSE = 0.4
_last: dict[UUID, float] = {}
_pending: dict[UUID, asyncio.Task[None]] = {}


async def tell_soon(session: AsyncSession, tenant_id: UUID) -> None:
    """With this transaction when the last time is long enough ago, else a little later on its own."""
    moment = time.monotonic()
    if moment - _last.get(tenant_id, -PAUSE) >= PAUSE:
        _last[tenant_id] = moment
        await live.changed(session, live.topic(tenant_id, "analytics"))
    elif tenant_id not in _pending:
        _pending[tenant_id] = asyncio.create_task(_tell_later(tenant_id))


async def _tell_later(tenant_id: UUID) -> None:
    try:
        await asyncio.sleep(PAUSE)
        _pending.pop(tenant_id, None)  # what comes from now on needs a message of its own
        _last[tenant_id] = time.monotonic()
        async with tenant_session(job_context(tenant_id, "live")) as session:
            await live.changed(session, live.topic(tenant_id, "analytics"))
    except Exception:  # the events are stored; only a page refreshes later
        log.warning("analytics.live_failed", exc_info=True)
    finally:
        _pending.pop(tenant_id, None)
