"""Numbers: tiles with their change, meters, progress, ranked bars. Values arrive formatted in the reader's locale."""

from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .icons import icon
from .markup import Flag, Node, Text, filled, given, parts, when
from .navigation import link


def delta(text: Text, direction: Text, good: Flag | None = None) -> rx.Component:
    """A change: direction is up, down or flat; good colours it (None: neutral, when neither way is better)."""
    tone: Any = "neutral"
    if good is not None:
        tone = rx.cond(good, "success", "danger") if isinstance(good, rx.Var) else ("success" if good else "danger")
    if isinstance(direction, rx.Var):
        tone = rx.cond(direction == "flat", "neutral", tone)
        arrow = rx.match(direction, ("up", icon("trend_up", 14)), ("down", icon("trend_down", 14)), icon("minus", 14))
    else:
        arrow = icon({"up": "trend_up", "down": "trend_down"}.get(direction, "minus"), 14)
    return rx.el.span(arrow, rx.el.span(text, dir="ltr"), class_name="delta", custom_attrs={"data-tone": tone})


def stat_tile(
    label: Text,
    value: Node,
    *,
    unit: Text | None = None,
    change: Text | None = None,
    direction: Text = "flat",
    good: Flag | None = None,
    previous: Node | None = None,
    spark: Any = None,
    loading: Flag = False,
    href: Text | None = None,
) -> rx.Component:
    """A number with its change against the previous period and its trend; href opens the rows behind it.

    stat_tile(t("analytics.visitors"), State.visitors.text, change=State.visitors.change,
              direction=State.visitors.direction, good=State.visitors.good,
              previous=t("analytics.versus", value=State.visitors.before), spark=State.visitors.trend)
    """
    number = rx.el.span(
        *parts(value, filled(unit, lambda text: rx.el.span(text, class_name="stat-unit"))), class_name="stat-value"
    )
    against = parts(
        filled(change, lambda text: delta(text, direction, good)),
        filled(previous, lambda text: rx.el.span(text, class_name="stat-previous")),
    )
    name = link(label, href, quiet=True) if href is not None else label
    trend = react.Sparkline.create(values=spark, class_name="sparkline") if spark is not None else None
    body = rx.el.div(
        *parts(rx.el.div(number, rx.el.div(*against, class_name="stat-change")), trend), class_name="stat-body"
    )
    wait = rx.el.div(
        rx.el.span(class_name="skeleton skeleton-number"),
        rx.el.span(class_name="skeleton skeleton-text"),
        class_name="stat-wait",
    )
    return rx.el.div(
        rx.el.div(name, class_name="stat-label"),
        when(loading, wait, body) or body,
        class_name="card stat",
        aria_busy=_busy(loading),
    )


def _is_empty(rows: Any) -> Any:
    return (rows.length() == 0) if hasattr(rows, "length") else not rows


def _busy(loading: Flag) -> Any:
    return rx.cond(loading, "true", "false") if isinstance(loading, rx.Var) else str(loading).lower()


def bar_list(rows: Any, *, label: Text, value_label: Text, empty: Node | None = None) -> rx.Component:
    """Ranked lines with a bar behind: top pages, sources. rows: Var of shapes.BarRow.

    bar_list(State.top_pages, label=t("analytics.page"), value_label=t("analytics.views"))
    """

    def line(row: Any) -> rx.Component:
        name = rx.cond(row.href != "", link(rx.el.bdi(row.label), row.href, quiet=True), rx.el.bdi(row.label))
        return rx.el.li(
            rx.el.span(class_name="bar-fill", style={"inlineSize": f"{row.share}%"}, aria_hidden="true"),
            rx.el.span(name, class_name="bar-label"),
            rx.el.span(row.value, class_name="bar-value"),
            class_name="bar-row",
        )

    head = rx.el.div(rx.el.span(label), rx.el.span(value_label), class_name="bar-head", aria_hidden="true")
    listing = rx.el.div(head, rx.el.ol(rx.foreach(rows, line), class_name="bar-list", aria_label=label))
    if empty is None:
        return listing
    nothing = _is_empty(rows)
    return rx.cond(nothing, empty, listing)


def meter(label: Text, text: Text, percent: Any, *, tone: Text = "accent") -> rx.Component:
    """Used of a limit; percent 0–100, text says it in words ("3 of 10"). tone: accent, warning, danger.

    meter(t("tenancy.campaigns"), State.campaigns_text, State.campaigns_percent, tone=State.campaigns_tone)
    """
    track = rx.el.div(
        rx.el.div(class_name="meter-fill", style={"inlineSize": _percent(percent)}), class_name="meter-track"
    )
    bar = rx.el.div(
        track,
        aria_label=label,
        custom_attrs={
            "role": "meter",
            "aria-valuenow": percent,
            "aria-valuemin": 0,
            "aria-valuemax": 100,
            "aria-valuetext": text,
        },
    )
    head = rx.el.div(rx.el.span(label), rx.el.span(text, class_name="meter-text"), class_name="meter-head")
    return rx.el.div(head, bar, class_name="meter", custom_attrs={"data-tone": tone})


def progress(label: Text, percent: Any = None, *, text: Text | None = None, on_cancel: Any = None) -> rx.Component:
    """Progress of long work: percent 0–100, or None while its size is unknown; with what is done and a way to cancel.

    progress(t("import.running"), State.percent, text=State.rate_text, on_cancel=State.cancel)
    """
    values = {"aria-valuemin": 0, "aria-valuemax": 100} | given(**{"aria-valuenow": percent})
    fill = rx.el.div(class_name="meter-fill", style={"inlineSize": _percent(percent)} if percent is not None else {})
    track = rx.el.div(
        rx.el.div(fill, class_name="meter-track"), role="progressbar", aria_label=label, custom_attrs=values
    )
    cancel = None
    if on_cancel is not None:
        cancel = rx.el.button(
            t("components.cancel"), type="button", class_name="button button-ghost button-sm", on_click=on_cancel
        )
    detail = rx.el.span(text, class_name="meter-text", aria_live="polite") if text is not None else None
    head = rx.el.div(*parts(rx.el.span(label), detail, cancel), class_name="meter-head")
    return rx.el.div(
        head, track, class_name="meter progress" if percent is not None else "meter progress progress-unknown"
    )


def _percent(value: Any) -> Any:
    return f"{value}%"
