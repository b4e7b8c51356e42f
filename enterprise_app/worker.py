"""The worker process: delivers events, runs jobs and schedules until SIGTERM or Ctrl-C. No leader, any number."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator

from enterprise_app.core import db, events, events_dispatch, jobs_worker, logs, maintenance, startup, upkeep
from enterprise_app.core.embedded import EmbeddedError
from enterprise_app.core.live import RESYNC, Listener
from enterprise_app.core.settings import Settings, get_settings
from enterprise_app.core.settings_file import SettingsError
from enterprise_app.edge import Edge
from enterprise_app.registry import DOMAINS

log = logs.get_logger(__name__)


async def run() -> None:
    """Run the loops until a signal; they finish what they hold, the rest stays in the database for others."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _composed(get_settings()) as edge:
        startup.settle()
        log.info("worker started")
        async with asyncio.TaskGroup() as loops:
            loops.create_task(events_dispatch.run(stop, context_for=edge.job_context))
            loops.create_task(jobs_worker.run(stop, DOMAINS))
            loops.create_task(maintenance.run(stop))
            loops.create_task(upkeep.run(stop, DOMAINS, context_for=edge.job_context))
    log.info("worker stopped")


@contextlib.asynccontextmanager
async def _composed(settings: Settings) -> AsyncIterator[Edge]:
    """Database, storage and contexts that follow changes, as long as the process works."""
    startup.configure(settings)
    events.register(DOMAINS)
    edge = Edge()
    listener = Listener(db.urls().direct_app)
    listener.on("", lambda topic: edge.forget_all() if topic == RESYNC else edge.forget(topic))
    await listener.start()
    try:
        yield edge
    finally:
        await listener.stop()
        await db.dispose()


def main() -> int:
    """The entry point; the return value is the exit code."""
    try:
        logs.configure(get_settings(), process="worker")
        asyncio.run(run())
    except (SettingsError, EmbeddedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
