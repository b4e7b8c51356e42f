"""Relative effects: the difference as a share of control, with an interval that knows control is estimated too.

The share is of |control|, so that a gain is positive also where control is negative (a margin, say).
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .effects import Effect, Lift, Note
from .points import Point

STABLE = 3.0
"""Standard errors that control must be away from 0: below, the ratio is far from normal (Franz 2007,
arXiv:0710.2024)."""

Bounds = tuple[float, float] | None


def relatively(effect: Effect, control: Point, variant: Point, quantile: float, lift: Lift = Lift.DELTA) -> Effect:
    """The effect with its relative figures; `quantile` (z or t) is that of the absolute interval.

    Without a baseline (control 0, or so small that no double holds the share) all are None (NO_BASELINE). Delta and log
    leave the interval out when control is within 3 standard errors of 0, log also when an arm is not positive, Fieller
    when its set is not an interval (UNSTABLE_BASELINE).
    """
    if control.baseline == 0:
        return replace(effect, notes=(*effect.notes, Note.NO_BASELINE))
    relative = effect.estimate / abs(control.baseline)
    if not math.isfinite(relative):
        return replace(effect, notes=(*effect.notes, Note.NO_BASELINE))
    bounds = _BOUNDS[lift](relative, control, variant, quantile)
    if bounds is None:
        return replace(effect, relative=relative, notes=(*effect.notes, Note.UNSTABLE_BASELINE))
    return replace(effect, relative=relative, relative_low=bounds[0], relative_high=bounds[1])


def delta_error2(control_error2: Any, control: Any, variant_error2: Any, variant: Any) -> Any:
    """Squared standard error of variant/control by the delta method; floats or columns.

    Source: Deng, Knoblich, Lu (KDD 2018), section 3.2; Casella, Berger, "Statistical Inference", example 5.5.27.
    """
    return variant_error2 / control**2 + control_error2 * variant**2 / control**4


def _delta(relative: float, control: Point, variant: Point, quantile: float) -> Bounds:
    if abs(control.baseline) < STABLE * control.error:
        return None
    base = abs(control.baseline)
    reach = quantile * math.hypot(variant.error / base, control.error / base * (variant.baseline / base))
    return (relative - reach, relative + reach) if math.isfinite(reach) else None


def _log(relative: float, control: Point, variant: Point, quantile: float) -> Bounds:
    """Normal on the scale of ln(variant/control). Source: Katz et al. (1978), Biometrics 34, for risks."""
    if control.baseline <= 0 or 1 + relative <= 0 or control.baseline < STABLE * control.error:
        return None
    ratio = 1 + relative
    reach = quantile * math.sqrt(
        variant.error2 / (ratio * control.baseline) ** 2 + control.error2 / control.baseline**2
    )
    return ratio * math.exp(-reach) - 1, ratio * math.exp(reach) - 1


def _fieller(relative: float, control: Point, variant: Point, quantile: float) -> Bounds:
    """Roots of (variant − r·control)² = q²·(v + r²·c). Source: Fieller (1954), JRSS B 16; independent arms."""
    base = abs(control.baseline)
    ratio = relative + control.baseline / base
    a = base**2 - quantile**2 * control.error2
    if a <= 0:
        return None
    half = ratio * base * base
    c = (ratio * base) ** 2 - quantile**2 * variant.error2
    root = math.sqrt(max(half**2 - a * c, 0.0))
    shift = control.baseline / base
    return (half - root) / a - shift, (half + root) / a - shift


_BOUNDS: dict[Lift, Callable[[float, Point, Point, float], Bounds]] = {
    Lift.DELTA: _delta,
    Lift.LOG: _log,
    Lift.FIELLER: _fieller,
}
