"""One metric of an experiment, all variants: the one call that the analysis needs. Never raises for what the data
are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from scipy.special import stdtrit

from .aggregates import Aggregate, Percentile, Proportion
from .bayes import Posterior, believe, normal
from .comparing import adjusted_points, compare
from .corrections import Correction, adjust
from .effects import Effect
from .failures import Reason, Unanswerable, positive, share
from .points import order_interval, point
from .proportions import wilson
from .sequential import Sequence, confidence_sequence


class Monitoring(StrEnum):
    """When the result may be looked at."""

    ALWAYS_VALID = "always_valid"
    FIXED = "fixed"
    """Once, at the planned sample."""


class Inference(StrEnum):
    """Which view marks a result as significant."""

    FREQUENTIST = "frequentist"
    BAYESIAN = "bayesian"


@dataclass(frozen=True, slots=True)
class Plan:
    """What was frozen at the start. `planned`: units an arm of an even split, from `power`."""

    planned: int
    alpha: float = 0.05
    correction: Correction = Correction.HOLM
    monitoring: Monitoring = Monitoring.ALWAYS_VALID
    inference: Inference = Inference.FREQUENTIST
    cuped: bool = True


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """An arm by itself, unadjusted, with its own (1−alpha) interval; None where it has none (see the failure)."""

    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ArmResult:
    """A variant against control. `p` is the one that counts (monitored or fixed), `p_adjusted` over all variants.

    `significant` by the plan's inference: adjusted p ≤ alpha, or the chance to win ≥ 1−alpha or ≤ alpha. `confirmed`:
    adjusted p ≤ alpha whatever the inference, which is what a winner needs. With a `failure` there is no effect.
    """

    summary: ArmSummary
    effect: Effect | None = None
    sequence: Sequence | None = None
    posterior: Posterior | None = None
    p: float | None = None
    p_adjusted: float | None = None
    significant: bool = False
    confirmed: bool = False
    failure: Reason | None = None


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric: control by itself and every variant against it. Intervals are per comparison, p values corrected."""

    control: ArmSummary
    arms: dict[str, ArmResult]
    plan: Plan


def analyse(arms: Mapping[str, Aggregate], control: str, plan: Plan, *, higher_is_better: bool = True) -> MetricResult:
    """All variants in `arms` (by key) against the one named `control`.

    Raises Unanswerable only for a wrong question: NO_CONTROL, DIFFERENT_KINDS, OUT_OF_RANGE (alpha, planned).
    """
    share(alpha=plan.alpha)
    positive(planned=plan.planned)
    if control not in arms:
        raise Unanswerable(Reason.NO_CONTROL, control=control)
    results = {key: _against(arms[control], arm, plan, higher_is_better) for key, arm in arms.items() if key != control}
    ps = {key: result.p for key, result in results.items() if result.p is not None}
    adjusted = dict(zip(ps, adjust(list(ps.values()), plan.correction), strict=True))
    judged = {key: _judged(result, adjusted.get(key), plan) for key, result in results.items()}
    return MetricResult(summary(arms[control], plan.alpha), judged, plan)


def _against(control: Aggregate, arm: Aggregate, plan: Plan, higher_is_better: bool) -> ArmResult:
    alone = summary(arm, plan.alpha)
    try:
        effect = compare(control, arm, alpha=plan.alpha, cuped=plan.cuped)
        sequence = confidence_sequence(
            effect.estimate, effect.standard_error, units(control), units(arm), plan.planned, plan.alpha
        )
        posterior = _posterior(control, arm, plan, higher_is_better)
    except Unanswerable as no:
        if no.reason is Reason.DIFFERENT_KINDS:
            raise
        return ArmResult(alone, failure=no.reason)
    p = sequence.p if plan.monitoring is Monitoring.ALWAYS_VALID else effect.p
    return ArmResult(alone, effect, sequence, posterior, p)


def _posterior(control: Aggregate, arm: Aggregate, plan: Plan, higher_is_better: bool) -> Posterior:
    points = adjusted_points(control, arm) if plan.cuped else None
    if points is None:
        return believe(control, arm, alpha=plan.alpha, higher_is_better=higher_is_better)
    return normal(*points, alpha=plan.alpha, higher_is_better=higher_is_better)


def _judged(result: ArmResult, p_adjusted: float | None, plan: Plan) -> ArmResult:
    if p_adjusted is None or result.posterior is None:
        return result
    confirmed = p_adjusted <= plan.alpha
    chance = result.posterior.chance_to_win
    believed = max(chance, 1 - chance) >= 1 - plan.alpha
    significant = believed if plan.inference is Inference.BAYESIAN else confirmed
    return replace(result, p_adjusted=p_adjusted, significant=significant, confirmed=confirmed)


def units(arm: Aggregate) -> int:
    """How many units an arm has; of clustered percentiles the units, not the values."""
    return arm.clusters.n if isinstance(arm, Percentile) and arm.clusters is not None else arm.n


def summary(arm: Aggregate, alpha: float = 0.05) -> ArmSummary:
    """The arm by itself: Wilson for rates, order statistics for percentiles, Student's t for the rest."""
    try:
        estimate = point(arm)
        if isinstance(arm, Proportion):
            return ArmSummary(arm.n, estimate.value, *wilson(arm, alpha=alpha))
        if isinstance(arm, Percentile) and arm.clusters is None:
            low, _, high = order_interval(arm, alpha)
            return ArmSummary(arm.n, estimate.value, low, high)
    except Unanswerable:
        return ArmSummary(units(arm), None, None, None)
    reach = float(stdtrit(estimate.n - 1, 1 - alpha / 2)) * estimate.error
    return ArmSummary(estimate.n, estimate.value, estimate.value - reach, estimate.value + reach)
