"""Effects with their intervals, side by side on one scale: what a forest plot shows, drawn with plain elements."""

from typing import Any

import reflex as rx

from .markup import Flag, Text


def interval_bar(
    start: Any, end: Any, point: Any, *, label: Text, tone: Text = "neutral", zero: Any = 50, shown: Flag = True
) -> rx.Component:
    """An interval with its estimate; places are 0–100 from the start edge, the same scale for all rows of a table.
    `zero` is where no effect is; the label says the interval in words.

    interval_bar(row.start, row.end, row.point, label=row.interval, tone=row.tone)
    """
    line = rx.el.span(
        rx.el.span(class_name="interval-zero", style={"insetInlineStart": _place(zero)}),
        rx.el.span(
            class_name="interval-range",
            style={"insetInlineStart": _place(start), "insetInlineEnd": _rest(end)},
        ),
        rx.el.span(class_name="interval-point", style={"insetInlineStart": _place(point)}),
        class_name="interval",
        role="img",
        aria_label=label,
        custom_attrs={"data-tone": tone},
    )
    bare = rx.el.span(
        rx.el.span(class_name="interval-zero", style={"insetInlineStart": _place(zero)}),
        class_name="interval",
        aria_hidden="true",
    )
    return rx.cond(shown, line, bare) if isinstance(shown, rx.Var) else (line if shown else bare)


def interval_axis(low: Text, middle: Text, high: Text) -> rx.Component:
    """The scale over a column of interval bars."""
    ends = [rx.el.span(text, dir="ltr") for text in (low, middle, high)]
    return rx.el.span(*ends, class_name="interval-axis")


def line_key(number: Any) -> rx.Component:
    """The colour of a line in the charts beside its name; number is 1–6."""
    return rx.el.span(class_name="chart-key", style={"background": f"var(--chart-{number})"}, aria_hidden="true")


def _place(value: Any) -> Any:
    return f"{value}%"


def _rest(end: Any) -> Any:
    """The distance from the end edge."""
    return f"calc(100% - {end}%)"
