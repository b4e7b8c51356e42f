"""Around a list: keyset paging, filters and their chips."""

from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .actions import button
from .icons import icon
from .inputs import Options, select
from .markup import Flag, Handler, Node, Text, filled, parts


def pagination(
    *,
    on_previous: Handler,
    on_next: Handler,
    has_previous: Flag,
    has_next: Flag,
    summary: Text | None = None,
    size: Node | None = None,
) -> rx.Component:
    """Previous and next (keyset paging has no page numbers); summary says how many there are, size chooses rows a page.

    pagination(on_previous=State.previous, on_next=State.next, has_previous=State.can_go_back,
               has_next=State.next_cursor != "", summary=State.range_text)
    """
    previous = button(
        t("components.paging.previous"),
        size="sm",
        icon="chevron_start",
        on_click=on_previous,
        disabled=_not(has_previous),
    )
    following = button(
        t("components.paging.next"), size="sm", icon_end="chevron_end", on_click=on_next, disabled=_not(has_next)
    )
    text = rx.el.span(summary if summary is not None else "", class_name="paging-text", aria_live="polite")
    return rx.el.div(
        *parts(text, size, rx.el.div(previous, following, class_name="row gap-2")),
        class_name="paging",
        role="group",
        aria_label=t("components.paging.label"),
    )


def _not(value: Flag) -> Flag:
    return ~value if isinstance(value, rx.Var) else not value


def filter_bar(
    *controls: Any, end: list[Any] | None = None, chips: Any = None, folded: Any = None, lead: int = 0
) -> rx.Component:
    """Search and filters in one line, the active filters as chips under it. With `folded`, the number of filters that
    are set, a phone shows the first `lead` controls and a button for the rest.

    filter_bar(search_input(State.q, State.search, label=…),
               filter_select(t("x.status"), STATUSES, State.status, State.set_status),
               chips=rx.foreach(State.filters, lambda f: chip(f.text, State.drop_filter(f.field))))
    """
    line = rx.el.div(
        rx.el.div(*_folded(controls, lead, folded), class_name="toolbar-start"),
        *([rx.el.div(*end, class_name="toolbar-end")] if end else []),
        class_name="toolbar",
    )
    below = rx.el.div(chips, class_name="chips") if chips is not None else None
    return rx.el.div(*parts(line, below), class_name="filters")


def _folded(controls: tuple[Any, ...], lead: int, count: Any) -> list[Any]:
    if count is None:
        return list(controls)
    rest = react.Folding.create(
        icon("filter", 14), *controls[lead:], label=t("components.filter.title"), count=count, class_name="folding"
    )
    return [*controls[:lead], rest]


def filter_select(
    label: Text, options: Options, value: Any, on_change: Handler, *, any_text: Text | None = None
) -> rx.Component:
    """A filter as a small select; the empty value means "any"."""
    return rx.el.label(
        rx.el.span(label, class_name="filter-label"),
        select(
            options,
            size="sm",
            placeholder=any_text if any_text is not None else t("components.filter.any"),
            value=value,
            on_change=on_change,
        ),
        class_name="filter",
    )


def chip(text: Text, on_remove: Handler = None, *, key_text: Text | None = None) -> rx.Component:
    """An active filter; on_remove takes it away."""
    name = filled(key_text, lambda label: rx.el.span(label, class_name="chip-key"))
    cross = None
    if on_remove is not None:
        cross = rx.el.button(
            icon("close", 12),
            rx.el.span(t("components.filter.remove"), " ", text, class_name="visually-hidden"),
            type="button",
            class_name="chip-remove",
            on_click=on_remove,
        )
    return rx.el.span(*parts(name, rx.el.bdi(text), cross), class_name="chip")
