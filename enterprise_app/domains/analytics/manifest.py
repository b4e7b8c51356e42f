"""What analytics brings to the platform."""

from enterprise_app.core.manifest import Domain

from .api import browsers, explorer, importing, pixels, router, timelines, tracking
from .jobs import (
    BACKLOG,
    ROLLUPS,
    SCHEDULES,
    run_delete_due,
    run_forget_seen,
    run_import,
    run_partitions,
    run_retention,
    run_tidy_imports,
)
from .subscribers import SUBSCRIBERS

DOMAIN = Domain(
    "analytics",
    routers=(router, explorer, importing, timelines, tracking, pixels, browsers),
    jobs=(run_import, run_forget_seen, run_partitions, run_tidy_imports, run_retention, run_delete_due),
    schedules=SCHEDULES,
    subscribers=SUBSCRIBERS,
    upkeeps=(ROLLUPS, BACKLOG),
)
