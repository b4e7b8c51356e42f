"""Posterior distributions of one arm and integrals over several of them, by quadrature: no random numbers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv, betaln, ndtr, ndtri, xlog1py, xlogy

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_TAIL = (1e-14, 1e-10, 1e-7, 1e-5, 1e-4, 1e-3, 0.005, 0.02, 0.06, 0.15, 0.3)
_CUTS = np.array([*_TAIL, 0.5, *(1 - np.array(_TAIL[::-1]))])
"""Quantiles at which the axis is cut: between two of them a density is smooth enough for 16 nodes."""


class Marginal(ABC):
    """What is believed of one arm's value. Functions take and give arrays."""

    mean: float

    @abstractmethod
    def density(self, x: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def below(self, x: np.ndarray) -> np.ndarray:
        """The probability that the value is ≤ x."""

    @abstractmethod
    def quantile(self, q: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Beta(Marginal):
    """A rate: Beta(a, b)."""

    a: float
    b: float

    @property
    def mean(self) -> float:  # type: ignore[override]
        return self.a / (self.a + self.b)

    def density(self, x: np.ndarray) -> np.ndarray:
        x = np.clip(x, 0, 1)
        return np.exp(xlogy(self.a - 1, x) + xlog1py(self.b - 1, -x) - betaln(self.a, self.b))

    def below(self, x: np.ndarray) -> np.ndarray:
        return betainc(self.a, self.b, np.clip(x, 0, 1))

    def quantile(self, q: np.ndarray) -> np.ndarray:
        """Of more than a million units on both sides by the normal approximation: it only says where the axis is cut,
        and the exact one takes seconds at 1e12."""
        if min(self.a, self.b) <= 1e6:
            return betaincinv(self.a, self.b, q)
        total = self.a + self.b
        deviation = np.sqrt(self.a / total * (self.b / total) / total)
        return np.clip(self.mean + deviation * ndtri(q), 0.0, 1.0)


@dataclass(frozen=True)
class Normal(Marginal):
    """Anything that is about normal: mean and standard deviation (> 0)."""

    mean: float
    deviation: float

    def density(self, x: np.ndarray) -> np.ndarray:
        return np.exp(-(((x - self.mean) / self.deviation) ** 2) / 2) / (self.deviation * np.sqrt(2 * np.pi))

    def below(self, x: np.ndarray) -> np.ndarray:
        return ndtr((x - self.mean) / self.deviation)

    def quantile(self, q: np.ndarray) -> np.ndarray:
        return self.mean + self.deviation * ndtri(q)


def grid(cuts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of composite Gauss-Legendre quadrature between the cuts."""
    edges = np.unique(cuts)
    half = np.diff(edges) / 2
    middle = edges[:-1] + half
    return (middle[:, None] + half[:, None] * _NODES).ravel(), (half[:, None] * _WEIGHTS).ravel()


def _common(arms: Sequence[Marginal]) -> tuple[np.ndarray, np.ndarray]:
    return grid(np.concatenate([arm.quantile(_CUTS) for arm in arms]))


def chances(arms: Sequence[Marginal], *, higher_is_better: bool = True) -> np.ndarray:
    """The probability of each arm to be the best: ∫ fᵢ ∏ Fⱼ (of the others). Sums to 1."""
    x, weights = _common(arms)
    beaten = np.array([arm.below(x) if higher_is_better else 1 - arm.below(x) for arm in arms])
    raw = [float((_masses(arm, x, weights) * np.prod(np.delete(beaten, i, 0), 0)).sum()) for i, arm in enumerate(arms)]
    return np.maximum(raw, 0) / np.maximum(raw, 0).sum()


def losses(arms: Sequence[Marginal], *, higher_is_better: bool = True) -> np.ndarray:
    """What each arm is expected to miss against the best of all, in the metric's unit: ∫ Fᵢ (1 − ∏ Fⱼ of the
    others)."""
    x, weights = _common(arms)
    below = np.array([arm.below(x) if higher_is_better else 1 - arm.below(x) for arm in arms])
    missed = [below[i] * (1 - np.prod(np.delete(below, i, 0), 0)) for i in range(len(arms))]
    return np.maximum([float((one * weights).sum()) for one in missed], 0)


def difference_below(control: Marginal, variant: Marginal, d: float) -> float:
    """P(variant − control ≤ d) of independent arms: ∫ f_control(x)·F_variant(x + d)."""
    first = control.quantile(_CUTS)
    cuts = np.clip(np.concatenate([first, variant.quantile(_CUTS) - d]), first[0], first[-1])
    x, weights = grid(cuts)
    return float((_masses(control, x, weights) * variant.below(x + d)).sum())


def _masses(arm: Marginal, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of the nodes, all together 1: with 1e12 units the density's constant is lost in rounding by a thousandth."""
    masses = arm.density(x) * weights
    return masses / masses.sum()
