"""What a domain brings to the platform: one value `DOMAIN` in its manifest.py, listed in the registry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from enterprise_app.core.events import Subscriber
from enterprise_app.core.jobs import Job, Schedule
from enterprise_app.core.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain's doors: routers (FastAPI; typed loosely, the core knows no HTTP), jobs, reactions, upkeep, start-up."""

    name: str
    routers: Sequence[Any] = ()
    jobs: Sequence[Job] = ()
    schedules: Sequence[Schedule] = ()
    subscribers: Sequence[Subscriber] = ()
    upkeeps: Sequence[Upkeep] = ()
    on_start: Sequence[Callable[[], Any]] = ()
