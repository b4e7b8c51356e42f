"""Campaigns and their assets over HTTP."""

from .assets import router as assets
from .campaigns import router

__all__ = ["assets", "router"]
