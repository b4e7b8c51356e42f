"""What localization brings to the platform: functions, no routes."""

from enterprise_app.core.manifest import Domain

DOMAIN = Domain(name="localization")
