"""What experiments bring to the platform."""

from enterprise_app.core.manifest import Domain

DOMAIN = Domain("experiments")
