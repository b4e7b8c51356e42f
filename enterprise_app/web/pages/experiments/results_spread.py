"""How a metric's values are spread over the units of each variant."""

from typing import Any

from enterprise_app.core.context import Context
from enterprise_app.domains.experiments.result_schemas import Bin, Distribution, MetricOutcome
from enterprise_app.domains.experiments.vocabulary import MetricKind
from enterprise_app.web.components.shapes import Shape
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.results_shapes import Names

SPREAD = (MetricKind.MEAN, MetricKind.REVENUE, MetricKind.PERCENTILE)
"""Kinds that have a distribution; of the others a unit did it or did not."""


class SpreadRow(Shape):
    """One variant in numbers."""

    id: str
    name: str
    hue: int
    units: str
    zeros: str
    mean: str
    most: str


def spread_rows(ctx: Context, metric: MetricOutcome, found: Distribution, names: Names) -> list[SpreadRow]:
    """Control first."""
    places = {key: number for number, key in enumerate(names)}
    return [
        SpreadRow(
            id=arm.variant, name=names.get(arm.variant, arm.variant), hue=places.get(arm.variant, 0) % 6 + 1,
            units=numbers.count(ctx, arm.units), zeros=numbers.percent(ctx, arm.zeros / arm.units if arm.units else 0),
            mean=numbers.value(ctx, metric, arm.mean), most=numbers.value(ctx, metric, arm.most),
        )
        for arm in found.arms
    ]  # fmt: skip


def spread_chart(ctx: Context, found: Distribution, names: Names) -> tuple[list[str], list[dict[str, Any]]]:
    """The bins in words, and of each variant the share of its units in each."""
    places = {key: number for number, key in enumerate(names)}
    series = []
    for number, arm in enumerate(found.arms):
        shares = [one.units[number] / arm.units if arm.units else 0 for one in found.bins]
        name, hue = names.get(arm.variant, arm.variant), places.get(arm.variant, 0) % 6 + 1
        series.append({"name": name, "hue": hue, "values": shares})
    return [_called(ctx, one, last=one is found.bins[-1]) for one in found.bins], series if found.bins else []


def _called(ctx: Context, one: Bin, *, last: bool) -> str:
    """Its range in plain numbers; the unit stands over the chart."""
    low = numbers.plain(ctx, one.low)
    if one.tail:
        return f"≥ {low}" if last else f"< {numbers.plain(ctx, one.high)}"
    return f"{low} – {numbers.plain(ctx, one.high)}"
