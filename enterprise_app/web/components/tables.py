"""Data tables: server-side sorting, selection for bulk actions, row actions, skeleton, empty, and a phone layout."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .icons import icon
from .markup import Flag, Handler, Node, Text, classes, parts


@dataclass(frozen=True)
class Column:
    """A column: `cell(row)` gives its content. Numbers: align="end" (tabular figures). sort: field name if sortable.
    shown may be a Var, for columns that the reader chooses."""

    header: Text
    cell: Callable[[Any], Any]
    align: str = "start"
    sort: str | None = None
    width: str | None = None
    quiet: bool = False
    shown: Flag = True


@dataclass(frozen=True)
class Selection:
    """Rows ticked for bulk actions. on_row(id, checked) and on_all(checked) are State methods."""

    chosen: Any
    on_row: Any
    on_all: Any
    all_chosen: Any
    some_chosen: Any


def data_table(
    columns: list[Column],
    rows: Any,
    *,
    label: Text,
    row_id: Callable[[Any], Any] = lambda row: row.id,
    sort: Any = None,
    on_sort: Handler = None,
    actions: Callable[[Any], Any] | None = None,
    selection: Selection | None = None,
    loading: Flag = False,
    empty: Node | None = None,
    phone: str = "cards",
) -> rx.Component:
    """A table over a Var of rows. The first column names the row. phone: "cards" or "scroll" (first column stays).

    data_table(
        [Column(t("campaigns.name"), lambda r: link(r.name, f"/campaigns/{r.id}", quiet=True), sort="name"),
         Column(t("campaigns.visits"), lambda r: r.visits_text, align="end", sort="visits")],
        State.rows, label=t("campaigns.list.title"), sort=State.sort, on_sort=State.sort_by,   # on_sort("-name")
        actions=lambda r: menu(…), loading=State.loading, empty=empty_state(…))
    """
    head = rx.el.thead(rx.el.tr(*_headers(columns, sort, on_sort, actions, selection)))
    body = rx.el.tbody(rx.foreach(rows, lambda row: _row(columns, row, row_id, actions, selection)))
    width = len(columns) + (actions is not None) + (selection is not None)
    table = rx.el.table(head, _or_skeleton(loading, body, width), class_name=f"table table-{phone}")
    frame = rx.el.div(
        table, class_name=f"table-frame table-frame-{phone}", role="region", aria_label=label, tab_index=0
    )
    if empty is None:
        return frame
    nothing = (rows.length() == 0) if hasattr(rows, "length") else not rows
    if isinstance(loading, rx.Var):
        nothing = nothing & ~loading
    return rx.cond(nothing, rx.el.div(empty, class_name="table-empty"), frame)


def _or_skeleton(loading: Flag, body: rx.Component, width: int) -> Any:
    if loading is False:
        return body
    line = rx.el.tr(
        *[rx.el.td(rx.el.span(class_name="skeleton skeleton-text")) for _ in range(width)], class_name="row-skeleton"
    )
    wait = rx.el.tbody(*[line] * 6, aria_busy="true")
    return rx.cond(loading, wait, body)


def _headers(columns: list[Column], sort: Any, on_sort: Any, actions: Any, selection: Selection | None) -> list[Any]:
    tick = None
    if selection is not None:
        box = react.Check.create(
            checked=selection.all_chosen,
            indeterminate=selection.some_chosen,
            on_check=selection.on_all,
            custom_attrs={"aria-label": t("components.table.choose_all")},
        )
        tick = rx.el.th(box, class_name="cell-tick", scope="col")
    last = None
    if actions is not None:
        last = rx.el.th(
            rx.el.span(t("components.table.actions"), class_name="visually-hidden"),
            class_name="cell-actions",
            scope="col",
        )
    return parts(tick, *[_if_shown(column, _header(column, sort, on_sort)) for column in columns], last)


def _if_shown(column: Column, cell: rx.Component) -> Any:
    return rx.cond(column.shown, cell) if isinstance(column.shown, rx.Var) else cell


def _header(column: Column, sort: Any, on_sort: Any) -> rx.Component:
    names = classes("cell-end" if column.align == "end" else "")
    style = {"width": column.width} if column.width else {}
    if column.sort is None or on_sort is None:
        return rx.el.th(column.header, scope="col", class_name=names, style=style)
    up, down = sort == column.sort, sort == f"-{column.sort}"
    mark = rx.cond(
        up, icon("arrow_up", 12), rx.cond(down, icon("arrow_down", 12), icon("sort", 12, class_name="sort-idle"))
    )
    button = rx.el.button(
        column.header,
        mark,
        type="button",
        class_name="sort-button",
        on_click=on_sort(rx.cond(up, f"-{column.sort}", column.sort)),
    )
    direction = rx.cond(up, "ascending", rx.cond(down, "descending", "none"))
    return rx.el.th(button, scope="col", class_name=names, style=style, custom_attrs={"aria-sort": direction})


def _row(columns: list[Column], row: Any, row_id: Any, actions: Any, selection: Selection | None) -> rx.Component:
    key = row_id(row)
    tick = None
    state: dict[str, Any] = {}
    if selection is not None:
        chosen = selection.chosen.contains(key)
        box = react.Check.create(
            checked=chosen,
            on_check=lambda checked: selection.on_row(key, checked),
            custom_attrs={"aria-label": t("components.table.choose")},
        )
        tick = rx.el.td(box, class_name="cell-tick")
        state = {"data-chosen": rx.cond(chosen, "true", "false")}
    last = rx.el.td(actions(row), class_name="cell-actions") if actions is not None else None
    cells = [_if_shown(column, _cell(column, row, first=number == 0)) for number, column in enumerate(columns)]
    return rx.el.tr(*parts(tick, *cells, last), key=key, custom_attrs=state)


def _cell(column: Column, row: Any, *, first: bool) -> rx.Component:
    names = classes(
        "cell-end" if column.align == "end" else "", "cell-quiet" if column.quiet else "", "cell-first" if first else ""
    )
    if first:
        return rx.el.th(column.cell(row), scope="row", class_name=names)
    return rx.el.td(column.cell(row), class_name=names, custom_attrs={"data-label": column.header})


def bulk_bar(text: Text, *actions: Any, on_clear: Handler, shown: Flag) -> rx.Component:
    """What can be done with the ticked rows; stands over the table's head while any is ticked.

    bulk_bar(t("campaigns.chosen", count=State.chosen.length()),
             button(t("x.archive"), size="sm", on_click=State.archive_chosen),
             on_clear=State.choose_none, shown=State.chosen.length() > 0)
    """
    clear = rx.el.button(
        t("components.table.clear"), type="button", class_name="button button-ghost button-sm", on_click=on_clear
    )
    bar = rx.el.div(rx.el.span(text, class_name="bulk-text", role="status"), *actions, clear, class_name="bulk-bar")
    return rx.cond(shown, bar, rx.fragment())
