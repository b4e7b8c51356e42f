"""Sums of an arm, measured or submitted, as the aggregates of the statistics."""

from collections.abc import Mapping, Sequence

from enterprise_app.core.errors import FieldProblem

from ..metric_schemas import Definition
from ..result_schemas import ArmGiven
from ..vocabulary import MetricKind
from .stats.aggregates import Aggregate, Cuped, Mean, Percentile, Proportion, Ratio, RatioCuped
from .stats.failures import Unanswerable

BINARY = (MetricKind.PROPORTION, MetricKind.RETENTION)
_NEEDED = {
    MetricKind.PROPORTION: ("converted",),
    MetricKind.RETENTION: ("converted",),
    MetricKind.MEAN: ("total", "squares"),
    MetricKind.REVENUE: ("total", "squares"),
    MetricKind.RATIO: ("total", "squares", "denominator", "denominator_squares", "cross"),
}
_FIELDS = ("converted", "total", "squares", "denominator", "denominator_squares", "cross")


def aggregate(definition: Definition, n: int, sums: Mapping[str, float], values: Sequence[float] = ()) -> Aggregate:
    """By the names of `queries.analysis`: y, b, x, z and their products. Raises Unanswerable for impossible sums."""
    if definition.kind is MetricKind.PERCENTILE:
        return Percentile.of(definition.percentile or 0.5, list(values))
    if definition.kind is MetricKind.RATIO:
        return Ratio(n, *(sums[name] for name in ("y", "b", "yy", "bb", "yb")), cuped=_ratio_history(sums))
    history = Cuped(sums["x"], sums["xx"], sums["yx"]) if "x" in sums else None
    if definition.kind in BINARY:
        return Proportion(n, round(sums["y"]), history)
    return Mean(n, sums["y"], sums["yy"], history)


def _ratio_history(sums: Mapping[str, float]) -> RatioCuped | None:
    if "x" not in sums or "z" not in sums:
        return None
    return RatioCuped(
        sums["x"], sums["z"], sums["xx"], sums["zz"], sums["xz"], sums["yx"], sums["yz"], sums["bx"], sums["bz"]
    )


def given(definition: Definition, arm: ArmGiven) -> Aggregate:
    """Submitted sums, checked by `problems_of` before. Raises Unanswerable for impossible ones."""
    sums = {
        "y": arm.total, "yy": arm.squares, "b": arm.denominator, "bb": arm.denominator_squares, "yb": arm.cross,
    }  # fmt: skip
    if arm.converted is not None:
        sums["y"] = arm.converted
    return aggregate(definition, arm.units, {name: value for name, value in sums.items() if value is not None})


def problems_of(definition: Definition, arm: ArmGiven, where: str) -> list[FieldProblem]:
    """What is missing, does not belong there, or can be the sums of nothing."""
    if definition.kind is MetricKind.PERCENTILE:
        return [FieldProblem(where, "results_percentile")]
    needed = _NEEDED[definition.kind]
    found = [FieldProblem(f"{where}.{name}", "required") for name in needed if getattr(arm, name) is None]
    unfit = [name for name in _FIELDS if name not in needed and getattr(arm, name) is not None]
    params = {"kind": definition.kind.value}
    found += [FieldProblem(f"{where}.{name}", "metric_field_unfit", params) for name in unfit]
    if found:
        return found
    try:
        given(definition, arm)
    except Unanswerable as no:
        return [FieldProblem(where, "results_impossible", {"reason": no.reason.value})]
    return []
