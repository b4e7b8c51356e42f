"""Means, variances and covariances from sums: the same arithmetic for single numbers and for numpy columns."""

from typing import Any

import numpy as np

EPSILON = 1e-12
"""Relative size below which a sum of squares about the mean is rounding: a double keeps 16 digits, sums lose a few."""


def about_mean(n: Any, total_a: Any, total_b: Any, cross: Any, scale: Any) -> Any:
    """Σ(a−ā)(b−b̄) from Σa, Σb, Σab; what is below rounding against `scale` (about Σ|ab|) is 0."""
    centred = cross - total_a * total_b / n
    return np.where(np.abs(centred) <= EPSILON * np.abs(scale), 0.0, centred)


def variance(n: Any, total: Any, squares: Any) -> Any:
    """Sample variance (divisor n−1) from Σy and Σy²; needs n ≥ 2. Never negative by rounding."""
    return np.maximum(about_mean(n, total, total, squares, squares), 0.0) / (n - 1)


def covariance(n: Any, total_a: Any, total_b: Any, cross: Any, squares_a: Any, squares_b: Any) -> Any:
    """Sample covariance (divisor n−1) from sums; needs n ≥ 2."""
    return about_mean(n, total_a, total_b, cross, np.sqrt(squares_a * squares_b)) / (n - 1)


def ratio_variance(mean_num: Any, mean_den: Any, var_num: Any, var_den: Any, cov: Any) -> Any:
    """Variance per unit of a ratio of means by the delta method; divide by n for the squared standard error.

    Source: Deng, Knoblich, Lu, "Applying the Delta Method in Metric Analytics" (KDD 2018), section 3.1.
    """
    ratio = mean_num / mean_den
    # No powers: of Python's floats they raise where a product is infinite, which the caller refuses by name.
    return np.maximum((var_num - 2 * ratio * cov + ratio * ratio * var_den) / mean_den / mean_den, 0.0)
