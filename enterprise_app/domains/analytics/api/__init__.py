"""Analytics over HTTP: the tracking API for clients, everything else under /api/v1."""

from .analytics import router
from .browser import browsers
from .explorer import explorer
from .imports import importing
from .pixel import pixels
from .timeline import timelines
from .tracking import tracking

__all__ = ["browsers", "explorer", "importing", "pixels", "router", "timelines", "tracking"]
