"""Conversion rates: pooled z test with the unpooled interval, chi² with and without Yates, and exact tools for few
conversions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from .aggregates import Proportion
from .effects import Effect, Lift, Note
from .failures import Reason, Unanswerable, share
from .lifts import relatively
from .points import enough, point

LEAST_EXPECTED = 5.0
"""Expected count of every cell from which the normal approximation is used (Cochran 1954, Biometrics 10)."""
_TIES = 1 + 1e-7
"""Tables as likely as the observed one count as extreme; the same slack as R's fisher.test."""
_REACH, _MARGIN, _ENUMERABLE = 40.0, 500.0, 10_000.0
"""Of the exact test: how far from the expected table it looks, in deviations and conversions; the deviation up to which
it looks at all."""


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """Pearson's test of a table of arms by converted or not."""

    statistic: float
    df: int
    p: float
    method: str
    source: str = "Pearson (1900); correction: Yates (1934), Supplement to JRSS 1"


def compare_proportions(
    control: Proportion, variant: Proportion, *, alpha: float = 0.05, lift: Lift = Lift.DELTA
) -> Effect:
    """The z test where every expected count is at least 5 and every observed one at least 1, else the exact test with
    Newcombe's interval (Note.EXACT). Raises Unanswerable(TOO_FEW_UNITS) for an arm without units."""
    return (exact_test if _few(control, variant) else z_test)(control, variant, alpha=alpha, lift=lift)


def _few(control: Proportion, variant: Proportion) -> bool:
    enough(min(control.n, variant.n), 1)
    total, converted = control.n + variant.n, control.x + variant.x
    cells = (control.x, control.n - control.x, variant.x, variant.n - variant.x)
    expected = min(control.n, variant.n) * min(converted, total - converted) / total
    return expected < LEAST_EXPECTED or min(cells) == 0


def z_test(control: Proportion, variant: Proportion, *, alpha: float = 0.05, lift: Lift = Lift.DELTA) -> Effect:
    """p by the pooled z test, interval from the unpooled standard error (so the two may differ at the very edge).

    Source: Fleiss, Levin, Paik, "Statistical Methods for Rates and Proportions" (3rd ed. 2003), sections 3.1-3.3.
    Raises Unanswerable: NO_VARIANCE when all or none of both arms converted, TOO_FEW_UNITS for an arm without units.
    """
    share(alpha=alpha)
    a, b = point(control), point(variant)
    pooled = (control.x + variant.x) / (control.n + variant.n)
    error0 = math.sqrt(pooled * (1 - pooled) * (1 / control.n + 1 / variant.n))
    if error0 == 0:
        raise Unanswerable(Reason.NO_VARIANCE, control=a.value, variant=b.value)
    estimate, error = b.value - a.value, math.sqrt(a.error2 + b.error2)
    quantile = float(-ndtri(alpha / 2))
    p = float(2 * ndtr(-abs(estimate) / error0))
    low, high = estimate - quantile * error, estimate + quantile * error
    source = "Fleiss, Levin, Paik (2003), sections 3.1-3.3"
    effect = Effect(estimate, low, high, p, None, None, None, "z (pooled), Wald interval", source, error, alpha)
    return relatively(effect, a, b, quantile, lift)


def chi_square(arms: Sequence[Proportion], *, yates: bool = False) -> ChiSquare:
    """Whether all arms (two or more) convert alike; `yates` only for two. df = arms − 1.

    Raises Unanswerable: NO_VARIANCE when all or none converted, TOO_FEW_UNITS for an arm without units or one arm.
    """
    enough(len(arms), 2)
    enough(min(arm.n for arm in arms), 1)
    if yates and len(arms) != 2:
        raise Unanswerable(Reason.OUT_OF_RANGE, name="yates", arms=len(arms))
    observed = np.array([[arm.x, arm.n - arm.x] for arm in arms], dtype=float)
    expected = np.outer(observed.sum(1), observed.sum(0)) / observed.sum()
    if (expected == 0).any():
        raise Unanswerable(Reason.NO_VARIANCE, arms=len(arms))
    distance = np.abs(observed - expected)
    distance -= np.minimum(0.5, distance) if yates else 0.0
    statistic = float((distance**2 / expected).sum())
    method = "chi² with Yates' correction" if yates else "chi²"
    return ChiSquare(statistic, len(arms) - 1, float(chdtrc(len(arms) - 1, statistic)), method)


