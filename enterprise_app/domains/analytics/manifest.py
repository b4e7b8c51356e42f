"""What analytics brings to the platform."""

from enterprise_app.core.manifest import Domain
from enterprise_app.domains.campaigns import service as campaigns

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
from .service import note_asset_view
from .subscribers import SUBSCRIBERS


def _hear_of_views() -> None:
    """What campaigns serve is looked at by somebody; they stand below and know nothing of events."""
    campaigns.on_asset_view(note_asset_view)


DOMAIN = Domain(
    "analytics",
    routers=(router, explorer, importing, timelines, tracking, pixels, browsers),
    jobs=(run_import, run_forget_seen, run_partitions, run_tidy_imports, run_retention, run_delete_due),
    schedules=SCHEDULES,
    subscribers=SUBSCRIBERS,
    on_start=(_hear_of_views,),
    upkeeps=(ROLLUPS, BACKLOG),
)
