"""What sums of any kind have in common: they add, become floats, and are refused when no data can have them."""

import dataclasses
import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .failures import Reason, Unanswerable, finite

_ROUNDING = 1e-9
"""Relative slack of the Cauchy-Schwarz inequality for sums that were rounded."""


class Sums:
    """Adds field by field; numbers become floats, the number of units an int."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for name in names(self):
            value = getattr(self, name)
            if isinstance(value, Sums) or value is None:
                continue
            finite(**{name: float(value)})
            object.__setattr__(self, name, _whole(name, value) if name in ("n", "x") else float(value))

    def __add__(self, other: Self) -> Self:
        return type(self)(*(_plus(getattr(self, name), getattr(other, name)) for name in names(self)))


def names(sums: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(sums)]


def _whole(name: str, value: Any) -> int:
    if value != int(value) or value < 0:
        raise Unanswerable(Reason.IMPOSSIBLE, name=name, value=float(value))
    return int(value)


def _plus(one: Any, other: Any) -> Any:
    """History counts only if both sides have it."""
    return None if one is None or other is None else one + other


def possible(n: int, **squares: tuple[float, float, float]) -> None:
    """Cauchy-Schwarz: |Σab|² ≤ Σa²·Σb² for every (Σab, Σa², Σb²); no negative squares; no sums without units."""
    for name, (cross, squares_a, squares_b) in squares.items():
        bound = math.sqrt(squares_a * squares_b) if squares_a >= 0 and squares_b >= 0 else -1.0
        if abs(cross) > bound * (1 + _ROUNDING) or (n == 0 and squares_a > 0):
            raise Unanswerable(Reason.IMPOSSIBLE, name=name)


def dot(one: np.ndarray, other: np.ndarray) -> float:
    """Σab."""
    return float(one @ other)


def column(name: str, values: ArrayLike, size: int | None = None) -> np.ndarray:
    """A one-dimensional array of finite floats, of `size` if given."""
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or (size is not None and array.size != size):
        raise Unanswerable(Reason.IMPOSSIBLE, name=name, shape=array.shape)
    if not np.isfinite(array).all():
        raise Unanswerable(Reason.NOT_FINITE, name=name)
    return array
