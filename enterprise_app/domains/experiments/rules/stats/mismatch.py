"""Sample-ratio mismatch: do the arms have as many units as their weights say? If not, no result can be trusted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, gammaln

from .failures import Reason, Unanswerable, finite, share

LIMIT = 0.001
"""p below which the split is suspicious (Fabijan et al., KDD 2019, use the same order)."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """`suspicious` blocks a winner. `expected` units by weight, in order of the arms; `statistic` is chi², or the Bayes
    factor of the any-time test."""

    p: float
    statistic: float
    df: int
    expected: tuple[float, ...]
    suspicious: bool
    method: str
    source: str


def mismatch(counts: Sequence[int], weights: Sequence[float], limit: float = LIMIT) -> Mismatch:
    """Pearson's chi² of units by arm against weights; for one look at the end (5200/4800 at 1:1: p 6.3e-5).

    No units at all are no mismatch (p 1). Raises Unanswerable: OUT_OF_RANGE for weights ≤ 0 or fewer than 2 arms,
    IMPOSSIBLE for negative counts.
    """
    observed, shares = _checked(counts, weights, limit)
    expected = shares * observed.sum()
    statistic = float(((observed - expected) ** 2 / expected).sum()) if observed.sum() else 0.0
    df = observed.size - 1
    p = float(chdtrc(df, statistic))
    return Mismatch(p, statistic, df, tuple(expected.tolist()), p < limit, "chi² of the split", "Pearson (1900)")


def mismatch_any_time(counts: Sequence[int], weights: Sequence[float], limit: float = LIMIT) -> Mismatch:
    """The same for looks at any time: false alarms stay ≤ limit over all looks together.

    p = 1 / Bayes factor of a Dirichlet mixture over splits (all splits alike, parameters 1) against the weights; keep
    the smallest p seen. Source: Lindon, Malek, "Anytime-Valid Inference for Multinomial Count Data" (NeurIPS 2022).
    """
    observed, shares = _checked(counts, weights, limit)
    arms, total = observed.size, observed.sum()
    log_factor = float(
        gammaln(arms) - gammaln(arms + total) + gammaln(1 + observed).sum() - (observed * np.log(shares)).sum()
    )
    p = math.exp(min(0.0, -log_factor))
    expected = tuple((shares * total).tolist())
    source = "Lindon, Malek (NeurIPS 2022)"
    factor = math.exp(min(log_factor, 700.0))
    return Mismatch(p, factor, arms - 1, expected, p < limit, "Dirichlet mixture, any time", source)


def _checked(counts: Sequence[int], weights: Sequence[float], limit: float) -> tuple[np.ndarray, np.ndarray]:
    share(limit=limit)
    if len(counts) != len(weights) or len(counts) < 2:
        raise Unanswerable(Reason.OUT_OF_RANGE, name="weights", arms=len(counts), weights=len(weights))
    for count, weight in zip(counts, weights, strict=True):
        finite(count=count, weight=weight)
        if weight <= 0:
            raise Unanswerable(Reason.OUT_OF_RANGE, name="weight", value=weight)
        if count < 0:
            raise Unanswerable(Reason.IMPOSSIBLE, name="count", value=count)
    shares = np.asarray(weights, dtype=float)
    return np.asarray(counts, dtype=float), shares / shares.sum()
