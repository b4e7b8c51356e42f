"""Dialogs and drawers on the native <dialog>: focus stays inside, Esc and the backdrop close, focus returns."""

# Props keep the names of their HTML attributes.
# ruff: noqa: A002

from collections.abc import Sequence
from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .actions import button, icon_button
from .markup import Flag, Handler, Node, Text, classes, filled, parts


def dialog(
    *children: Any,
    open: Any,
    on_close: Handler,
    title: Text,
    key: str,
    text: Text | None = None,
    footer: Sequence[Node] | None = None,
    size: str = "md",
    kind: str = "dialog",
) -> rx.Component:
    """A modal. `open` is a Var; `on_close` sets it false; key is unique on the page; size: sm, md, lg, xl.

    dialog(form(…), open=State.inviting, on_close=State.stop_inviting, title=t("members.invite"), key="invite")
    """
    head = rx.el.div(
        rx.el.h2(title, class_name="dialog-title", custom_attrs={"id": f"d-{key}"}),
        icon_button("close", t("components.close"), size="sm", data_close=""),
        class_name="dialog-head",
    )
    body = rx.el.div(
        *parts(filled(text, lambda words: rx.el.p(words, class_name="dialog-text")), *children),
        class_name="dialog-body",
        data_body="",
    )
    foot = rx.el.div(*footer, class_name="dialog-foot") if footer else None
    return react.Dialog.create(
        *parts(head, body, foot),
        open=open,
        on_close=on_close,
        labelled_by=f"d-{key}",
        class_name=classes(kind, f"{kind}-{size}"),
    )


def confirm_dialog(
    *,
    open: Any,
    on_close: Handler,
    on_confirm: Handler,
    title: Text,
    text: Text,
    confirm: Text,
    key: str,
    busy: Flag = False,
    danger: bool = True,
    more: Node | None = None,
) -> rx.Component:
    """Asks before what can't be undone; `confirm` names the deed ("Delete campaign"), never "OK". Cancel has the focus.
    `more` stands below the text: what else is asked.

    confirm_dialog(open=State.asking, on_close=State.keep, on_confirm=State.delete, title=t("x.delete_title"),
                   text=t("x.delete_text"), confirm=t("x.delete"), key="delete")
    """
    head = rx.el.h2(title, class_name="dialog-title", custom_attrs={"id": f"d-{key}"})
    words = rx.el.p(text, class_name="dialog-text", custom_attrs={"id": f"d-{key}-text"})
    body = rx.el.div(head, words, *([] if more is None else [more]), class_name="dialog-body")
    foot = rx.el.div(
        button(t("components.cancel"), data_close="", auto_focus=True),
        button(confirm, variant="danger" if danger else "primary", loading=busy, on_click=on_confirm),
        class_name="dialog-foot",
    )
    return react.Dialog.create(
        body, foot, open=open, on_close=on_close, labelled_by=f"d-{key}", described_by=f"d-{key}-text",
        class_name="dialog dialog-sm", custom_attrs={"role": "alertdialog"},
    )  # fmt: skip


def drawer(
    *children: Any,
    open: Any,
    on_close: Handler,
    title: Text,
    key: str,
    footer: Sequence[Node] | None = None,
    size: str = "md",
) -> rx.Component:
    """A panel from the end edge, for details and longer forms beside the list they belong to.

    drawer(form(…), open=State.editing, on_close=State.stop, title=t("campaigns.edit"), key="edit")
    """
    return dialog(
        *children, open=open, on_close=on_close, title=title, key=key, footer=footer, size=size, kind="drawer"
    )


def tooltip(child: Node, text: Text) -> rx.Component:
    """Words on hover and focus; only for what is also said elsewhere (touch has no hover).

    tooltip(badge("p95"), t("bench.p95_text"))
    """
    return rx.el.span(child, rx.el.span(text, class_name="tooltip-text", role="tooltip"), class_name="tooltip")
