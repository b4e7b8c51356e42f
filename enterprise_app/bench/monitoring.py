"""Monitored tests by simulation: how often they win wrongly when looked at 20 times, and what power it costs."""

import numpy as np

from enterprise_app.bench import Row, benchmark
from enterprise_app.domains.experiments.rules.stats.power import units_for_proportions
from enterprise_app.domains.experiments.rules.stats.sequential import SequenceMethod, critical

RUNS, LOOKS, ALPHA, SEED = 4000, 20, 0.05, 20240607
WRONG_BAR, POWER_BAR = 0.05, 0.8
FIXED_Z = 1.959964
CASES = ((0.1, 0.11), (0.1, 0.12), (0.02, 0.025), (0.4, 0.43))
"""Base rate and the rate to be found; each at the planned sample of its fixed test with 80 % power."""


@benchmark("monitoring")
def monitoring() -> list[Row]:
    """4,000 A/A runs × 20 looks: wrong wins; and power at the plan against the fixed-horizon test."""
    return [*_wrong_wins(), *_powers()]


def _wrong_wins() -> list[Row]:
    """Up to the planned sample and three times as far; and that the simulation can fail."""
    rows = []
    for horizon in (1.0, 3.0):
        z, fractions = looked_at(0.1, 0.1, 3841, horizon)
        wrong = crossed(z, critical(fractions, ALPHA, SequenceMethod.PLANNED))
        what = f"{RUNS:,} A/A runs × {LOOKS} looks up to {horizon:g} × the plan: wrong wins"
        rows.append(Row(what, f"{wrong:.2%}", f"≤ {WRONG_BAR:.0%}", wrong / WRONG_BAR, wrong <= WRONG_BAR))
    z, _ = looked_at(0.1, 0.1, 3841, 1.0)
    naive = crossed(z, np.full(LOOKS, FIXED_Z))
    return [
        *rows,
        Row("The same runs by a fixed test at every look", f"{naive:.2%}", "more, so it can fail", None, naive > 0.2),
    ]


def _powers() -> list[Row]:
    rows = []
    for base, target in CASES:
        planned = units_for_proportions(base, target)
        z, fractions = looked_at(base, target, planned, 1.0)
        fixed = crossed(z[:, -1:], np.array([FIXED_Z]))
        kept = crossed(z, critical(fractions, ALPHA)) / fixed
        what = f"Power at {planned:,} units an arm, {base:.1%} → {target:.1%}"
        measured = f"monitored {kept * fixed:.1%}, fixed {fixed:.1%}"
        rows.append(Row(what, measured, f"≥ {POWER_BAR:.0%} of the fixed", kept, kept >= POWER_BAR))
    return rows


def looked_at(base: float, target: float, planned: int, horizon: float) -> tuple[np.ndarray, np.ndarray]:
    """z of shape (runs, looks) at even looks up to so many plans, and the fraction of the plan at each."""
    rng = np.random.default_rng(SEED)
    n = np.rint(planned * horizon * np.arange(1, LOOKS + 1) / LOOKS)
    fresh = np.diff(n, prepend=0).astype(int)
    a = rng.binomial(fresh, base, (RUNS, LOOKS)).cumsum(1) / n
    b = rng.binomial(fresh, target, (RUNS, LOOKS)).cumsum(1) / n
    return (b - a) / np.sqrt((a * (1 - a) + b * (1 - b)) / n), n / planned


def crossed(z: np.ndarray, bounds: np.ndarray) -> float:
    """The share of runs that exceed the bounds, on either side, at any look."""
    return float((np.abs(z) >= bounds).any(1).mean())
