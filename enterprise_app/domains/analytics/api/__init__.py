"""Analytics over HTTP: the tracking API for clients, everything else under /api/v1."""

from .analytics import router
from .timeline import timelines
from .tracking import tracking

__all__ = ["router", "timelines", "tracking"]
