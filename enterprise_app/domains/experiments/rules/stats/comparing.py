"""Two arms of one metric, whatever its kind: picks the test by the aggregate, adjusts by history where there is one."""

from dataclasses import replace

from .aggregates import Aggregate, Mean, Percentile, Proportion, Ratio
from .cuped import adjusted
from .effects import Effect, Lift, Note
from .failures import Reason, Unanswerable
from .means import welch
from .points import Point, point
from .proportions import compare_proportions

METHODS = {
    Mean: "Welch t",
    Ratio: "Welch t on a ratio (delta method)",
    Percentile: "Welch t on percentiles (order statistics)",
    Proportion: "Welch t on a rate",
}


def compare(
    control: Aggregate, variant: Aggregate, *, alpha: float = 0.05, lift: Lift = Lift.DELTA, cuped: bool = True
) -> Effect:
    """Variant against control at level alpha, two-sided.

    Proportions by `compare_proportions` (with history: Welch on adjusted rates), everything else by `welch`. `cuped`
    uses history if both have one that varies (Note.ADJUSTED), and says so if not (Note.NO_HISTORY).
    Raises Unanswerable: DIFFERENT_KINDS, and what the tests raise.
    """
    same_kind(control, variant)
    points = adjusted_points(control, variant) if cuped else None
    if points is not None:
        effect = welch(*points, alpha=alpha, lift=lift, method=f"{METHODS[type(control)]}, CUPED")
        return replace(effect, notes=(*effect.notes, Note.ADJUSTED))
    if isinstance(control, Proportion) and isinstance(variant, Proportion):
        effect = compare_proportions(control, variant, alpha=alpha, lift=lift)
    else:
        effect = welch(point(control), point(variant), alpha=alpha, lift=lift, method=_method(control))
    return replace(effect, notes=(*effect.notes, Note.NO_HISTORY)) if cuped else effect


def adjusted_points(control: Aggregate, variant: Aggregate) -> tuple[Point, Point] | None:
    """Both arms adjusted by history; None without one that varies (or when it explains all there is)."""
    if isinstance(control, Percentile) or isinstance(variant, Percentile):
        return None
    try:
        one, other = adjusted([control, variant])
    except Unanswerable as no:
        if no.reason is Reason.NO_HISTORY:
            return None
        raise
    return (one, other) if one.variance + other.variance > 0 else None


def same_kind(control: Aggregate, variant: Aggregate) -> None:
    """Only like is compared with like: the same aggregate, percentiles of the same q."""
    quantiles = {arm.q for arm in (control, variant) if isinstance(arm, Percentile)}
    if type(control) is not type(variant) or len(quantiles) > 1:
        raise Unanswerable(Reason.DIFFERENT_KINDS)


def _method(arm: Aggregate) -> str:
    if isinstance(arm, Percentile) and arm.clusters is not None:
        return "Welch t on percentiles (order statistics, clustered by unit)"
    return METHODS[type(arm)]
