"""Dropdown menus: a trigger button and its items; arrow keys, Home/End, letters, Esc and outside click work."""

from typing import Any

import reflex as rx

from . import react
from .icons import icon as picture
from .markup import Node, Text, classes, parts
from .navigation import RouterLink


def menu(trigger: Node, *items: Any, label: Text, align: str = "start") -> rx.Component:
    """A dropdown. align is the edge of the trigger it hangs from: start or end.

    menu(icon_button("more", t("x.more")), menu_item(t("x.rename"), on_click=State.rename(row.id)),
         menu_separator(), menu_item(t("x.delete"), icon="delete", danger=True, on_click=…),
         label=row.name, align="end")
    """
    panel = rx.el.div(*items, class_name="popup-menu", role="menu", aria_label=label, data_align=align)
    return react.Menu.create(trigger, panel, class_name="menu-root")


def _content(text: Node, icon: str | None, shortcut: str | None, checked: Any) -> list[Any]:
    return parts(
        picture(icon) if icon else None,
        rx.el.span(text, class_name="menu-text"),
        rx.el.kbd(shortcut, class_name="kbd", dir="ltr") if shortcut else None,
        picture("check", 14, class_name="menu-check") if checked is not None else None,
    )


def menu_item(
    text: Node,
    *,
    icon: str | None = None,
    danger: bool = False,
    shortcut: str | None = None,
    checked: Any = None,
    **props: Any,
) -> rx.Component:
    """An entry that does something; checked (bool or Var) makes it one choice of several."""
    role, state = (
        ("menuitem", {}) if checked is None else ("menuitemradio", {"aria-checked": rx.cond(checked, "true", "false")})
    )
    return rx.el.button(
        *_content(text, icon, shortcut, checked),
        type="button",
        role=role,
        tab_index=-1,
        class_name=classes("menu-entry", "menu-entry-danger" if danger else ""),
        custom_attrs=state,
        **props,
    )


def menu_link(text: Node, href: Text, *, icon: str | None = None, external: bool = False) -> rx.Component:
    """An entry that goes somewhere."""
    props = {"role": "menuitem", "tabIndex": -1}
    if external:  # Reflex's own <a> asks the router, which knows no files and no API
        content = _content(text, icon, None, None)
        return rx.el.a(*content, href=href, reload_document=True, class_name="menu-entry", custom_attrs=props)
    return RouterLink.create(*_content(text, icon, None, None), to=href, class_name="menu-entry", custom_attrs=props)


def menu_label(text: Node) -> rx.Component:
    """A quiet heading inside a menu."""
    return rx.el.div(text, class_name="menu-caption", role="presentation")


def menu_separator() -> rx.Component:
    """A line between groups of entries."""
    return rx.el.hr(class_name="menu-separator")
