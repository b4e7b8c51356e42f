"""Group-sequential tests: a few planned looks, sharper than any-time monitoring, invalid for looks that were not
planned.

Source: Lan, DeMets (1983), Biometrika 70 (spending); Armitage, McPherson, Rowe (1969), JRSS A 132 (recursion);
boundaries as in Jennison, Turnbull, "Group Sequential Methods" (2000), chapters 7 and 19.
"""

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from scipy.special import ndtr, ndtri

from .failures import Reason, Unanswerable, share
from .roots import root

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)


class Spending(StrEnum):
    """How much of alpha may be used up to a fraction of the information."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"


def spent(fraction: float, alpha: float, spending: Spending) -> float:
    """Of alpha (two-sided) up to the fraction 0..1."""
    if spending is Spending.POCOCK:
        return alpha * math.log1p((math.e - 1) * fraction)
    return float(4 * ndtr(ndtri(alpha / 4) / math.sqrt(fraction)))


def boundaries(
    fractions: Sequence[float], alpha: float = 0.05, spending: Spending = Spending.OBRIEN_FLEMING
) -> list[float]:
    """Critical |z| at every planned look, two-sided. `fractions` of the planned information, rising, the last ≤ 1.

    Five even looks at .05: 4.877, 3.357, 2.680, 2.290, 2.031 (O'Brien-Fleming). Raises Unanswerable(OUT_OF_RANGE).
    """
    share(alpha=alpha)
    steps = np.diff([0.0, *fractions])
    if not fractions or (steps <= 0).any() or fractions[-1] > 1 + 1e-12:
        raise Unanswerable(Reason.OUT_OF_RANGE, name="fractions")
    bounds: list[float] = []
    places, mass = np.zeros(1), np.ones(1)
    used = 0.0
    for fraction, step in zip(fractions, steps, strict=True):
        until = spent(min(fraction, 1.0), alpha, spending)
        edge = _edge(places, mass, float(step), until - used, math.sqrt(fraction))
        places, mass = _go_on(places, mass, float(step), edge)
        bounds.append(edge / math.sqrt(fraction))
        used = until
    return bounds


def _edge(places: np.ndarray, mass: np.ndarray, step: float, alpha: float, scale: float) -> float:
    """The value that the sum exceeds, on either side, with probability alpha among those still inside."""
    deviation = math.sqrt(step)

    def excess(edge: float) -> float:
        above, below = ndtr((places - edge) / deviation), ndtr((-edge - places) / deviation)
        return float((mass * (above + below)).sum()) - alpha

    return root(excess, 0.0, 40.0 * scale)


def _go_on(places: np.ndarray, mass: np.ndarray, step: float, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature nodes and probability masses of the sum among those that stay inside ±edge after the step."""
    inside = np.minimum(edge, 12.0 * math.sqrt(step) + np.abs(places).max())
    nodes = _NODES * inside
    apart = (nodes[:, None] - places[None, :]) / math.sqrt(step)
    density = (np.exp(-(apart**2) / 2) * mass[None, :]).sum(1) / math.sqrt(2 * math.pi * step)
    return nodes, density * _WEIGHTS * inside
