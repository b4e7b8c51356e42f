"""What to say when there is something to know, nothing to show, something wrong, or no right to see."""

from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from .actions import button
from .icons import icon
from .markup import Handler, Node, Text, filled, parts

_PICTURES = {"info": "info", "success": "success", "warning": "warning", "danger": "danger", "accent": "sparkles"}


def callout(text: Node, *, title: Text | None = None, tone: str = "info", action: Node | None = None) -> rx.Component:
    """A note inside a page; tone: info, success, warning, danger, accent.

    callout(t("tenancy.trial_text"), title=t("tenancy.trial"),
            action=button_link(t("x.upgrade"), "/settings/plan", size="sm"))
    """
    words = rx.el.div(
        *parts(filled(title, lambda head: rx.el.p(head, class_name="callout-title")), rx.el.div(text)),
        class_name="callout-text",
    )
    role = "alert" if tone == "danger" else "note"
    return rx.el.div(*parts(icon(_PICTURES[tone], 18), words, action), class_name=f"callout callout-{tone}", role=role)


def banner(text: Node, *, tone: str = "warning", action: Node | None = None) -> rx.Component:
    """A line over the whole page (read-only tenant, impersonation, lost connection)."""
    return rx.el.div(
        *parts(icon(_PICTURES[tone], 16), rx.el.span(text), action),
        class_name=f"notice-bar callout-{tone}",
        role="status",
    )


def empty_state(
    picture: str, title: Text, text: Text | None = None, action: Node | None = None, *, level: int = 2
) -> rx.Component:
    """Nothing yet: say what would be here and give the button that starts it.

    empty_state("campaign", t("campaigns.empty.title"), t("campaigns.empty.text"),
                button_link(t("campaigns.new"), "/campaigns/new", variant="primary"))
    """
    heading = rx.el.h2 if level == 2 else rx.el.h3
    return rx.el.div(
        *parts(
            rx.el.span(icon(picture, 22), class_name="empty-picture"),
            heading(title, class_name="empty-title"),
            filled(text, lambda words: rx.el.p(words, class_name="empty-text")),
            action,
        ),
        class_name="empty",
    )


def error_state(title: Text | None = None, text: Text | None = None, *, on_retry: Handler = None) -> rx.Component:
    """Loading failed: what happened, and a way to try again.

    rx.cond(State.failed, error_state(text=State.error_text, on_retry=State.load), …)
    """
    again = button(t("components.retry"), icon="refresh", on_click=on_retry) if on_retry is not None else None
    shown = title if title is not None else t("components.error.title")
    inner = empty_state("error", shown, text if text is not None else t("components.error.text"), again)
    return rx.el.div(inner, class_name="state-error", role="alert")


def no_permission(text: Text | None = None, action: Any = None) -> rx.Component:
    """The reader may not see this; text may name who can help."""
    return empty_state(
        "lock", t("components.forbidden.title"), text if text is not None else t("components.forbidden.text"), action
    )
