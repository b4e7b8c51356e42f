"""Means and all that behaves like one (ratios, percentiles, adjusted means): Welch's unequal-variance t test from
sums."""

import math
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from .effects import Effect, Lift
from .failures import Reason, Unanswerable, finite, share
from .lifts import relatively
from .points import Point, enough

SOURCE = "Welch (1947), Biometrika 34; degrees of freedom by Satterthwaite (1946), Biometrics Bulletin 2"


def freedom(control_error2: Any, n_control: Any, variant_error2: Any, n_variant: Any) -> Any:
    """Welch-Satterthwaite degrees of freedom from the arms' squared standard errors; floats or columns."""
    total = control_error2 + variant_error2
    # Shares of the total: squares of the errors themselves leave a double's range for values of 1e80 or 1e-80.
    return 1 / ((control_error2 / total) ** 2 / (n_control - 1) + (variant_error2 / total) ** 2 / (n_variant - 1))


def two_sided(statistic: Any, df: Any) -> Any:
    """p value of Student's t, both tails; floats or columns."""
    return 2 * stdtr(df, -np.abs(statistic))


def welch(
    control: Point, variant: Point, *, alpha: float = 0.05, lift: Lift = Lift.DELTA, method: str = "Welch t"
) -> Effect:
    """Two-sided t test of equal values, interval of the difference and of the relative effect.

    Raises Unanswerable: NO_VARIANCE when both arms are constant (one constant arm is fine), TOO_FEW_UNITS below 2.
    """
    share(alpha=alpha)
    enough(min(control.n, variant.n), 2)
    finite(control=control.value, variant=variant.value, variance=control.variance + variant.variance)
    if control.error2 + variant.error2 <= 0:
        raise Unanswerable(Reason.NO_VARIANCE, control=control.value, variant=variant.value)
    estimate, error = variant.value - control.value, math.sqrt(control.error2 + variant.error2)
    df = float(freedom(control.error2, control.n, variant.error2, variant.n))
    quantile = float(stdtrit(df, 1 - alpha / 2))
    p = float(two_sided(estimate / error, df))
    low, high = estimate - quantile * error, estimate + quantile * error
    effect = Effect(estimate, low, high, p, None, None, None, method, SOURCE, error, alpha)
    return relatively(effect, control, variant, quantile, lift)
