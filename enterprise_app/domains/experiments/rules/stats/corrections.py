"""Several comparisons at once: p values adjusted so that the level holds for all of them together."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from .failures import Reason, Unanswerable, finite, share


class Correction(StrEnum):
    """Named on screen beside every adjusted number."""

    HOLM = "holm"
    """Any wrong win among all has probability ≤ alpha (Holm 1979, Scandinavian Journal of Statistics 6)."""
    BH = "bh"
    """At most a share alpha of the wins is wrong on average (Benjamini, Hochberg 1995, JRSS B 57)."""
    NONE = "none"


def adjust(ps: Sequence[float], correction: Correction) -> list[float]:
    """Adjusted p values in the given order; compare each with alpha. Raises Unanswerable for a p outside 0..1."""
    for p in ps:
        finite(p=p)
        if not 0 <= p <= 1:
            raise Unanswerable(Reason.OUT_OF_RANGE, name="p", value=p)
    if correction is Correction.NONE or not ps:
        return [float(p) for p in ps]
    values = np.asarray(ps, dtype=float)
    order = np.argsort(values, kind="stable")
    stepped = _holm(values[order]) if correction is Correction.HOLM else _benjamini_hochberg(values[order])
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted.tolist()


def simultaneous(alpha: float, comparisons: int) -> float:
    """The level of each of several intervals that all hold together with 1−alpha (Bonferroni; Dunn 1961, JASA 56)."""
    share(alpha=alpha)
    return alpha / max(1, comparisons)


def _holm(rising: np.ndarray) -> np.ndarray:
    """Step down: (m−i)·p₍ᵢ₎, never falling."""
    return np.maximum.accumulate(rising * np.arange(rising.size, 0, -1))


def _benjamini_hochberg(rising: np.ndarray) -> np.ndarray:
    """Step up: m/i·p₍ᵢ₎, never rising above the next."""
    scaled = rising * rising.size / np.arange(1, rising.size + 1)
    return np.minimum.accumulate(scaled[::-1])[::-1]
