"""Pages that say that something is not to be had, and what to do next."""

import reflex as rx
from reflex_base.vars.base import Var
from reflex_base.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary

from enterprise_app.web.shell.browser import nav_link
from enterprise_app.web.shell.i18n import t


def status(icon: str, title: rx.Var[str], text: rx.Var[str], *actions: rx.Component) -> rx.Component:
    """A calm message in the middle of the page."""
    return rx.el.section(
        rx.icon(icon, size=28, aria_hidden="true"),
        rx.el.h1(title, class_name="status-title"),
        rx.el.p(text, class_name="status-text"),
        rx.el.div(*actions, class_name="status-actions"),
        class_name="status",
    )


def no_permission() -> rx.Component:
    """The page exists, but not for this reader."""
    return status("lock", t("shell.denied.title"), t("shell.denied.text"), _home())


def not_found() -> rx.Component:
    """No such address."""
    return status("compass", t("shell.not_found.title"), t("shell.not_found.text"), _home())


def _home() -> rx.Component:
    return nav_link(t("shell.to_home"), to="/", class_name="button-link")


def error_boundary(*children: rx.Component) -> rx.Component:
    """Around all pages: a mistake in the browser shows a message and a way out, never a stack."""
    reload = rx.el.a(t("shell.reload"), href="", class_name="button-link")
    fallback = status("triangle-alert", t("shell.broken.title"), t("shell.broken.text"), reload)
    return ErrorBoundary.create(
        *children, fallback_render=ArgsFunctionOperation.create(("event_args",), Var.create(fallback))
    )
