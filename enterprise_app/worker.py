"""The worker process: delivers events and runs jobs and schedules until SIGTERM or Ctrl-C. No leader, any number of them."""

import asyncio
import signal
import sys

from enterprise_app.core import db, events, events_dispatch, jobs_worker, logs
from enterprise_app.core.database import database_urls
from enterprise_app.core.embedded import EmbeddedError
from enterprise_app.core.settings import get_settings
from enterprise_app.core.settings_file import SettingsError
from enterprise_app.registry import DOMAINS

log = logs.get_logger(__name__)


async def run() -> None:
    """Run both loops until a signal; they finish what they hold, the rest stays in the database for others."""
    settings = get_settings()
    db.configure(database_urls(settings))
    events.register(DOMAINS)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    log.info("worker started")
    try:
        async with asyncio.TaskGroup() as loops:
            loops.create_task(events_dispatch.run(stop))
            loops.create_task(jobs_worker.run(stop, DOMAINS))
    finally:
        await db.dispose()
    log.info("worker stopped")


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
