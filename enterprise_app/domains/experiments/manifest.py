"""What experiments bring to the platform."""

from enterprise_app.core.manifest import Domain
from enterprise_app.core.upkeep import Upkeep
from enterprise_app.domains.analytics.service import TENANTS_WITH_VIEWS

from . import service
from .api import routers
from .jobs import run_freeze, run_generate
from .service.keeping import KEEP
from .service.watching import WATCH

VIEWS = Upkeep(name="experiments.views", due=TENANTS_WITH_VIEWS, area="analytics", keep=service.take_views)

DOMAIN = Domain("experiments", routers=routers, jobs=(run_freeze, run_generate), upkeeps=(VIEWS, KEEP, WATCH))