def exact_test(control: Proportion, variant: Proportion, *, alpha: float = 0.05, lift: Lift = Lift.DELTA) -> Effect:
    """Fisher's exact test (two-sided by likelihood of tables) with Newcombe's interval; answers for all and none too.

    The standard error is the unpooled one with half a conversion added to each cell (Agresti, Caffo 2000 in spirit), so
    that no arm counts as known exactly. Raises Unanswerable(TOO_FEW_UNITS) for an arm without units.
    """
    share(alpha=alpha)
    enough(min(control.n, variant.n), 1)
    a, b = point(control), point(variant)
    low, high = newcombe(control, variant, alpha=alpha)
    error = math.sqrt(sum(_shrunk(arm) for arm in (control, variant)))
    source = "Fisher (1935), JRSS 98; Newcombe (1998), Statistics in Medicine 17, method 10"
    p = fisher(control, variant)
    method = "Fisher exact, Newcombe interval"
    effect = Effect(b.value - a.value, low, high, p, None, None, None, method, source, error, alpha, (Note.EXACT,))
    return relatively(effect, a, b, float(-ndtri(alpha / 2)), lift)


def _shrunk(arm: Proportion) -> float:
    rate = (arm.x + 0.5) / (arm.n + 1)
    return rate * (1 - rate) / arm.n


def fisher(control: Proportion, variant: Proportion) -> float:
    """Two-sided p: the probability of all tables with these margins that are no likelier than the observed one.

    Tables farther than _REACH deviations from the expected one have no probability that a double could hold: they are
    not enumerated, and an observed one among them has p 0. Where even the rest are too many to enumerate, the table is
    so large that the z test is exact to a double.
    """
    total, converted = control.n + variant.n, control.x + variant.x
    expected = control.n * (converted / total)
    deviation = math.sqrt(expected * (variant.n / total) * ((total - converted) / max(total - 1, 1)))
    if deviation > _ENUMERABLE:
        return float(2 * ndtr(-abs(control.x - expected) / deviation))
    reach = _REACH * deviation + _MARGIN
    first = max(0, converted - variant.n, math.floor(expected - reach))
    last = min(converted, control.n, math.ceil(expected + reach))
    if not first <= control.x <= last:
        return 0.0
    likely = _tables(np.arange(first, last, dtype=float), total, converted, control.n)
    return float(min(1.0, likely[likely <= likely[control.x - first] * _TIES].sum()))


def _tables(k: np.ndarray, total: int, converted: int, drawn: int) -> np.ndarray:
    """Hypergeometric probabilities of every k and the one after the last, from the ratios of neighbours: their number
    decides what it takes, not how many units there are."""
    up, down = (converted - k) * (drawn - k), (k + 1) * (total - converted - drawn + k + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(up) - np.log(down))])
    likely = np.exp(logs - logs.max())
    return likely / likely.sum()


def wilson(arm: Proportion, *, alpha: float = 0.05) -> tuple[float, float]:
    """Score interval of one rate. Source: Wilson (1927), JASA 22."""
    share(alpha=alpha)
    enough(arm.n, 1)
    z2 = float(ndtri(alpha / 2)) ** 2
    rate, n = arm.x / arm.n, arm.n
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    reach = math.sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, middle - reach) if arm.x else 0.0, min(1.0, middle + reach) if arm.x < n else 1.0


def newcombe(control: Proportion, variant: Proportion, *, alpha: float = 0.05) -> tuple[float, float]:
    """Interval of the difference from the two score intervals. Source: Newcombe (1998), Statistics in Medicine 17,
    10."""
    low_a, high_a = wilson(control, alpha=alpha)
    low_b, high_b = wilson(variant, alpha=alpha)
    a, b = control.x / control.n, variant.x / variant.n
    return b - a - math.hypot(b - low_b, high_a - a), b - a + math.hypot(high_b - b, a - low_a)
