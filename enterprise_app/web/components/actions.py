"""Buttons: one primary per view; secondary for the rest; ghost in toolbars; danger for what can't be undone."""

# Props keep the names of their HTML attributes.
# ruff: noqa: A002

from typing import Any

import reflex as rx

from .icons import icon as picture
from .markup import Flag, Text, classes, flag, given, parts, when
from .navigation import RouterLink


def _content(text: Text | None, icon: str | None, loading: Flag, icon_end: str | None = None) -> list[Any]:
    spinner = rx.el.span(class_name="spinner", aria_hidden="true")
    return parts(
        when(loading, spinner) if loading is not False else None,
        picture(icon) if icon else None,
        rx.el.span(text, class_name="button-text") if text is not None else None,
        picture(icon_end, 14) if icon_end else None,
    )


def _names(variant: str, size: str, extra: Any = "") -> Any:
    return classes("button", f"button-{variant}", f"button-{size}", extra)


def button(
    text: Text,
    *,
    variant: str = "secondary",
    size: str = "md",
    icon: str | None = None,
    icon_end: str | None = None,
    loading: Flag = False,
    disabled: Flag = False,
    type: Any = "button",
    **props: Any,
) -> rx.Component:
    """A button with text. variant: primary, secondary, ghost, danger; size: sm, md, lg. Loading keeps it focusable.

    button(t("campaigns.create"), variant="primary", icon="add", on_click=State.create, loading=State.saving)
    button(t("identity.sign_in"), variant="primary", type="submit")
    """
    return rx.el.button(
        *_content(text, icon, loading, icon_end),
        type=type,
        class_name=_names(variant, size, props.pop("class_name", "")),
        disabled=(disabled | loading)
        if isinstance(disabled, rx.Var) and isinstance(loading, rx.Var)
        else _either(disabled, loading),
        aria_busy=flag(loading),
        **props,
    )


def _either(one: Flag, other: Flag) -> Flag:
    """Whichever of the two is live or true."""
    if isinstance(one, rx.Var):
        return one if other is False else True
    return True if one else other


def button_link(
    text: Text, href: Text, *, variant: str = "secondary", size: str = "md", icon: str | None = None, **props: Any
) -> rx.Component:
    """A link that looks like a button: for going somewhere. Whole-page addresses (/auth/…): external=True."""
    names = _names(variant, size, props.pop("class_name", ""))
    if props.pop("external", False):
        content = _content(text, icon, False)
        return rx.el.a(*content, href=href, reload_document=True, class_name=names, **props)
    return RouterLink.create(*_content(text, icon, False), to=href, class_name=names, **props)


def icon_button(
    icon: str, label: Text, *, variant: str = "ghost", size: str = "md", pressed: Flag | None = None, **props: Any
) -> rx.Component:
    """A button with a picture only; the label is its accessible name and its tooltip.

    icon_button("edit", t("campaigns.edit"), on_click=State.edit(row.id))
    """
    return rx.el.button(
        picture(icon),
        type="button",
        class_name=_names(variant, size, classes("button-icon", props.pop("class_name", ""))),
        title=label,
        aria_label=label,
        **given(aria_pressed=None if pressed is None else flag(pressed)),
        **props,
    )
