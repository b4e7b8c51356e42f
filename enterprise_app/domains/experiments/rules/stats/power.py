"""Before the start: how many units an arm needs, which effect that many can show, and how many days they take.

All tests are two-sided at level alpha; `ratio` is units of a variant per unit of control. With several variants hand in
`corrections.simultaneous(alpha, variants)`. Source of the formulas: Fleiss, Levin, Paik, "Statistical Methods for Rates
and Proportions" (3rd ed. 2003), sections 4.1-4.3; Chow, Shao, Wang, "Sample Size Calculations in Clinical Research".
"""

import math

from scipy.special import ndtr, ndtri

from .aggregates import Ratio
from .failures import Reason, Unanswerable, finite, positive, share
from .points import point
from .roots import root

DAYS_MAX = 10**24
"""Longer than there is; more has no meaning even as a number."""


def units_for_proportions(
    base: float, target: float, alpha: float = 0.05, power: float = 0.8, *, pooled: bool = True, ratio: float = 1.0
) -> int:
    """Units of control to see base → target (rates in 0..1): 10 % → 12 % takes 3,841 pooled, 3,839 unpooled.

    `pooled` fits the z test with pooled variance. Raises Unanswerable: NO_DIFFERENCE when both are equal, OUT_OF_RANGE.
    """
    share(base=base, target=target, alpha=alpha, power=power)
    positive(ratio=ratio)
    if base == target:
        raise Unanswerable(Reason.NO_DIFFERENCE)
    return math.ceil(_units(base, target, alpha, power, pooled, ratio) - 1e-9)


def _units(base: float, target: float, alpha: float, power: float, pooled: bool, ratio: float) -> float:
    alternative = base * (1 - base) + target * (1 - target) / ratio
    middle = (base + ratio * target) / (1 + ratio)
    null = middle * (1 - middle) * (1 + 1 / ratio) if pooled else alternative
    reach = -ndtri(alpha / 2) * math.sqrt(null) + ndtri(power) * math.sqrt(alternative)
    return float(reach / (target - base)) ** 2


def units_for_means(
    difference: float, deviation: float, alpha: float = 0.05, power: float = 0.8, *, ratio: float = 1.0
) -> int:
    """Units of control to see a difference of means, `deviation` being the standard deviation of a unit in each arm.

    Normal approximation (Student's t needs about 1 more below 100 units). Raises Unanswerable(NO_DIFFERENCE).
    """
    share(alpha=alpha, power=power)
    positive(deviation=deviation, ratio=ratio)
    finite(difference=difference)
    if difference == 0:
        raise Unanswerable(Reason.NO_DIFFERENCE)
    reach = float(-ndtri(alpha / 2) + ndtri(power))
    return math.ceil((reach * deviation / difference) ** 2 * (1 + 1 / ratio) - 1e-9)


def units_for_ratio(
    past: Ratio, relative: float, alpha: float = 0.05, power: float = 0.8, *, ratio: float = 1.0
) -> int:
    """Units of control to see a ratio metric change by the share `relative`; its spread is taken from `past` sums.

    Raises Unanswerable: NO_BASELINE when the past ratio is 0, NO_VARIANCE, and as `points.point`.
    """
    now = point(past)
    if now.value == 0:
        raise Unanswerable(Reason.NO_BASELINE)
    if now.variance == 0:
        raise Unanswerable(Reason.NO_VARIANCE)
    return units_for_means(relative * now.value, math.sqrt(now.variance), alpha, power, ratio=ratio)


def detectable_mean(
    deviation: float, units: int, alpha: float = 0.05, power: float = 0.8, *, ratio: float = 1.0
) -> float:
    """The smallest difference of means that `units` of control show with the power."""
    share(alpha=alpha, power=power)
    positive(deviation=deviation, units=units, ratio=ratio)
    return float(-ndtri(alpha / 2) + ndtri(power)) * deviation * math.sqrt((1 + 1 / ratio) / units)


def detectable_ratio(past: Ratio, units: int, alpha: float = 0.05, power: float = 0.8, *, ratio: float = 1.0) -> float:
    """The smallest change of a ratio metric, as a share of its past value, that `units` of control show."""
    now = point(past)
    if now.value == 0:
        raise Unanswerable(Reason.NO_BASELINE)
    return detectable_mean(math.sqrt(now.variance), units, alpha, power, ratio=ratio) / abs(now.value)


def detectable_proportion(
    base: float, units: int, alpha: float = 0.05, power: float = 0.8, *, pooled: bool = True, ratio: float = 1.0
) -> float:
    """The smallest rise of a rate (absolute) that `units` of control show with the power.

    Raises Unanswerable(UNREACHABLE) when even a rise to 100 % would not show.
    """
    share(base=base, alpha=alpha, power=power)
    positive(units=units, ratio=ratio)
    nearest, highest = base + min(base, 1 - base) * 1e-9, 1 - (1 - base) * 1e-9

    def missing(target: float) -> float:
        return _units(base, target, alpha, power, pooled, ratio) - units

    if missing(highest) > 0:
        raise Unanswerable(Reason.UNREACHABLE, units=units)
    return (nearest if missing(nearest) <= 0 else root(missing, nearest, highest)) - base


def power_of_means(
    difference: float, deviation: float, units: int, alpha: float = 0.05, *, ratio: float = 1.0
) -> float:
    """The probability that a two-sided test with `units` of control sees the difference (both tails)."""
    share(alpha=alpha)
    positive(deviation=deviation, units=units, ratio=ratio)
    finite(difference=difference)
    drift = difference / (deviation * math.sqrt((1 + 1 / ratio) / units))
    z = float(-ndtri(alpha / 2))
    return float(ndtr(drift - z) + ndtr(-drift - z))


def days(units: int, shares: list[float], daily_units: float, coverage: float = 1.0) -> int:
    """Days until every arm has `units`, when `daily_units` eligible new units come and a share `coverage` takes part,
    split by `shares` (weights of the arms). Raises Unanswerable: OUT_OF_RANGE, UNREACHABLE (not within DAYS_MAX)."""
    positive(units=units, daily_units=daily_units, coverage=coverage, **{f"share{i}": s for i, s in enumerate(shares)})
    if coverage > 1 or not shares:
        raise Unanswerable(Reason.OUT_OF_RANGE, name="coverage" if shares else "shares")
    daily = daily_units * coverage * min(shares) / sum(shares)
    if daily * DAYS_MAX < units:  # also where so small a share of so few is none at all in a double
        raise Unanswerable(Reason.UNREACHABLE, units=units)
    return math.ceil(units / daily - 1e-9)
