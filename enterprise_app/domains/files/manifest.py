"""What files bring to the platform."""

from enterprise_app.core.manifest import Domain

from .jobs import TIDY_NIGHTLY, tidy

DOMAIN = Domain("files", jobs=(tidy,), schedules=(TIDY_NIGHTLY,))
