"""What operations brings to the platform."""

from enterprise_app.core.manifest import Domain

from .api import router

DOMAIN = Domain(name="operations", routers=[router])
