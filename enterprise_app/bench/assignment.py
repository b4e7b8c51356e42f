"""Who gets which variant: 1M units in 20 experiments; weights that hold, and experiments that don't know each other."""

import math
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from time import perf_counter
from typing import Any

import numpy as np
from scipy import stats

from enterprise_app.bench import Row, benchmark
from enterprise_app.domains.experiments.rules.hashing import choose

UNITS = 1_000_000
BAR_POINTS = 0.5
BAR_P = 0.01
PLANS = (
    (0.5, 0.5),
    (0.9, 0.1),
    (0.7, 0.2, 0.1),
    (0.2, 0.2, 0.2, 0.2, 0.2),
    (0.34, 0.33, 0.33),
)
EXPERIMENTS = tuple((f"seed-{number}", PLANS[number % len(PLANS)]) for number in range(20))


@benchmark("assignment")
def assignment() -> list[Row]:
    """1M units in 20 experiments of 2 to 5 variants: error of the weights, independence of every pair."""
    begun = perf_counter()
    with ProcessPoolExecutor() as pool:
        drawn = list(pool.map(draw_all, EXPERIMENTS))
    rate = UNITS * len(EXPERIMENTS) / (perf_counter() - begun)
    error = max(_error(variants, weights) for variants, (_, weights) in zip(drawn, EXPERIMENTS, strict=True))
    pairs = [_independence(a, b) for a, b in combinations(drawn, 2)]
    # The smallest of 190 p-values of true nothing is about 1/190: so Bonferroni's.
    least = min(pairs)
    adjusted = min(1.0, least * len(pairs))
    tested: Any = stats.kstest(pairs, "uniform")
    even = float(tested.pvalue)
    what = f"{UNITS:,} units × {len(EXPERIMENTS)} experiments"
    return [
        Row(f"{what}: weights", f"{error:.3f} points off at most, {rate:,.0f} choices/s", f"< {BAR_POINTS} points",
            error / BAR_POINTS, error < BAR_POINTS),
        Row(f"{what}: {len(pairs)} pairs, chi²", f"least p {least:.4f}, of so many {adjusted:.2f}; evenness {even:.2f}",
            f"p > {BAR_P} (Bonferroni; evenness too)", None, adjusted > BAR_P and even > BAR_P),
    ]  # fmt: skip


def draw_all(experiment: tuple[str, tuple[float, ...]]) -> np.ndarray:
    """The variant's number of every unit."""
    seed, weights = experiment
    portions = [(str(number), weight) for number, weight in enumerate(weights)]
    return np.fromiter((int(choose(seed, portions, f"{n:032x}") or 0) for n in range(UNITS)), np.int8, UNITS)


def _error(variants: np.ndarray, weights: tuple[float, ...]) -> float:
    shares = np.bincount(variants, minlength=len(weights)) / len(variants)
    assert math.isclose(sum(weights), 1)
    return float(np.abs(shares - weights).max() * 100)


def _independence(a: np.ndarray, b: np.ndarray) -> float:
    width = int(b.max()) + 1
    counts = np.bincount(a.astype(np.int64) * width + b, minlength=(int(a.max()) + 1) * width).reshape(-1, width)
    tested: Any = stats.chi2_contingency(counts, correction=False)
    return float(tested.pvalue)
