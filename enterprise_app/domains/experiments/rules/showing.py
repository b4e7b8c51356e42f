"""How effects stand on one axis, on the page as in the report: which interval counts, and how far all reach."""

from collections.abc import Iterable

from ..result_schemas import ArmOutcome, Results
from ..vocabulary import Inference, Monitoring

_WIDEST = 2.5
"""An interval wider than so many times the typical one does not set the scale; it is cut at the edge."""


def relative_interval(results: Results, control: ArmOutcome, arm: ArmOutcome) -> tuple[float, float] | None:
    """The interval that counts, as shares of the control: monitored bounds, beliefs or the test's own.

    Of the difference, so that it leaves zero where the test says so; a relative interval would carry the control's
    uncertainty as well and may not."""
    if arm.difference is None or not control.value or arm.difference.relative is None:
        return None
    base = abs(control.value)
    if results.inference is Inference.BAYESIAN and arm.belief is not None:
        return arm.belief.low / base, arm.belief.high / base
    if results.monitoring is Monitoring.ALWAYS_VALID and arm.bounds is not None:
        return arm.bounds.low / base, arm.bounds.high / base
    return arm.difference.low / base, arm.difference.high / base


def axis_limit(intervals: Iterable[tuple[float, float] | None]) -> float:
    """How far the one axis of all intervals reaches to either side: the widest, unless it dwarfs the typical one."""
    sizes = sorted(max(abs(low), abs(high)) for low, high in filter(None, intervals))
    return max(0.001, min(sizes[-1], _WIDEST * sizes[len(sizes) // 2])) if sizes else 0.1


def all_intervals(results: Results) -> list[tuple[float, float] | None]:
    """Of every variant on every metric; None without one."""
    return [relative_interval(results, metric.arms[0], arm) for metric in results.metrics for arm in metric.arms[1:]]
