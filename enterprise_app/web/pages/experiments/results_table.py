"""The table of metrics by variant, with all intervals on one scale: a forest plot that reads as a table."""

from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.components.intervals import interval_axis, interval_bar, line_key
from enterprise_app.web.texts import t


def outcome_table(
    rows: Any, *, label: ui.Text, axis_low: Any, axis_high: Any, bayesian: Any = False, on_choose: Any = None
) -> rx.Component:
    """rows: Var of results_shapes.MetricRow; `bayesian` shows chances and losses where else p values stand. With
    `on_choose(id)` a row of the table's groups can be opened."""
    head = rx.el.thead(rx.el.tr(*_heads(axis_low, axis_high, bayesian)))
    body = rx.foreach(rows, lambda row: _group(row, bayesian, on_choose))
    table = rx.el.table(head, body, class_name="table table-cards outcomes")
    return rx.el.div(table, class_name="table-frame table-frame-cards", role="region", aria_label=label, tab_index=0)


def _heads(low: Any, high: Any, bayesian: Any) -> list[Any]:
    def head(text: Any, end: bool = True, **props: Any) -> rx.Component:
        return rx.el.th(text, scope="col", class_name="cell-end" if end else "", **props)

    axis = rx.el.span(t("results.column.interval"), class_name="visually-hidden")
    return [
        head(t("results.column.variant"), end=False),
        head(t("results.column.units")),
        head(t("results.column.value")),
        head(t("results.column.change")),
        head(rx.fragment(axis, interval_axis(low, "0", high)), end=False),
        _either(bayesian, head(t("results.column.chance")), head(t("results.column.p"))),
        _either(bayesian, head(t("results.column.loss")), rx.fragment()),
        head(t("results.column.status"), end=False),
    ]


def _either(bayesian: Any, yes: Any, no: Any) -> Any:
    return rx.cond(bayesian, yes, no) if isinstance(bayesian, rx.Var) else (yes if bayesian else no)


def _group(row: Any, bayesian: Any, on_choose: Any) -> rx.Component:
    name: Any = rx.el.bdi(row.name, class_name="outcome-name")
    if on_choose is not None:
        name = rx.el.button(
            name,
            ui.icon("chevron_end", 14),
            type="button",
            class_name="outcome-open",
            on_click=on_choose(row.id),
            custom_attrs={"aria-pressed": rx.cond(row.chosen, "true", "false")},
        )
    role = rx.cond(row.role != "", ui.badge(row.role, row.role_tone))
    title = rx.el.div(name, role, rx.el.span(row.about, class_name="text-quiet"), class_name="row gap-2")
    first = rx.el.tr(
        rx.el.th(title, col_span=8, scope="rowgroup", class_name="outcome-head"),
        custom_attrs={"data-chosen": rx.cond(row.chosen, "true", "false")},
    )
    return rx.el.tbody(first, rx.foreach(row.arms, lambda arm: _line(arm, bayesian)))


def _line(arm: Any, bayesian: Any) -> rx.Component:
    name = rx.el.span(line_key(arm.hue), rx.el.bdi(arm.name), class_name="variant-name")
    about = rx.cond(arm.control, ui.badge(t("results.control")))
    bar = rx.cond(
        arm.control,
        rx.fragment(),
        interval_bar(arm.start, arm.end, arm.point, label=arm.interval, tone=arm.tone, shown=arm.has_interval),
    )
    told = rx.cond(arm.interval != "", rx.el.span(arm.interval, class_name="cell-note"))
    status = rx.cond(
        arm.failure != "",
        rx.el.span(arm.failure, class_name="text-quiet"),
        rx.cond(arm.status != "", ui.badge(arm.status, arm.tone), rx.fragment()),
    )
    return rx.el.tr(
        rx.el.th(rx.el.span(name, about, class_name="row gap-2"), scope="row", class_name="cell-first"),
        _cell("units", rx.el.span(arm.units)),
        _cell("value", _two(arm.value, arm.value_range, arm.total)),
        _cell("change", _two(arm.change, arm.absolute, tone=arm.tone)),
        _cell("interval", rx.el.span(bar, told, class_name="interval-lines"), end=False),
        _either(bayesian, _cell("chance", _ltr(arm.chance)), _cell("p", _ltr(arm.p))),
        _either(bayesian, _cell("loss", _ltr(arm.loss)), rx.fragment()),
        _cell("status", status, end=False),
        key=arm.id,
        custom_attrs={"data-control": rx.cond(arm.control, "true", "false")},
    )


def _cell(column: str, content: Any, *, end: bool = True) -> rx.Component:
    name = f"cell-end outcome-{column}" if end else f"outcome-{column}"
    return rx.el.td(content, class_name=name, custom_attrs={"data-label": t(f"results.column.{column}")})


def _ltr(text: Any) -> rx.Component:
    return rx.el.span(text, dir="ltr")


def _two(first: Any, *more: Any, tone: Any = None) -> rx.Component:
    """A number, and under it quietly what explains it."""
    attributes = {} if tone is None else {"data-tone": tone}
    shown = rx.el.span(first, class_name="cell-main", custom_attrs=attributes)
    notes = [rx.cond(text != "", rx.el.span(text, class_name="cell-note")) for text in more]
    return rx.el.span(shown, *notes, class_name="cell-lines")
