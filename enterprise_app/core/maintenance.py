"""The kernel's own housekeeping: old facts, idempotency keys, job runs and local mail. One worker at a time does it."""

import asyncio
import logging
from datetime import timedelta

import sqlalchemy as sa

from enterprise_app.core import events_dispatch, idempotency
from enterprise_app.core.clock import now
from enterprise_app.core.db import system_session
from enterprise_app.core.errors import Unavailable
from enterprise_app.core.loops import first_of

log = logging.getLogger(__name__)

EVERY = 3600.0
KEEP_FACTS = timedelta(days=30)
KEEP_KEYS = timedelta(hours=48)
KEEP_RUNS = timedelta(days=90)
KEEP_MAIL = timedelta(days=30)
_LOCK = 0x6D61696E


async def run(stop: asyncio.Event) -> None:
    """Tidy up every hour until `stop`."""
    while not stop.is_set():
        try:
            await tidy()
        except Unavailable:
            log.warning("housekeeping waits for the database")
        except Exception:
            log.exception("housekeeping failed")
        await first_of(stop, seconds=EVERY)


async def tidy() -> bool:
    """Delete what is older than its time; False when another worker is doing it."""
    moment = now()
    async with system_session("housekeeping") as session:
        if not await session.scalar(sa.text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
            return False
        await idempotency.prune(session, moment - KEEP_KEYS)
        old_runs = sa.text("DELETE FROM job_runs WHERE finished_at < :before")
        await session.execute(old_runs, {"before": moment - KEEP_RUNS})
        old_mail = sa.text("DELETE FROM mailbox WHERE sent_at < :before")
        await session.execute(old_mail, {"before": moment - KEEP_MAIL})
    await events_dispatch.prune(moment - KEEP_FACTS)
    return True
