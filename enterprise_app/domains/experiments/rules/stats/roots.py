"""Where a function crosses 0, for quantiles and plans that have no closed form."""

from collections.abc import Callable
from typing import cast

from scipy.optimize import brentq


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """The x between low and high where the function is 0, to 1e-12 (Brent 1973); needs a change of sign."""
    return cast(float, brentq(function, low, high, xtol=1e-12))
