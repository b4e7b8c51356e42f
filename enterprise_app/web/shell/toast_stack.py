"""The messages on screen."""

import reflex as rx

from enterprise_app.web.shell.browser import timed
from enterprise_app.web.shell.i18n import t
from enterprise_app.web.shell.toasts import Toast, ToastState


def _toast(item: Toast) -> rx.Component:
    body = rx.el.div(
        rx.el.span(item.text, class_name="toast-text"),
        rx.cond(
            item.can_undo,
            rx.el.button(t("shell.undo"), on_click=ToastState.undo(item.id), class_name="toast-action", type="button"),
        ),
        rx.el.button(
            rx.icon("x", size=16, aria_hidden="true"),
            aria_label=t("shell.dismiss"),
            on_click=ToastState.dismiss(item.id),
            class_name="icon-button",
            type="button",
        ),
        class_name="toast",
        custom_attrs={"data-kind": item.kind},
    )
    keep = rx.cond(item.kind == "error", 12_000, 6_000)
    return rx.el.li(timed(body, ms=keep, on_done=ToastState.dismiss(item.id)), key=item.id)


def toast_stack() -> rx.Component:
    """A polite live region at the end of the page."""
    return rx.el.div(
        rx.el.ul(rx.foreach(ToastState.items, _toast), class_name="toasts"),
        role="status",
        aria_live="polite",
    )
