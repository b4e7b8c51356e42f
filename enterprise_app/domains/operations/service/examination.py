"""Is the platform well?"""

import asyncio
import time
from datetime import timedelta

from sqlalchemy import text

from enterprise_app.core.clock import now
from enterprise_app.core.db import ping_statement, system_session
from enterprise_app.core.settings import Settings, get_settings

from .. import gateway
from ..rules import overall
from ..schemas import HealthReport
from ..vocabulary import State

FRESH_FOR = timedelta(seconds=1)
"""How long a report is believed: anybody may ask, and asking must not become a load."""

# Each worker holds an advisory lock of this class as long as it lives (core.jobs_liveness).
_WORKERS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = :of_workers "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_OF_WORKERS = 0x41547269


class Examiner:
    """Examines the platform, at most once per FRESH_FOR, however many ask."""

    def __init__(self) -> None:
        self._report: HealthReport | None = None
        self._until = 0.0
        self._running: asyncio.Task[HealthReport] | None = None

    async def report(self) -> HealthReport:
        """The report; those who ask at once share one examination."""
        if self._report is not None and time.monotonic() < self._until:
            return self._report
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(examine(get_settings()))
        report = await asyncio.shield(self._running)
        self._report = report
        self._until = time.monotonic() + FRESH_FOR.total_seconds()
        return report


examiner = Examiner()
"""The examiner of this process."""


async def health() -> HealthReport:
    """How the platform is now, not older than FRESH_FOR."""
    return await examiner.report()


async def examine(settings: Settings) -> HealthReport:
    """Ask every component at once; takes at most `gateway.PATIENCE`."""
    states = await asyncio.gather(_database(), _worker(), _redis(settings), _mail(settings), _disk(settings))
    components: dict[str, State] = dict(zip(("database", "worker", "redis", "mail", "disk"), states, strict=True))
    return HealthReport(status=overall(components), checked_at=now(), components=components)


async def _database() -> State:
    async def answers() -> bool:
        async with system_session("health") as session:
            return (await session.execute(ping_statement())).scalar_one() == 1

    return await gateway.answered("database", answers)


async def _worker() -> State:
    async def lives() -> bool:
        async with system_session("health") as session:
            return (await session.execute(_WORKERS, {"of_workers": _OF_WORKERS})).scalar_one() > 0

    return await gateway.answered("worker", lives)


async def _redis(settings: Settings) -> State:
    if settings.redis_url is None:
        return State.BUILT_IN
    url = settings.redis_url.get_secret_value()
    return await gateway.answered("redis", lambda: gateway.redis_answers(url))


async def _mail(settings: Settings) -> State:
    if settings.smtp_url is None:
        return State.BUILT_IN
    url = settings.smtp_url.get_secret_value()
    return await gateway.answered("mail", lambda: gateway.smtp_answers(url))


async def _disk(settings: Settings) -> State:
    return await gateway.answered("disk", lambda: gateway.disk_has_room(settings.data_dir))
