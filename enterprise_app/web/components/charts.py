"""Charts over plain JSON. The drawing library loads only where a chart is; a hidden table carries the same numbers."""

from typing import Any

import reflex as rx

from . import react
from .markup import Node, Text, given


def chart(
    x: Any,
    series: Any,
    *,
    label: Text,
    kind: Text = "area",
    height: int = 260,
    stacked: bool = False,
    number_format: str = "number",
    currency: Text | None = None,
    legend: bool = True,
    log: bool = False,
    marks: Any = None,
    empty: Node | None = None,
) -> rx.Component:
    """A line, area, bar or donut chart. x: Var[list[str]] of labels, already formatted; series: Var[list[dict]] with
    name, values (None = gap), and optionally dash=True (previous period) and kind (line/area/bar).
    number_format: number, percent (0.1 = 10 %), currency, p (two digits that count). Language, direction and theme
    follow the page. With `low` and `high` beside its values a line has its interval drawn behind it; `hue` (1–6) keeps
    a colour whatever else is shown. `log`: values from 1 down to nearly 0 on a logarithmic axis. marks: Var[list[dict]]
    of moments to point at, each with `at` (index of its label) and `text`.

    chart(State.labels, State.series, label=t("analytics.visitors_by_day"))
    State.series = [{"name": "Visitors", "values": [3, 5]}, {"name": "Previous", "values": [2, 4], "dash": True}]
    """
    drawing = react.Chart.create(
        x=x,
        series=series,
        label=label,
        kind=kind,
        height=height,
        stacked=stacked,
        format=number_format,
        legend=legend,
        class_name="chart",
        log=log,
        **given(currency=currency, marks=marks),
    )
    if empty is None:
        return drawing
    nothing = (x.length() == 0) if hasattr(x, "length") else not x
    return rx.cond(nothing, empty, drawing)
