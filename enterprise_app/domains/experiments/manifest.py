"""What experiments bring to the platform."""

from enterprise_app.core.manifest import Domain

from .api import routers
from .service.watching import WATCH

DOMAIN = Domain("experiments", routers=routers, upkeeps=(WATCH,))
