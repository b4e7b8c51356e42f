"""What profiles bring to the platform."""

from enterprise_app.core.manifest import Domain
from enterprise_app.core.upkeep import Upkeep

from . import service
from .api import router
from .queries import TENANTS_WITH_SIGHTINGS

FOLD = Upkeep(name="profiles.fold", due=TENANTS_WITH_SIGHTINGS, area="analytics", keep=service.fold)

DOMAIN = Domain("profiles", routers=(router,), upkeeps=(FOLD,))
