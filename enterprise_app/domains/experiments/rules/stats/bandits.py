"""Bandit mode: weights of the arms follow what is believed of them, so fewer units see a worse variant.

The chances to be best are integrals, not draws: the same data give the same weights on every machine. Effects measured
under moving weights are biased a little; the results page says so.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from .aggregates import Aggregate
from .bayes import chances_best
from .failures import Reason, Unanswerable

GRAIN = 10_000
"""Weights are whole basis points."""
_TINY = 1e-12


class Rule(StrEnum):
    """How chances become weights."""

    TOP_TWO = "top_two"
    """Half to the best, half to its best challenger: finds the winner faster (Russo 2020, Operations Research 68)."""
    THOMPSON = "thompson"
    """Each arm its chance to be the best: loses least on the way (Thompson 1933, Biometrika 25)."""


def allocation(
    arms: Sequence[Aggregate], *, rule: Rule = Rule.TOP_TWO, least_share: float = 0.05, higher_is_better: bool = True
) -> list[float]:
    """Weights of the arms in order, in whole basis points, sum 1; every arm keeps at least `least_share`.

    While an arm has no answer yet (too few units of a mean, no variance) all get the same.
    Raises Unanswerable(OUT_OF_RANGE) for fewer than 2 arms or shares that do not fit.
    """
    count = len(arms)
    if count < 2 or not 0 <= least_share * count <= 1:
        raise Unanswerable(Reason.OUT_OF_RANGE, name="least_share", arms=count, value=least_share)
    try:
        best = np.asarray(chances_best(arms, higher_is_better=higher_is_better))
    except Unanswerable:
        return _rounded(np.full(count, 1 / count))
    wanted = _top_two(best) if rule is Rule.TOP_TWO else best
    return _rounded(least_share + (1 - count * least_share) * wanted)


def _top_two(best: np.ndarray) -> np.ndarray:
    """Top-two probability sampling with β = 1/2: pᵢ·(½ + ½·Σ_{j≠i} pⱼ/(1−pⱼ))."""
    p = np.maximum(best, _TINY)
    p = p / p.sum()
    odds = p / np.maximum(1 - p, _TINY)
    return p * (0.5 + 0.5 * (odds.sum() - odds))


def _rounded(shares: np.ndarray) -> list[float]:
    """Largest remainders: whole grains that sum to all of them."""
    grains = np.floor(shares / shares.sum() * GRAIN + 1e-9)
    remainders = shares / shares.sum() * GRAIN - grains
    missing = int(GRAIN - grains.sum())
    grains[np.argsort(-remainders, kind="stable")[:missing]] += 1
    return (grains / GRAIN).tolist()
