"""The Bayesian view: the chance that a variant beats control, what is lost if it does not, a credible interval.

It reads well and does not depend on a plan, but looking often and stopping at a high chance raises the rate of wrong
wins all the same: winners are declared by the monitored test. Sources: conjugate posteriors: Gelman et al., "Bayesian
Data Analysis" (3rd ed. 2013), sections 2.4-2.5; expected loss: Stucchio, "Bayesian A/B Testing at VWO" (2015); the
normal effect with a prior as in GrowthBook's gbstats."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from .aggregates import Aggregate, Proportion
from .failures import Reason, Unanswerable, finite, positive, share
from .lifts import delta_error2
from .points import Point, point
from .posteriors import Beta, Marginal, Normal, chances, difference_below, losses
from .roots import root


@dataclass(frozen=True, slots=True)
class BetaPrior:
    """Before any data: as if `a` units had converted and `b` had not. Beta(1, 1) holds every rate equally likely."""

    a: float = 1.0
    b: float = 1.0

    def __str__(self) -> str:
        return f"Beta({self.a:g}, {self.b:g}) on each rate"


@dataclass(frozen=True, slots=True)
class NormalPrior:
    """Before any data: the effect is about `mean` ± `deviation`, in the unit of the effect asked for (absolute, or a
    share of control when relative)."""

    mean: float = 0.0
    deviation: float = 0.3

    def __str__(self) -> str:
        return f"Normal({self.mean:g}, {self.deviation:g}²) on the effect"


FLAT = "flat (improper) on the effect"


@dataclass(frozen=True, slots=True)
class Posterior:
    """Variant against control. `expected_loss`: what choosing the variant costs on average if it is worse, in the
    unit of the effect; `low`, `high`: (1−alpha) credible interval of the effect (equal tails)."""

    chance_to_win: float
    expected_loss: float
    low: float
    high: float
    prior: str
    method: str
    source: str
    relative: bool = False


def beta_binomial(
    control: Proportion,
    variant: Proportion,
    *,
    prior: BetaPrior | None = None,
    alpha: float = 0.05,
    higher_is_better: bool = True,
) -> Posterior:
    """Exact for conversion rates, also without any unit (then the prior speaks). The effect is absolute."""
    share(alpha=alpha)
    before = prior or BetaPrior()
    arms = [_beta(control, before), _beta(variant, before)]
    chance = chances(arms, higher_is_better=higher_is_better)[1]
    loss = losses(arms, higher_is_better=higher_is_better)[1]
    low, high = (_difference_quantile(arms[0], arms[1], q) for q in (alpha / 2, 1 - alpha / 2))
    return Posterior(
        float(chance), float(loss), low, high, str(before), "Beta-binomial", "Gelman et al. (2013), section 2.4"
    )


def _beta(arm: Proportion, prior: BetaPrior) -> Beta:
    positive(a=prior.a, b=prior.b)
    return Beta(prior.a + arm.x, prior.b + arm.n - arm.x)


def _difference_quantile(control: Marginal, variant: Marginal, q: float) -> float:
    return root(lambda d: difference_below(control, variant, d) - q, -1.0, 1.0)


def normal(
    control: Point,
    variant: Point,
    *,
    prior: NormalPrior | None = None,
    relative: bool = False,
    alpha: float = 0.05,
    higher_is_better: bool = True,
) -> Posterior:
    """Normal approximation for means, ratios, percentiles and adjusted values, optionally with a prior on the effect.

    Raises Unanswerable: NO_VARIANCE when both arms are constant, NO_BASELINE for a relative effect on 0.
    """
    share(alpha=alpha)
    finite(control=control.value, variant=variant.value)
    if control.error2 + variant.error2 <= 0:
        raise Unanswerable(Reason.NO_VARIANCE)
    believed = _updated(*_effect(control, variant, relative), prior)
    z = believed.mean / believed.deviation * (1 if higher_is_better else -1)
    loss = believed.deviation * (math.exp(-z * z / 2) / math.sqrt(2 * math.pi) - z * float(ndtr(-z)))
    reach = float(-ndtri(alpha / 2)) * believed.deviation
    return Posterior(
        float(ndtr(z)),
        max(loss, 0.0),
        believed.mean - reach,
        believed.mean + reach,
        FLAT if prior is None else str(prior),
        "normal approximation",
        "Gelman et al. (2013), section 2.5",
        relative,
    )


def _effect(control: Point, variant: Point, relative: bool) -> tuple[float, float]:
    """Estimate and squared standard error of the effect."""
    estimate = variant.value - control.value
    if not relative:
        return estimate, control.error2 + variant.error2
    if control.baseline == 0:
        raise Unanswerable(Reason.NO_BASELINE)
    error2 = delta_error2(control.error2, control.baseline, variant.error2, variant.baseline)
    return estimate / abs(control.baseline), error2


def _updated(estimate: float, error2: float, prior: NormalPrior | None) -> Normal:
    if prior is None:
        return Normal(estimate, math.sqrt(error2))
    positive(deviation=prior.deviation)
    precision = 1 / error2 + 1 / prior.deviation**2
    return Normal((estimate / error2 + prior.mean / prior.deviation**2) / precision, math.sqrt(1 / precision))


def believe(control: Aggregate, variant: Aggregate, *, alpha: float = 0.05, higher_is_better: bool = True) -> Posterior:
    """Beta-binomial for plain proportions, the normal approximation with a flat prior for all else; history ignored."""
    if isinstance(control, Proportion) and isinstance(variant, Proportion):
        return beta_binomial(control, variant, alpha=alpha, higher_is_better=higher_is_better)
    return normal(point(control), point(variant), alpha=alpha, higher_is_better=higher_is_better)


def marginals(arms: Sequence[Aggregate], prior: BetaPrior | None = None) -> list[Marginal]:
    """What is believed of each arm by itself. Raises as `points.point`, and NO_VARIANCE for a constant arm."""
    return [_marginal(arm, prior or BetaPrior()) for arm in arms]


def _marginal(arm: Aggregate, prior: BetaPrior) -> Marginal:
    if isinstance(arm, Proportion):
        return _beta(arm, prior)
    estimate = point(arm)
    if estimate.variance <= 0:
        raise Unanswerable(Reason.NO_VARIANCE, value=estimate.value)
    return Normal(estimate.value, estimate.error)


def chances_best(arms: Sequence[Aggregate], *, higher_is_better: bool = True) -> list[float]:
    """For two or more arms: the probability of each to be the best of all; sums to 1."""
    return chances(marginals(arms), higher_is_better=higher_is_better).tolist()


def expected_losses(arms: Sequence[Aggregate], *, higher_is_better: bool = True) -> list[float]:
    """For two or more arms: what choosing each is expected to miss against the best, in the metric's unit."""
    return losses(marginals(arms), higher_is_better=higher_is_better).tolist()
