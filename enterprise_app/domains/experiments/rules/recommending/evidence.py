"""Whether the model learned anything: every test predicted from the others, against the mean of the others.

A test's error is (observed − predicted)' V⁻¹ (observed − predicted), V: what its arms may differ by without any model
(sampling error, the shared control, τ of the mean predictor): precise tests count more, the arms of a test once.
The gain in error is told with a t interval over tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from .model import Array, Learner, Sample

TESTS_MIN = 8
"""Fewer say nothing about the next: the interval over tests is then wider than any gain that is likely."""
SHARE_MIN = 0.1
"""A smaller gain over the mean is no use, however sure."""
LEVEL = 0.025
"""One-sided: how often the mean itself may seem beaten. With SHARE_MIN, of pasts that are noise about 3 % pass."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """An arm as predicted from the other tests: by the model with its 95 % interval, and by the mean."""

    test: int
    arm: int
    observed: float
    error: float
    predicted: float
    low: float
    high: float
    by_mean: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Mean error a test of model and mean, `better`: the share of error that the model saves, with its 95 % interval.

    `covered`: the share of held-out arms inside their 95 % intervals.
    """

    tests: int
    arms: int
    error_model: float
    error_mean: float
    better: float
    low: float
    high: float
    p: float
    covered: float
    held_out: tuple[HeldOut, ...]

    @property
    def beats_mean(self) -> bool:
        """Surely, and by enough to be of use."""
        return self.p <= LEVEL and self.better >= SHARE_MIN


def leave_one_out(learner: Learner) -> Evidence:
    """Of at least two tests."""
    sample, held, by_model, by_mean = learner.sample, [], [], []
    for test, (rows, _) in enumerate(sample.tests):
        mean = learner.fit_mean(without=test)
        predicted, spread = learner.fit(without=test).predict(sample.x[rows])
        flat, _ = mean.predict(sample.x[rows])
        held += _held(sample, test, predicted, spread, flat)
        weight = np.linalg.inv(sample.covariance(test, float(np.sqrt(mean.tau2))))
        by_model.append(_error(sample.y[rows] - predicted, weight))
        by_mean.append(_error(sample.y[rows] - flat, weight))
    return _judged(np.array(by_model), np.array(by_mean), held)


def _held(sample: Sample, test: int, predicted: Array, spread: Array, flat: Array) -> list[HeldOut]:
    rows, quantile, found = sample.tests[test][0], float(ndtri(0.975)), []
    for arm, row in enumerate(range(rows.start, rows.stop)):
        reach = quantile * float(np.hypot(spread[arm], sample.error[row]))
        middle = float(predicted[arm])
        seen = (float(sample.y[row]), float(sample.error[row]))
        found.append(HeldOut(test, arm, *seen, middle, middle - reach, middle + reach, float(flat[arm])))
    return found


def _error(residual: Array, weight: Array) -> float:
    return float(residual @ weight @ residual)


def _judged(by_model: Array, by_mean: Array, held: Sequence[HeldOut]) -> Evidence:
    saved, n = by_mean - by_model, len(by_mean)
    middle, error = float(saved.mean()), float(saved.std(ddof=1) / np.sqrt(n))
    base = float(by_mean.mean()) or 1.0
    reach = float(stdtrit(n - 1, 1 - LEVEL)) * error
    p = float(stdtr(n - 1, -middle / error)) if error > 0 else 1.0
    inside = [h.low <= h.observed <= h.high for h in held]
    return Evidence(
        n, len(held), float(by_model.mean()), float(by_mean.mean()), middle / base, (middle - reach) / base,
        min((middle + reach) / base, 1.0), p, sum(inside) / len(inside), tuple(held),
    )  # fmt: skip
