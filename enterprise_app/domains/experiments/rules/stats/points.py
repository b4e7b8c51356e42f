"""One arm reduced to what a comparison needs: an estimate and its variance per unit."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from . import moments
from .aggregates import Aggregate, Mean, Percentile, Proportion, Ratio
from .failures import Reason, Unanswerable, finite, share


@dataclass(frozen=True, slots=True)
class Point:
    """`value` estimated from n units; its squared standard error is variance / n. `baseline` is the value that relative
    effects refer to: without adjustment by history the same as `value`."""

    n: int
    value: float
    variance: float
    baseline: float

    @property
    def error2(self) -> float:
        """The squared standard error."""
        return self.variance / self.n

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.error2)


def point(aggregate: Aggregate) -> Point:
    """The plain estimate of an arm, without history.

    Raises Unanswerable: TOO_FEW_UNITS (no unit; a mean or ratio of one; a percentile whose interval leaves the data),
    NO_DENOMINATOR (a ratio over nothing), NOT_FINITE (an estimate that leaves a double's range).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        found = _of(aggregate)
    finite(value=found.value, variance=found.variance)
    return found


def _of(aggregate: Aggregate) -> Point:
    match aggregate:
        case Proportion():
            return _of_proportion(aggregate)
        case Mean():
            return _of_mean(aggregate)
        case Ratio():
            return _of_ratio(aggregate)
        case Percentile():
            return _of_percentile(aggregate)


def enough(n: int, least: int) -> None:
    """At least so many units, else Unanswerable(TOO_FEW_UNITS)."""
    if n < least:
        raise Unanswerable(Reason.TOO_FEW_UNITS, n=n, least=least)


def _of_proportion(arm: Proportion) -> Point:
    enough(arm.n, 1)
    rate = arm.x / arm.n
    return Point(arm.n, rate, rate * (1 - rate), rate)


def _of_mean(arm: Mean) -> Point:
    enough(arm.n, 2)
    mean = arm.total / arm.n
    return Point(arm.n, mean, float(moments.variance(arm.n, arm.total, arm.squares)), mean)


def _of_ratio(arm: Ratio) -> Point:
    enough(arm.n, 2)
    if arm.den == 0:
        raise Unanswerable(Reason.NO_DENOMINATOR, n=arm.n)
    n = arm.n
    spread = moments.ratio_variance(
        arm.num / n,
        arm.den / n,
        moments.variance(n, arm.num, arm.num2),
        moments.variance(n, arm.den, arm.den2),
        moments.covariance(n, arm.num, arm.den, arm.numden, arm.num2, arm.den2),
    )
    return Point(n, arm.num / arm.den, float(spread), arm.num / arm.den)


def _of_percentile(arm: Percentile) -> Point:
    low, value, high = order_interval(arm)
    error2 = (_reach(arm, low, value, high) / float(ndtri(0.975))) ** 2
    n = arm.n
    if arm.clusters is not None:
        error2 *= _design_effect(arm)
        n = arm.clusters.n
    return Point(n, value, error2 * n, value)


def _reach(arm: Percentile, low: float, value: float, high: float) -> float:
    """Half of the order statistics' interval; where values are tied in it, its longer side.

    Between order statistics the confidence holds for any distribution, whole numbers too (Scheffé, Tukey 1945, Annals
    of Mathematical Statistics 16), but not for an interval of half the width around the quantile: of a median between
    3 and 4 a sample has 3 or 4, at one end. A difference takes each side's own reach (Zou, Donner 2008, Statistics in
    Medicine 27); the longer one for both is never too short.
    """
    return max(value - low, high - value) if arm.is_tied(low, high) else (high - low) / 2


def order_interval(arm: Percentile, alpha: float = 0.05) -> tuple[float, float, float]:
    """(low, quantile, high): the order statistics at ranks n·(q ∓ z·√(q(1−q)/n)), for independent values.

    Source: David, Nagaraja, "Order Statistics" (3rd ed. 2003), section 7.1; as half-width of a normal interval in Deng,
    Knoblich, Lu (KDD 2018), section 4. Raises Unanswerable(TOO_FEW_UNITS) when a rank lies outside the data.
    """
    share(alpha=alpha)
    n, q = arm.n, arm.q
    enough(n, 1)
    reach = float(-ndtri(alpha / 2)) * math.sqrt(q * (1 - q) / n)
    if not (q - reach > 0 and q + reach < 1):
        raise Unanswerable(Reason.TOO_FEW_UNITS, n=n, least=_least_for(q, alpha))
    ranks = (math.ceil(n * (q - reach)), math.ceil(n * q), math.ceil(n * (q + reach)))
    low, value, high = (arm.at(max(1, rank)) for rank in ranks)
    return low, value, high


def _least_for(q: float, alpha: float) -> int:
    edge = min(q, 1 - q)
    return math.floor(float(ndtri(alpha / 2)) ** 2 * (1 - edge) / edge) + 1


def _design_effect(arm: Percentile) -> float:
    """How much more the share of values ≤ quantile varies because the values of a unit go together: the variance by the
    delta method over units against q(1−q)/n. Source: Deng, Knoblich, Lu (KDD 2018), section 4.2."""
    clusters = arm.clusters
    assert clusters is not None
    return float(np.maximum(_of_ratio(clusters).error2, 0.0)) / (arm.q * (1 - arm.q) / arm.n)
