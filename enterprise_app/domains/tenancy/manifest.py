"""What tenancy brings to the platform."""

from enterprise_app.core.manifest import Domain
from enterprise_app.domains.metering import service as metering

from .api import router
from .rules.plans import next_plan

metering.set_upgrade_path(next_plan)  # metering lies below and can't ask for the catalogue itself

DOMAIN = Domain(name="tenancy", routers=[router])
