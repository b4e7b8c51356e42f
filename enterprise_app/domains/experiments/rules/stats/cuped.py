"""CUPED: what units did before the experiment explains a part of what they do now; taking it out narrows the interval.

Adjusted value = value − θ·(history of the arm − history of both arms), θ the regression slope over the stacked units of
the compared arms. Assignment does not depend on history, so the expectation of the difference stays the same.
Source: Deng, Xu, Kohavi, Walker, "Improving the Sensitivity of Online Controlled Experiments by Utilizing
Pre-Experiment Data" (WSDM 2013), sections 3.2-3.3, for ratios appendix B (delta method).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from . import moments
from .aggregates import Mean, Proportion, Ratio
from .failures import Reason, Unanswerable
from .points import Point, enough


@dataclass(frozen=True, slots=True)
class _Moments:
    """Means, variances and covariance per unit of a value and its history."""

    n: int
    value: float
    history: float
    spread: float
    history_spread: float
    together: float


def adjusted(arms: Sequence[Mean | Proportion | Ratio]) -> list[Point]:
    """The adjusted points of arms that are compared with each other, in order. `baseline` stays the plain value.

    Raises Unanswerable: NO_HISTORY when an arm has none or history does not vary, TOO_FEW_UNITS below 2 units an arm,
    NO_DENOMINATOR for a ratio over nothing.
    """
    each = [_moments(arm) for arm in arms]
    joint = _moments(_sum(arms))
    if joint.history_spread <= 0:
        raise Unanswerable(Reason.NO_HISTORY)
    theta = joint.together / joint.history_spread
    return [_adjust(one, theta, joint.history) for one in each]


def explained(arms: Sequence[Mean | Proportion | Ratio]) -> float:
    """The share of variance that history explains, 0..1 (r² of the stacked units): intervals shrink by √(1−r²).

    Raises as `adjusted`, and NO_VARIANCE when the value does not vary.
    """
    joint = _moments(_sum(arms))
    if joint.history_spread <= 0:
        raise Unanswerable(Reason.NO_HISTORY)
    if joint.spread <= 0:
        raise Unanswerable(Reason.NO_VARIANCE)
    return min(1.0, joint.together**2 / (joint.history_spread * joint.spread))


def _sum(arms: Sequence[Mean | Proportion | Ratio]) -> Mean | Proportion | Ratio:
    total = arms[0]
    for arm in arms[1:]:
        if type(arm) is not type(total):
            raise Unanswerable(Reason.DIFFERENT_KINDS)
        total = total + arm  # type: ignore[operator]
    return total


def _adjust(arm: _Moments, theta: float, history: float) -> Point:
    spread = arm.spread + theta**2 * arm.history_spread - 2 * theta * arm.together
    rounding = moments.EPSILON * arm.spread
    return Point(arm.n, arm.value - theta * (arm.history - history), spread if spread > rounding else 0.0, arm.value)


def _moments(arm: Mean | Proportion | Ratio) -> _Moments:
    enough(arm.n, 2)
    return _of_ratio(arm) if isinstance(arm, Ratio) else _of_mean(arm.as_mean() if isinstance(arm, Proportion) else arm)


def _of_mean(arm: Mean) -> _Moments:
    history = arm.cuped
    if history is None:
        raise Unanswerable(Reason.NO_HISTORY)
    n = arm.n
    return _Moments(
        n,
        arm.total / n,
        history.pre_total / n,
        float(moments.variance(n, arm.total, arm.squares)),
        float(moments.variance(n, history.pre_total, history.pre_squares)),
        float(moments.covariance(n, arm.total, history.pre_total, history.cross, arm.squares, history.pre_squares)),
    )


def _of_ratio(arm: Ratio) -> _Moments:
    """A ratio behaves as the mean of (a − R·b)/b̄ per unit, and its history likewise: covariances of those."""
    past = arm.cuped
    if past is None:
        raise Unanswerable(Reason.NO_HISTORY)
    if arm.den == 0:
        raise Unanswerable(Reason.NO_DENOMINATOR, n=arm.n)
    if past.pre_den == 0:
        raise Unanswerable(Reason.NO_HISTORY)
    then = Ratio(arm.n, past.pre_num, past.pre_den, past.pre_num2, past.pre_den2, past.pre_numden)
    value, history = arm.num / arm.den, past.pre_num / past.pre_den
    together = (
        _cov(arm.n, arm.num, past.pre_num, past.num_pre_num, arm.num2, past.pre_num2)
        - history * _cov(arm.n, arm.num, past.pre_den, past.num_pre_den, arm.num2, past.pre_den2)
        - value * _cov(arm.n, arm.den, past.pre_num, past.den_pre_num, arm.den2, past.pre_num2)
        + value * history * _cov(arm.n, arm.den, past.pre_den, past.den_pre_den, arm.den2, past.pre_den2)
    ) / (arm.den / arm.n * past.pre_den / arm.n)
    return _Moments(arm.n, value, history, _spread(arm), _spread(then), together)


def _cov(n: int, total_a: float, total_b: float, cross: float, squares_a: float, squares_b: float) -> float:
    return float(moments.covariance(n, total_a, total_b, cross, squares_a, squares_b))


def _spread(arm: Ratio) -> float:
    n = arm.n
    return float(
        moments.ratio_variance(
            arm.num / n,
            arm.den / n,
            moments.variance(n, arm.num, arm.num2),
            moments.variance(n, arm.den, arm.den2),
            moments.covariance(n, arm.num, arm.den, arm.numden, arm.num2, arm.den2),
        )
    )
