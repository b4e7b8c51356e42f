"""Texts on pages, under the name that pages know; components take them from `web.texts`, which lies below both."""

from enterprise_app.web.texts import t, t_of

__all__ = ["t", "t_of"]
