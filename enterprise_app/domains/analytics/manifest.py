"""What analytics brings to the platform."""

from enterprise_app.core.manifest import Domain

from .api import router, tracking
from .jobs import SCHEDULES, run_forget_seen, run_import, run_partitions

DOMAIN = Domain(
    "analytics",
    routers=(router, tracking),
    jobs=(run_import, run_forget_seen, run_partitions),
    schedules=SCHEDULES,
)
