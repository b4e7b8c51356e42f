"""A weighted Bayesian linear model of gains, averaged over how strong effects and how different tests may be.

gain = a + (φ(variant) − φ(control))·β + u + e; β ~ N(0, σ²), a wide; u ~ N(0, τ²): what a test has of its own;
e: the test's sampling error, arms of one test sharing their control's. σ, τ and whether φ has squares are not chosen:
each combination on a grid counts by its marginal likelihood, so that with nothing to learn all effects shrink to none.
Sources: Rasmussen, Williams, "Gaussian Processes for Machine Learning" (2006), sections 2.1 and 5.4; Hoeting et al.,
"Bayesian Model Averaging", Statistical Science 14 (1999); DerSimonian, Laird (1986) for the random effect u.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

Array = np.ndarray[Any, Any]

SIGMAS = (0.002, 0.006, 0.018, 0.05, 0.15, 0.4)
TAUS = (0.0, 0.004, 0.012, 0.035, 0.1, 0.3)
"""Shares of control: from two per mille to forty per cent covers what tests of pages and messages find."""
WIDE = 1.0
"""Standard deviation of the mean gain before any test."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of all tests: `x` differences of features, `y` gains, `error` standard errors; `tests` are slices of rows
    with the covariance that the rows of a test share."""

    x: Array
    y: Array
    error: Array
    tests: Sequence[tuple[slice, float]]
    curved: Array
    """Which columns are squares."""

    def covariance(self, test: int, tau: float) -> Array:
        """Of the rows of one test."""
        rows, shared = self.tests[test]
        own = self.error[rows] ** 2 + tau**2 - shared
        return np.diag(own) + shared


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is believed of the mean gain (first) and of every feature; `tau2`: the mean of τ²."""

    mean: Array
    covariance: Array
    tau2: float

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the gain of variants that differ from their control by `x`, in a new test."""
        rows = np.column_stack([np.ones(len(x)), x])
        spread = np.einsum("ij,jk,ik->i", rows, self.covariance, rows)
        return rows @ self.mean, np.sqrt(np.maximum(spread, 0.0) + self.tau2)


@dataclass(frozen=True, slots=True)
class _Moments:
    """Sums over rows, whitened by one τ: all that the posterior needs. Those of single tests can be taken off."""

    gram: Array
    cross: Array
    square: float
    logdet: float
    n: int

    def __sub__(self, other: "_Moments") -> "_Moments":
        return _Moments(
            self.gram - other.gram, self.cross - other.cross, self.square - other.square,
            self.logdet - other.logdet, self.n - other.n,
        )  # fmt: skip


class Learner:
    """Fits all tests, or all but one, from the same sums."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        width = sample.x.shape[1] + 1
        straight = np.concatenate([[True], ~sample.curved])
        self._bases = [np.flatnonzero(straight), np.arange(width)] if sample.curved.any() else [np.arange(width)]
        self._parts = [[_moments(sample, t, tau) for t in range(len(sample.tests))] for tau in TAUS]
        self._totals = [_total(parts, width) for parts in self._parts]

    def fit(self, without: int | None = None) -> Posterior:
        """The posterior, of all tests or of all but the one of that number."""
        return _averaged(self._moments(without), self._bases, SIGMAS, self.sample.x.shape[1] + 1)

    def fit_mean(self, without: int | None = None) -> Posterior:
        """The same without any feature: the mean predictor, which the model has to beat."""
        return _averaged(self._moments(without), [np.arange(1)], SIGMAS[:1], self.sample.x.shape[1] + 1)

    def _moments(self, without: int | None) -> list[_Moments]:
        if without is None:
            return self._totals
        return [total - parts[without] for total, parts in zip(self._totals, self._parts, strict=True)]


def _moments(sample: Sample, test: int, tau: float) -> _Moments:
    rows, _ = sample.tests[test]
    root = np.linalg.cholesky(sample.covariance(test, tau))
    x = np.column_stack([np.ones(rows.stop - rows.start), sample.x[rows]])
    white = solve_triangular(root, np.column_stack([x, sample.y[rows]]), lower=True)
    x, y = white[:, :-1], white[:, -1]
    return _Moments(x.T @ x, x.T @ y, float(y @ y), 2 * float(np.log(np.diag(root)).sum()), len(y))


def _total(parts: Sequence[_Moments], width: int) -> _Moments:
    return _Moments(
        sum((p.gram for p in parts), np.zeros((width, width))), sum((p.cross for p in parts), np.zeros(width)),
        sum(p.square for p in parts), sum(p.logdet for p in parts), sum(p.n for p in parts),
    )  # fmt: skip


def _averaged(moments: Sequence[_Moments], bases: Sequence[Array], sigmas: Sequence[float], width: int) -> Posterior:
    """Mean and covariance of the mixture over τ, basis and σ."""
    parts = [_each(moments, basis, np.array(sigmas), width) for basis in bases]
    logs, means, covariances = (np.concatenate(found) for found in zip(*parts, strict=True))
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    mean, apart = weights @ means, means - weights @ means
    covariance = np.tensordot(weights, covariances, 1) + (weights[:, None] * apart).T @ apart
    tau2 = np.tile(np.repeat(np.square(TAUS), len(sigmas)), len(bases))
    return Posterior(mean, covariance, float(weights @ tau2))


def _each(moments: Sequence[_Moments], basis: Array, sigmas: Array, width: int) -> tuple[Array, Array, Array]:
    """Log marginal likelihood, mean and covariance of every τ and σ; features outside of the basis stay 0."""
    gram = np.array([m.gram[np.ix_(basis, basis)] for m in moments])
    cross = np.array([m.cross[basis] for m in moments])
    rest = np.array([m.logdet + m.square + m.n * np.log(2 * np.pi) for m in moments])
    prior = np.repeat(np.square(sigmas)[:, None], len(basis), axis=1)
    prior[:, 0] = WIDE**2
    precision = gram[:, None] + np.eye(len(basis)) / prior[:, None, :]
    inverse = np.linalg.inv(precision)
    inner = np.einsum("tsij,tj->tsi", inverse, cross)
    logdet = np.linalg.slogdet(precision)[1] + np.log(prior).sum(axis=1)
    logs = -0.5 * (rest[:, None] + logdet - np.einsum("tsi,ti->ts", inner, cross))
    means = np.zeros((logs.size, width))
    means[:, basis] = inner.reshape(logs.size, -1)
    covariances = np.zeros((logs.size, width, width))
    covariances[:, basis[:, None], basis] = inverse.reshape(logs.size, len(basis), len(basis))
    return logs.ravel(), means, covariances
