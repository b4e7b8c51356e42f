"""Capping of extreme values, so that one buyer in ten thousand does not decide a test.

The limit is the quantile of the units of ALL arms together: a limit per arm would be a different metric for each.
"""

import numpy as np
from numpy.typing import ArrayLike

from .failures import Reason, Unanswerable, share
from .sums import column


def threshold(values: ArrayLike, quantile: float, *, ignore_zeros: bool = False) -> float:
    """The value at the quantile (0..1, linear between ranks, as percentile_cont) over the units of all arms, shape
    (n,).

    `ignore_zeros` asks among buyers only. Source: Tukey (1962), Annals of Mathematical Statistics 33.
    Raises Unanswerable(TOO_FEW_UNITS) without values.
    """
    share(quantile=quantile)
    array = column("values", values)
    array = array[array != 0] if ignore_zeros else array
    if array.size == 0:
        raise Unanswerable(Reason.TOO_FEW_UNITS, n=0, least=1)
    return float(np.quantile(array, quantile))


def cap(values: ArrayLike, limit: float, *, floor: float | None = None) -> np.ndarray:
    """The values with what exceeds `limit` set to it (and what is below `floor` set to that)."""
    return np.clip(column("values", values), floor, limit)
