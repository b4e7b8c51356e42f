"""What a test leaves running ends with it.

All tests share one loop. A task that goes on, or a timer that fires later, would open its session in the next test's
transaction: a statement of that test which runs in between would be asked under another role and see nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from enterprise_app.domains.analytics.service import own
from enterprise_app.domains.experiments.service import exposing


@asynccontextmanager
async def nothing_left_over() -> AsyncIterator[None]:
    """Around a test: what it began is ended, what waits for a timer is forgotten."""
    before = asyncio.all_tasks()
    try:
        yield
    finally:
        own.forget_calls()
        exposing.forget_units()
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
