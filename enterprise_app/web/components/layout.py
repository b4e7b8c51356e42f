"""Layout: page header, sections, cards and the few ways to put things next to or under each other."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from .markup import Node, Text, classes, filled, given, parts, when


def page_header(
    title: Text, description: Text | None = None, actions: Sequence[Node] | None = None, *, above: Node | None = None
) -> rx.Component:
    """The one h1 of a page, with its actions at the end of the line.

    page_header(t("campaigns.list.title"), t("campaigns.list.text"), [button(t("campaigns.new"), variant="primary")])
    """
    heading = rx.el.div(
        *parts(
            above,
            rx.el.h1(title, class_name="page-title"),
            filled(description, lambda text: rx.el.p(text, class_name="page-text")),
        ),
        class_name="page-heading",
    )
    return rx.el.header(
        *parts(heading, when(bool(actions), rx.el.div(*(actions or []), class_name="page-actions"))),
        class_name="page-header",
    )


def section(
    title: Text, *children: Node, description: Text | None = None, actions: Sequence[Node] | None = None
) -> rx.Component:
    """A part of a page under its own h2.

    section(t("settings.brand"), field(…), field(…), description=t("settings.brand_text"))
    """
    head = rx.el.div(
        rx.el.div(
            *parts(
                rx.el.h2(title, class_name="section-title"),
                filled(description, lambda text: rx.el.p(text, class_name="section-text")),
            ),
        ),
        *parts(when(bool(actions), rx.el.div(*(actions or []), class_name="section-actions"))),
        class_name="section-head",
    )
    return rx.el.section(head, *children, class_name="section")


def card(
    *children: Node,
    title: Node | None = None,
    actions: Sequence[Node] | None = None,
    footer: Node | None = None,
    flush: bool = False,
    level: int = 2,
) -> rx.Component:
    """A surface that groups. flush=True lets a table or list reach the edges; level is the heading's (2 or 3).

    card(chart(…), title=t("analytics.visitors"), actions=[segmented(…)])
    """
    heading = rx.el.h2 if level == 2 else rx.el.h3
    head = (
        rx.el.div(
            heading(title, class_name="card-title"),
            *parts(when(bool(actions), rx.el.div(*(actions or []), class_name="row"))),
            class_name="card-head",
        )
        if title is not None
        else None
    )
    body = rx.el.div(*children, class_name="card-flush" if flush else "card-body")
    foot = rx.el.div(footer, class_name="card-foot") if footer is not None else None
    return rx.el.div(*parts(head, body, foot), class_name="card")


def stack(*children: Any, gap: int = 4, **props: Any) -> rx.Component:
    """Children under each other; gap in steps of the 4-px grid (1–8)."""
    return rx.el.div(*children, class_name=classes("stack", f"gap-{gap}", props.pop("class_name", "")), **props)


def row(*children: Any, gap: int = 2, between: bool = False, wrap: bool = True, **props: Any) -> rx.Component:
    """Children beside each other, centred on the line; between=True pushes them to both ends."""
    names = classes(
        "row", f"gap-{gap}", "row-between" if between else "", "" if wrap else "row-nowrap", props.pop("class_name", "")
    )
    return rx.el.div(*children, class_name=names, **props)


def grid(*children: Any, smallest: int = 220, gap: int = 4, **props: Any) -> rx.Component:
    """Equal columns, as many as fit, none narrower than `smallest` px: for tiles and cards."""
    return rx.el.div(*children, class_name=f"grid gap-{gap}", style={"--grid-min": f"{smallest}px"}, **props)


def split(main: Node, aside: Node, *, side: str = "end", narrow: bool = False) -> rx.Component:
    """Main content with a side column; under each other below 960 px. side is start or end."""
    names = classes("split", f"split-{side}", "split-narrow" if narrow else "")
    return rx.el.div(
        rx.el.div(main, class_name="split-main"), rx.el.div(aside, class_name="split-aside"), class_name=names
    )


def toolbar(*start: Any, end: list[Any] | None = None, label: Text | None = None) -> rx.Component:
    """A line of controls above content: start-aligned ones, and those at the end of the line."""
    return rx.el.div(
        rx.el.div(*start, class_name="toolbar-start"),
        *parts(when(bool(end), rx.el.div(*(end or []), class_name="toolbar-end"))),
        class_name="toolbar",
        **given(role="group" if label is not None else None, aria_label=label),
    )


def divider() -> rx.Component:
    """A hairline between groups."""
    return rx.el.hr(class_name="divider")
