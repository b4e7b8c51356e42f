"""Many comparisons at once on columns of sums: the same formulas as the single functions, one numpy call each.

Rows are comparisons (experiment × metric × variant); a row without an answer has its reason in `Effects.reason` and NaN
in its numbers, an answered row has "" and finite numbers, except relative figures where there is no (stable) baseline.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, stdtrit

from . import moments
from .failures import Reason, share
from .lifts import STABLE, delta_error2
from .means import freedom, two_sided


@dataclass(frozen=True, slots=True)
class Columns:
    """Points of one arm, each an array of shape (rows,): see `points.Point`. What could not be computed is NaN."""

    n: np.ndarray
    value: np.ndarray
    variance: np.ndarray
    baseline: np.ndarray


@dataclass(frozen=True, slots=True)
class Effects:
    """See `effects.Effect`; arrays of shape (rows,)."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    relative: np.ndarray
    relative_low: np.ndarray
    relative_high: np.ndarray
    standard_error: np.ndarray
    reason: np.ndarray


def _floats(*columns: ArrayLike) -> list[np.ndarray]:
    return [np.asarray(column, dtype=float) for column in columns]


def proportions(n: ArrayLike, x: ArrayLike) -> Columns:
    """Rates; the variance has no correction by n−1, as in the z test."""
    size, converted = _floats(n, x)
    with np.errstate(all="ignore"):
        rate = converted / size
    return Columns(size, rate, np.where((rate >= 0) & (rate <= 1), rate * (1 - rate), np.nan), rate)


def means(n: ArrayLike, total: ArrayLike, squares: ArrayLike) -> Columns:
    """Means from Σy and Σy²."""
    size, sums, sums2 = _floats(n, total, squares)
    with np.errstate(all="ignore"):
        mean = sums / size
        return Columns(size, mean, moments.variance(size, sums, sums2), mean)


def ratios(
    n: ArrayLike, num: ArrayLike, den: ArrayLike, num2: ArrayLike, den2: ArrayLike, numden: ArrayLike
) -> Columns:
    """Ratios from Σa, Σb, Σa², Σb², Σab (delta method)."""
    size, a, b, a2, b2, ab = _floats(n, num, den, num2, den2, numden)
    with np.errstate(all="ignore"):
        spread = moments.ratio_variance(
            a / size,
            b / size,
            moments.variance(size, a, a2),
            moments.variance(size, b, b2),
            moments.covariance(size, a, b, ab, a2, b2),
        )
        return Columns(size, a / b, spread, a / b)


@dataclass(frozen=True, slots=True)
class Histories:
    """Sums of means with history, each of shape (rows,): n, Σy, Σy², Σx, Σx², Σxy (see `aggregates.Cuped`)."""

    n: np.ndarray
    total: np.ndarray
    squares: np.ndarray
    pre_total: np.ndarray
    pre_squares: np.ndarray
    cross: np.ndarray

    def plus(self, other: "Histories") -> "Histories":
        """Row by row the sums of both."""
        return Histories(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))  # type: ignore


def cuped(control: Histories, variant: Histories) -> tuple[Columns, Columns]:
    """Both arms adjusted by the history of both; where history does not vary they stay as they are."""
    joint = control.plus(variant)
    with np.errstate(all="ignore"):
        spread = moments.variance(joint.n, joint.pre_total, joint.pre_squares)
        slope = np.where(spread > 0, _together(joint) / np.where(spread > 0, spread, 1.0), 0.0)
        return _adjusted(control, slope, joint), _adjusted(variant, slope, joint)


def _together(sums: Histories) -> np.ndarray:
    return moments.covariance(sums.n, sums.total, sums.pre_total, sums.cross, sums.squares, sums.pre_squares)


def _adjusted(arm: Histories, slope: np.ndarray, joint: Histories) -> Columns:
    plain = moments.variance(arm.n, arm.total, arm.squares)
    past = moments.variance(arm.n, arm.pre_total, arm.pre_squares)
    spread = plain + slope**2 * past - 2 * slope * _together(arm)
    mean = arm.total / arm.n
    shift = slope * (arm.pre_total / arm.n - joint.pre_total / joint.n)
    return Columns(arm.n, mean - shift, np.where(spread > moments.EPSILON * plain, spread, 0.0), mean)


def compare_points(control: Columns, variant: Columns, alpha: float = 0.05) -> Effects:
    """Welch's t test row by row, as `means.welch`; relative intervals by the delta method."""
    share(alpha=alpha)
    reason = _reasons(control, variant, least=2)
    with np.errstate(all="ignore"):
        a2, b2 = control.variance / control.n, variant.variance / variant.n
        estimate, error = variant.value - control.value, np.sqrt(a2 + b2)
        df = freedom(a2, control.n, b2, variant.n)
        p = two_sided(estimate / error, df)
        quantile = stdtrit(df, 1 - alpha / 2)
        return _effects(control, variant, estimate, error, p, quantile, reason)


def compare_proportions(
    n_control: ArrayLike, x_control: ArrayLike, n_variant: ArrayLike, x_variant: ArrayLike, alpha: float = 0.05
) -> Effects:
    """The pooled z test row by row, as `proportions.z_test` (no exact test for few conversions here)."""
    share(alpha=alpha)
    control, variant = proportions(n_control, x_control), proportions(n_variant, x_variant)
    reason = _reasons(control, variant, least=1)
    with np.errstate(all="ignore"):
        pooled = (control.value * control.n + variant.value * variant.n) / (control.n + variant.n)
        error0 = np.sqrt(pooled * (1 - pooled) * (1 / control.n + 1 / variant.n))
        estimate = variant.value - control.value
        reason = np.where((reason == Reason.NO_VARIANCE) & (error0 > 0), "", reason)
        error = np.sqrt(control.variance / control.n + variant.variance / variant.n)
        p = 2 * ndtr(-np.abs(estimate) / error0)
        return _effects(control, variant, estimate, error, p, -ndtri(alpha / 2), reason)


def _reasons(control: Columns, variant: Columns, least: int) -> np.ndarray:
    few = np.minimum(control.n, variant.n) < least
    broken = ~np.isfinite(control.value + variant.value + control.variance + variant.variance)
    constant = control.variance + variant.variance <= 0
    cases = [few, broken, constant]
    return np.select(cases, [Reason.TOO_FEW_UNITS, Reason.NOT_FINITE, Reason.NO_VARIANCE], default="").astype(str)


def _effects(
    control: Columns,
    variant: Columns,
    estimate: np.ndarray,
    error: np.ndarray,
    p: np.ndarray,
    quantile: ArrayLike,
    reason: np.ndarray,
) -> Effects:
    quantile = np.asarray(quantile, dtype=float)
    base = np.abs(control.baseline)
    a2, b2 = control.variance / control.n, variant.variance / variant.n
    relative = np.where(base > 0, estimate / base, np.nan)
    reach = quantile * np.sqrt(delta_error2(a2, control.baseline, b2, variant.baseline))
    reach = np.where((base > 0) & (base >= STABLE * np.sqrt(a2)), reach, np.nan)
    answered = reason == ""

    def kept(column: np.ndarray) -> np.ndarray:
        return np.where(answered, column, np.nan)

    return Effects(
        estimate=kept(estimate),
        low=kept(estimate - quantile * error),
        high=kept(estimate + quantile * error),
        p=kept(p),
        relative=kept(relative),
        relative_low=kept(relative - reach),
        relative_high=kept(relative + reach),
        standard_error=kept(error),
        reason=reason,
    )
