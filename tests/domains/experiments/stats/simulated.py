"""Trials looked at 20 times, all at once in numpy: z statistics of every look and the information at it."""

import numpy as np

SEED = 20240607
RUNS, LOOKS, PLANNED = 4000, 20, 3841
"""Planned: 10 % → 12 % with 80 % power."""


def looks_at_rates(
    base: float, target: float, horizon: float, *, planned: int = PLANNED, truth: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Even looks up to `horizon` plans: z of shape (runs, looks) against the difference `truth`, fractions of it."""
    rng = np.random.default_rng(SEED)
    n = np.rint(planned * horizon * np.arange(1, LOOKS + 1) / LOOKS)
    fresh = np.diff(n, prepend=0).astype(int)
    a = rng.binomial(fresh, base, (RUNS, LOOKS)).cumsum(1) / n
    b = rng.binomial(fresh, target, (RUNS, LOOKS)).cumsum(1) / n
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / n)
    return (b - a - truth) / error, n / planned


def looks_at_means(runs: int = 1500, units: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """The same for revenue per unit without an effect: 95 % zeros, the rest log-normal."""
    rng = np.random.default_rng(SEED)
    n = np.rint(units * np.arange(1, LOOKS + 1) / LOOKS).astype(int)
    z = np.empty((runs, LOOKS))
    for run in range(runs):
        sums = []
        for _ in range(2):
            y = np.zeros(units)
            buyers = np.flatnonzero(rng.random(units) < 0.05)
            y[buyers] = rng.lognormal(3, 1, buyers.size)
            total, squares = y.cumsum()[n - 1], (y * y).cumsum()[n - 1]
            sums.append((total / n, (squares - total**2 / n) / (n - 1) / n))
        (a, a2), (b, b2) = sums
        z[run] = (b - a) / np.sqrt(a2 + b2)
    return z, n / units


def crossed(z: np.ndarray, bounds: np.ndarray) -> float:
    """The share of trials that exceed the bounds, on either side, at any of the looks."""
    return float((np.abs(z) >= bounds).any(1).mean())
