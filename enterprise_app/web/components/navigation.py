"""Ways to switch a view whose state lives in the URL: tabs, segments, links, breadcrumbs."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from .icons import icon
from .markup import Flag, Handler, Node, Text, classes, filled, flag, given, parts


def link(text: Node, href: Text, *, quiet: bool = False, external: bool = False, **props: Any) -> rx.Component:
    """A link in running text; quiet=True shows the line on hover only (for table cells).

    link(row.name, f"/campaigns/{row.id}", quiet=True)
    """
    names = classes("link", "link-quiet" if quiet else "", props.pop("class_name", ""))
    if external:
        outside = {"target": "_blank", "rel": "noopener noreferrer"}
        return rx.el.a(text, icon("external", 12), href=href, class_name=names, **outside, **props)
    return RouterLink.create(text, to=href, class_name=names, **props)


class RouterLink(rx.Component):
    """React Router's link: changes the page without reloading it."""

    library = "react-router"
    tag = "Link"
    to: rx.Var[str]
    prevent_scroll_reset: rx.Var[bool]
    replace: rx.Var[bool]


def tab(text: Text, href: Text, active: Flag, *, count: Text | None = None) -> rx.Component:
    """One tab: a link, so that reload and the back button keep the view."""
    return RouterLink.create(
        *parts(text, filled(count, lambda number: rx.el.span(number, class_name="tab-count"))),
        to=href,
        class_name="tab",
        prevent_scroll_reset=True,
        custom_attrs={
            "aria-current": rx.cond(active, "page", "false")
            if isinstance(active, rx.Var)
            else ("page" if active else "false")
        },
    )


def tabs(*items: Node, label: Text) -> rx.Component:
    """A line of tabs.

    tabs(tab(t("x.all"), "?status=", State.status == ""), tab(t("x.live"), "?status=live", State.status == "live"),
         label=t("x.views"))
    """
    return rx.el.nav(*items, class_name="tabs", aria_label=label)


def segmented(
    options: Sequence[tuple[str, Text]], value: Text, on_change: Handler, *, label: Text, size: str = "md"
) -> rx.Component:
    """A choice of two to five, all visible; arrow keys move (native radio behaviour by aria-pressed buttons).

    segmented([("hour", t("x.hour")), ("day", t("x.day"))], State.interval, State.set_interval, label=t("x.interval"))
    """

    def choice(option: tuple[str, Text]) -> rx.Component:
        key, text = option
        return rx.el.button(
            text,
            type="button",
            class_name="segment",
            on_click=on_change(key),
            custom_attrs={"aria-pressed": flag(value == key)},
        )

    return rx.el.div(
        *[choice(option) for option in options],
        class_name=f"segmented segmented-{size}",
        role="group",
        aria_label=label,
    )


def breadcrumbs(crumbs: Sequence[tuple[Text, str]], current: Text, *, label: Text) -> rx.Component:
    """Where this page stands: links to the parents, then the page itself.

    breadcrumbs([(t("campaigns.list.title"), "/campaigns")], State.campaign.name, label=t("shell.breadcrumbs"))
    """
    parents = [
        rx.el.li(link(text, href, quiet=True), icon("chevron_end", 14, class_name="path-mark"), class_name="path-step")
        for text, href in crumbs
    ]
    here = rx.el.li(rx.el.span(current, **given(aria_current="page")), class_name="path-step")
    return rx.el.nav(rx.el.ol(*parents, here, class_name="path"), aria_label=label)
