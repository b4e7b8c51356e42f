"""What experiments bring to the platform."""

from enterprise_app.core.manifest import Domain

from .api import routers

DOMAIN = Domain("experiments", routers=routers)
