"""What one arm of an experiment delivers for one metric: counts and sums per unit, as SQL adds them up.

All are mergeable: `a + b` are the sums of two disjoint sets of units. A unit is counted once, exposed or not converted
units with 0. Fields take int, float or Decimal. What cannot be the sums of any data is refused when it is built:
Unanswerable(NOT_FINITE | IMPOSSIBLE).
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .failures import Reason, Unanswerable, share
from .sums import Sums, column, dot, possible


@dataclass(frozen=True, slots=True)
class Cuped(Sums):
    """History of the units: x is the unit's value before its exposure (0 without any): Σx, Σx², Σxy."""

    pre_total: float
    pre_squares: float
    cross: float

    def check(self, n: int, squares: float) -> None:
        """Refuses what does not fit to n units with Σy² = squares."""
        possible(n, pre_squares=(self.pre_total, self.pre_squares, n), cross=(self.cross, self.pre_squares, squares))


@dataclass(frozen=True, slots=True)
class RatioCuped(Sums):
    """History of a ratio: c and d are the unit's numerator and denominator before its exposure; sums with a and b of
    now: Σc, Σd, Σc², Σd², Σcd, Σac, Σad, Σbc, Σbd."""

    pre_num: float
    pre_den: float
    pre_num2: float
    pre_den2: float
    pre_numden: float
    num_pre_num: float
    num_pre_den: float
    den_pre_num: float
    den_pre_den: float


@dataclass(frozen=True, slots=True)
class Proportion(Sums):
    """n units, x of them converted; also retention."""

    n: int
    x: int
    cuped: Cuped | None = None

    def __post_init__(self) -> None:
        Sums.__post_init__(self)
        if self.x > self.n:
            raise Unanswerable(Reason.IMPOSSIBLE, name="x", x=self.x, n=self.n)
        if self.cuped is not None:
            self.cuped.check(self.n, self.x)

    def as_mean(self) -> "Mean":
        """The same as a mean of zeros and ones, which is how history adjusts it."""
        return Mean(self.n, self.x, self.x, self.cuped)


@dataclass(frozen=True, slots=True)
class Mean(Sums):
    """A number per unit: Σy and Σy² over all n units."""

    n: int
    total: float
    squares: float
    cuped: Cuped | None = None

    def __post_init__(self) -> None:
        Sums.__post_init__(self)
        possible(self.n, squares=(self.total, self.squares, self.n))
        if self.cuped is not None:
            self.cuped.check(self.n, self.squares)

    @classmethod
    def of(cls, values: ArrayLike, pre: ArrayLike | None = None) -> Self:
        """From one value a unit, shape (n,); `pre` the values before exposure in the same order."""
        y = column("values", values)
        if pre is None:
            return cls(y.size, y.sum(), dot(y, y))
        x = column("pre", pre, y.size)
        return cls(y.size, y.sum(), dot(y, y), Cuped(x.sum(), dot(x, x), dot(x, y)))


@dataclass(frozen=True, slots=True)
class Ratio(Sums):
    """A ratio of two numbers per unit, Σa/Σb (revenue per order, clicks per view): Σa, Σb, Σa², Σb², Σab."""

    n: int
    num: float
    den: float
    num2: float
    den2: float
    numden: float
    cuped: RatioCuped | None = None

    def __post_init__(self) -> None:
        Sums.__post_init__(self)
        possible(
            self.n,
            num2=(self.num, self.num2, self.n),
            den2=(self.den, self.den2, self.n),
            numden=(self.numden, self.num2, self.den2),
        )

    @classmethod
    def of(
        cls, num: ArrayLike, den: ArrayLike, pre_num: ArrayLike | None = None, pre_den: ArrayLike | None = None
    ) -> Self:
        """From numerator and denominator of every unit, each of shape (n,); history only with both."""
        a = column("num", num)
        b = column("den", den, a.size)
        cuped = None
        if pre_num is not None and pre_den is not None:
            c, d = column("pre_num", pre_num, a.size), column("pre_den", pre_den, a.size)
            cuped = RatioCuped(
                c.sum(), d.sum(), dot(c, c), dot(d, d), dot(c, d), dot(a, c), dot(a, d), dot(b, c), dot(b, d)
            )
        return cls(a.size, a.sum(), b.sum(), dot(a, a), dot(b, b), dot(a, b), cuped)


@dataclass(frozen=True, slots=True, eq=False)
class Percentile:
    """The q-quantile of values: distinct `values` (sorted, shape (k,)) with their `counts`; bins of a sketch fit as
    well.

    Without `clusters` every value counts as independent (one per unit). With many values a unit they are not:
    `clusters` then holds per unit the number of its values ≤ the quantile (num) and of all its values (den)."""

    q: float
    values: np.ndarray
    counts: np.ndarray
    clusters: Ratio | None = None

    def __post_init__(self) -> None:
        share(q=self.q)
        values, counts = column("values", self.values), column("counts", self.counts, np.size(self.values))
        if (counts < 0).any() or (np.diff(values) <= 0).any():
            raise Unanswerable(Reason.IMPOSSIBLE, name="values" if (counts >= 0).all() else "counts")
        object.__setattr__(self, "values", values[counts > 0])
        object.__setattr__(self, "counts", counts[counts > 0].astype(np.int64))

    @property
    def n(self) -> int:
        """How many values."""
        return int(self.counts.sum())

    def at(self, rank: int) -> float:
        """The order statistic X₍rank₎, 1-based; needs 1 ≤ rank ≤ n."""
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank)])

    def is_tied(self, low: float, high: float) -> bool:
        """Whether values from `low` to `high` were seen twice each or more often, on average: steps, not accidents."""
        begin, end = np.searchsorted(self.values, low), np.searchsorted(self.values, high, side="right")
        return bool(self.counts[begin:end].sum() >= 2 * (end - begin))

    def __add__(self, other: Self) -> Self:
        """Both samples. Clusters belong to the quantile of a sample, so they must be counted again: the sum has
        none."""
        if self.q != other.q:
            raise Unanswerable(Reason.DIFFERENT_KINDS, q=(self.q, other.q))
        values, places = np.unique(np.concatenate([self.values, other.values]), return_inverse=True)
        counts = np.bincount(places, np.concatenate([self.counts, other.counts]), values.size)
        return type(self)(self.q, values, counts)

    @classmethod
    def of(cls, q: float, values: ArrayLike) -> Self:
        """From independent values, one a unit, shape (n,)."""
        return cls(q, *np.unique(column("values", values), return_counts=True))

    @classmethod
    def of_units(cls, q: float, values: ArrayLike, units: ArrayLike) -> Self:
        """From many values a unit: `units` names the unit of every value, shape (n,)."""
        y = column("values", values)
        plain = cls.of(q, y)
        if plain.n == 0:
            return plain
        below = y <= plain.at(max(1, int(np.ceil(q * plain.n))))
        _, places = np.unique(np.asarray(units), return_inverse=True)
        return cls(q, plain.values, plain.counts, Ratio.of(np.bincount(places, below), np.bincount(places)))


Aggregate: TypeAlias = Proportion | Mean | Ratio | Percentile
