"""What campaigns bring to the platform."""

from enterprise_app.core.manifest import Domain

from .api import assets, router

DOMAIN = Domain("campaigns", routers=(router, assets))
