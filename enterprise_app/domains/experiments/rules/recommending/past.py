"""Finished tests as the recommender reads them: what each variant was, and by how much it beat its control.

A gain is relative to control and positive when better, whatever the metric's direction. Its standard error is read off
the relative interval: (high − low) / 2z at the results' alpha.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from scipy.special import ndtri

from ...recommendation_schemas import LeftOut, MetricChoice
from ...result_schemas import ArmOutcome, MetricOutcome, Results
from ...schemas import Variant
from ...vocabulary import Direction, MetricRole
from .features import Scalar, read_parameters

_SHARED_MOST = 0.9
"""Of an arm's variance: control's part, which all arms of a test have in common."""
_ERROR_MOST = 2.0
"""A relative standard error above 200 % tells nothing, and its normal approximation is not one."""


@dataclass(frozen=True, slots=True)
class PastArm:
    """A variant: what it was, its gain with its standard error."""

    variant: str
    parameters: Mapping[str, Scalar]
    gain: float
    error: float


@dataclass(frozen=True, slots=True)
class PastTest:
    """A finished test. `shared` is the covariance of its arms' gains: the control is the same for all."""

    id: UUID
    name: str
    control: Mapping[str, Scalar]
    arms: Sequence[PastArm]
    shared: float = 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished test as it is stored: its results, those that count first; the variant that it left in use."""

    id: UUID
    name: str
    variants: Sequence[Variant]
    results: Sequence[Results]
    served: str | None = None


def metrics_of(tests: Sequence[Finished]) -> list[MetricChoice]:
    """The metrics of finished tests, first those that were primary most often, then those in most tests."""
    told = [{m.metric_id: m for r in test.results for m in r.metrics if m.metric_id} for test in tests]
    names = {metric_id: metric.name for known in told for metric_id, metric in known.items()}
    counts = Counter(metric_id for known in told for metric_id in known)
    primary = Counter(i for known in told for i, metric in known.items() if metric.role is MetricRole.PRIMARY)
    order = sorted(names, key=lambda i: (-primary[i], -counts[i], names[i], i))
    return [MetricChoice(metric_id=i, name=names[i], tests=counts[i]) for i in order]


def in_use(tests: Sequence[Finished]) -> dict[str, Scalar]:
    """What decisions left in use, and of the rest what controls were; tests are given oldest first."""
    controls, decided = {}, {}
    for test in tests:
        for variant in test.variants:
            if variant.is_control:
                controls |= read_parameters(variant.value)
            if variant.key == test.served:
                decided |= read_parameters(variant.value)
    return controls | decided


def read_tests(tests: Sequence[Finished], metric_id: UUID | None) -> tuple[list[PastTest], dict[LeftOut, int]]:
    """What can be learned from, in the order given, and how many of the others can't for which reason."""
    read, left_out = [], Counter[LeftOut]()
    for test in tests:
        one = _read(test, metric_id)
        if isinstance(one, LeftOut):
            left_out[one] += 1
        else:
            read.append(one)
    return read, dict(left_out)


def _read(test: Finished, metric_id: UUID | None) -> PastTest | LeftOut:
    """By the first of its results that has an answer; else why the first has none."""
    found = [_read_one(test, results, metric_id) for results in test.results]
    return next((one for one in found if isinstance(one, PastTest)), found[0] if found else LeftOut.NO_ANSWER)


def _read_one(test: Finished, results: Results, metric_id: UUID | None) -> PastTest | LeftOut:
    metric = next((m for m in results.metrics if m.metric_id is not None and m.metric_id == metric_id), None)
    if metric is None:
        return LeftOut.NO_METRIC
    if results.split is not None and results.split.suspicious:
        return LeftOut.UNTRUSTED
    parameters = {v.key: read_parameters(v.value) for v in test.variants}
    control = parameters.get(results.control, {})
    if all(found == control for found in parameters.values()):
        return LeftOut.NO_PARAMETERS
    quantile = float(ndtri(1 - results.alpha / 2))
    arms = [arm for a in metric.arms if (arm := _arm(a, parameters, metric, quantile)) and arm.parameters != control]
    if not arms:
        return LeftOut.NO_ANSWER
    return PastTest(test.id, test.name, control, arms, _shared(metric, results.control, arms, quantile))


def _arm(
    arm: ArmOutcome, parameters: Mapping[str, Mapping[str, Scalar]], metric: MetricOutcome, quantile: float
) -> PastArm | None:
    found = arm.difference
    if arm.variant not in parameters or found is None:
        return None
    if found.relative is None or found.relative_low is None or found.relative_high is None:
        return None
    error = (found.relative_high - found.relative_low) / (2 * quantile)
    if not 0 < error <= _ERROR_MOST:
        return None
    sign = 1 if metric.direction is Direction.UP else -1
    return PastArm(arm.variant, parameters[arm.variant], sign * found.relative, error)


def _shared(metric: MetricOutcome, control: str, arms: Sequence[PastArm], quantile: float) -> float:
    """Control's squared relative error: cov(vᵢ/c, vⱼ/c) ≈ var(c)/c² by the delta method, for ratios near 1."""
    own = next((a for a in metric.arms if a.variant == control), None)
    if own is None or len(arms) < 2 or not own.value or own.low is None or own.high is None:
        return 0.0
    relative = (own.high - own.low) / (2 * quantile * abs(own.value))
    return min(relative**2, _SHARED_MOST * min(arm.error**2 for arm in arms))
