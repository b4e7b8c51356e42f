"""Results that may be looked at any time: confidence sequences that hold at all looks together with 1−alpha.

Time is counted in information: `fraction` 1 is the planned sample. Two methods, both on the asymptotic (Gaussian) score
process, whose partial sums behave as a Brownian motion (strong approximation, Waudby-Smith et al. 2021):

PLANNED (default) spends 80 % of alpha on a flat boundary for that Brownian motion up to the plan, 4·Φ(−c) = 0.8·alpha
by the reflection principle (continuous O'Brien-Fleming; Lan, DeMets 1983, Biometrika 70), and 20 % on the Gaussian
mixture below at all times. By the union bound both hold together: early looks see only large effects, the planned
look is nearly as sharp as a fixed test (critical z 2.33 instead of 1.96), and looks after the plan stay valid, though
wide.

MIXTURE spends all on the asymptotic confidence sequence with a Gaussian mixture, Waudby-Smith, Arbour, Sinha,
Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences" (arXiv:2103.06476v7,
equations 9, 155 and 161), tightest at the plan (critical z 3.04 there): never favours a plan, but has about half the
power at it."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from .failures import Reason, Unanswerable, finite, positive, share
from .roots import root

PLANNED_SHARE = 0.8
"""Of alpha, for the flat boundary up to the planned sample; the rest guards all times."""


class SequenceMethod(StrEnum):
    """Which boundary."""

    PLANNED = "planned"
    MIXTURE = "mixture"


SOURCES = {
    SequenceMethod.PLANNED: "Lan, DeMets (1983), Biometrika 70, with Waudby-Smith et al. (arXiv:2103.06476)",
    SequenceMethod.MIXTURE: "Waudby-Smith et al. (arXiv:2103.06476v7), eq. 9, 155, 161",
}
METHODS = {
    SequenceMethod.PLANNED: "always valid: flat boundary to the plan, Gaussian mixture at all times",
    SequenceMethod.MIXTURE: "always valid: Gaussian mixture",
}


@dataclass(frozen=True, slots=True)
class Sequence:
    """What may be said at this look, whenever it is: interval and p value. `fraction` of the planned information."""

    low: float
    high: float
    p: float
    fraction: float
    method: str
    source: str

    def meet(self, earlier: Self) -> Self:
        """With the same experiment's earlier look: all looks hold together, so the narrower bounds and the smaller p
        do. Bounds that contradict each other (drift over time) give the point between them."""
        low, high = max(self.low, earlier.low), min(self.high, earlier.high)
        if low > high:
            low = high = (low + high) / 2
        return replace(self, low=low, high=high, p=min(self.p, earlier.p))


def confidence_sequence(
    estimate: float,
    standard_error: float,
    n_control: int,
    n_variant: int,
    planned: int,
    alpha: float = 0.05,
    method: SequenceMethod = SequenceMethod.PLANNED,
) -> Sequence:
    """The sequence at this look, from any difference with its standard error. `planned`: units an arm of an even split.

    Raises Unanswerable: NO_VARIANCE without a standard error, TOO_FEW_UNITS for an empty arm, OUT_OF_RANGE.
    """
    share(alpha=alpha)
    finite(estimate=estimate, standard_error=standard_error)
    positive(planned=planned)
    if min(n_control, n_variant) < 1:
        raise Unanswerable(Reason.TOO_FEW_UNITS, n=min(n_control, n_variant), least=1)
    if standard_error <= 0:
        raise Unanswerable(Reason.NO_VARIANCE)
    fraction = even(n_control, n_variant) / planned
    reach = float(critical(fraction, alpha, method)) * standard_error
    p = float(p_value(estimate / standard_error, fraction, alpha, method))
    return Sequence(estimate - reach, estimate + reach, p, fraction, METHODS[method], SOURCES[method])


def even(n_control: Any, n_variant: Any) -> Any:
    """Units an arm of the even split with the same information (harmonic mean); numbers or columns."""
    return 2 * n_control * n_variant / (n_control + n_variant)


def critical(fraction: Any, alpha: float, method: SequenceMethod = SequenceMethod.PLANNED) -> Any:
    """How many standard errors the estimate may be off at this information fraction (> 0); a number or a column."""
    if method is SequenceMethod.MIXTURE:
        return _mixture_critical(fraction, alpha)
    flat = np.where(np.asarray(fraction) <= 1, flat_bound(alpha) / np.sqrt(fraction), np.inf)
    return np.minimum(flat, _mixture_critical(fraction, alpha * (1 - PLANNED_SHARE)))


def p_value(z: Any, fraction: Any, alpha: float, method: SequenceMethod = SequenceMethod.PLANNED) -> Any:
    """Always-valid p of a z statistic: ≤ alpha exactly when |z| ≥ `critical`. `alpha` tunes the mixture only."""
    if method is SequenceMethod.MIXTURE:
        return np.minimum(1.0, np.exp(_log_mixture_p(z, fraction, alpha)))
    flat = np.where(np.asarray(fraction) <= 1, 4 * ndtr(-np.abs(z) * np.sqrt(fraction)), 1.0)
    rest = 1 - PLANNED_SHARE
    mixture = np.exp(np.minimum(_log_mixture_p(z, fraction, alpha * rest), 0.0))
    return np.minimum(1.0, np.minimum(flat / PLANNED_SHARE, mixture / rest))


def flat_bound(alpha: float) -> float:
    """c with P(max over 0..1 of |Brownian motion| ≥ c) ≤ 0.8·alpha: reflection principle on both sides."""
    return float(-ndtri(PLANNED_SHARE * alpha / 4))


def power_at_plan(drift: float, alpha: float = 0.05) -> float:
    """The probability to have crossed the flat boundary by the planned sample, looking all the time; `drift` is the
    true effect in standard errors at the plan (2.80 where a fixed test has 80 %).

    Source: Siegmund, "Sequential Analysis" (1985), equation 3.13: first passage of a Brownian motion with drift.
    """
    share(alpha=alpha)
    finite(drift=drift)
    c, mu = flat_bound(alpha), abs(drift)
    return float(ndtr(mu - c) + np.exp(2 * mu * c + log_ndtr(-mu - c)))


def planned_units(fixed_units: int, alpha: float = 0.05, power: float = 0.8) -> int:
    """The planned sample an arm that gives the monitored test the power, from that of a fixed test (`power` module)."""
    positive(fixed_units=fixed_units)
    share(alpha=alpha, power=power)
    fixed = float(-ndtri(alpha / 2) + ndtri(power))
    needed = root(lambda drift: power_at_plan(drift, alpha) - power, 0.0, fixed + 10)
    return math.ceil(fixed_units * (needed / fixed) ** 2 - 1e-9)


def _tuning(alpha: float) -> float:
    """Variance of the mixture, in planned information, that is tightest at the plan (equation 161)."""
    return -2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)


def _mixture_critical(fraction: Any, alpha: float) -> Any:
    """Equation 9, in standard errors."""
    spread = np.asarray(fraction) * _tuning(alpha)
    return np.sqrt((spread + 1) / spread * np.log((spread + 1) / alpha**2))


def _log_mixture_p(z: Any, fraction: Any, alpha: float) -> Any:
    """Logarithm of equation 155, not cut at 1."""
    spread = np.asarray(fraction) * _tuning(alpha)
    # Beyond 1e100 p is 0 anyhow, and the square would leave a double's range.
    return np.log(spread + 1) / 2 - spread * np.square(np.minimum(np.abs(z), 1e100)) / (2 * (spread + 1))
