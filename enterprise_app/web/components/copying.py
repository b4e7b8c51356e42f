"""Things to copy: keys, snippets, links."""

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .icons import icon
from .markup import Text, classes, parts


def copy_button(value: Text, *, label: Text | None = None) -> rx.Component:
    """An icon button that copies `value` and shows a tick for two seconds."""
    return react.Copy.create(
        icon("copy", class_name="when-idle"),
        icon("check", class_name="when-copied"),
        value=value,
        label=label if label is not None else t("components.copy"),
        done=t("components.copied"),
        class_name="button button-ghost button-sm button-icon copy-button",
    )


def copy_field(value: Text, *, label: Text, secret: bool = False) -> rx.Component:
    """A value on one line with a copy button; secret=True for what is shown only once.

    copy_field(State.write_key, label=t("campaigns.write_key"))
    """
    shown = rx.el.output(value, class_name="copy-value", dir="ltr", aria_label=label, tab_index=0)
    return rx.el.div(shown, copy_button(value), class_name=classes("copy-field", "copy-secret" if secret else ""))


def code_block(code: Text, *, title: Text | None = None) -> rx.Component:
    """A snippet with a copy button; always left to right.

    code_block(State.snippet, title="HTML")
    """
    head = rx.el.div(rx.el.span(title if title is not None else ""), copy_button(code), class_name="code-head")
    body = rx.el.pre(
        rx.el.code(code),
        tab_index=0,
        class_name="code-body",
        aria_label=title if title is not None else t("components.code"),
    )
    return rx.el.div(*parts(head, body), class_name="code", dir="ltr")
