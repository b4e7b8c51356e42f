"""The design system's own page (development only): every component in both themes and both directions."""

from enterprise_app.web.pages.design.page import PAGES

__all__ = ["PAGES"]
