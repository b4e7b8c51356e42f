"""How one metric's values are spread over units: counted into bins by the database, in one pass over the events.

The bins' width is chosen from the values of all variants together, so that their histograms can be compared: 1, 2 or 5
times a power of ten, from the 1st to the 99th percentile of what is not 0. What lies beyond is a bin on either side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from .accumulating import Scope
from .analysis import Measured, caps_of
from .keeping import units_of

STEPS = 36
"""Widths between the percentiles, at most: with rounding and the two tails that makes 40 bins."""
_LOW, _HIGH = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class Counted:
    """Units of a variant in one bin: number 0 begins at `start`; -1 and `last` are the tails; None: the value is 0."""

    variant: str
    number: int | None
    units: int
    total: float
    least: float
    most: float
    start: float | None
    step: float | None
    last: int | None
    cap: float | None


async def spread(session: AsyncSession, scope: Scope, metric: Measured) -> Sequence[Counted]:
    """The bins that have units, by variant."""
    return [Counted(*row) for row in (await session.execute(statement(scope, metric))).all()]


def statement(scope: Scope, metric: Measured) -> Any:
    """One pass over the events; the units' sums are then read twice."""
    stream = metric.streams.value
    units = units_of(scope, [stream]).cte("units")
    y = units.c.s0
    shape = _shape(y, caps_of(units.c, [metric], [stream])).select_from(units).cte("shape")
    bins = _bins(shape).cte("bins").prefix_with("MATERIALIZED")  # else made anew for each unit when few are expected
    place = sa.func.floor((y - bins.c.start) / bins.c.step)
    inside = sa.func.greatest(sa.func.least(place, bins.c.last), -1)
    number = sa.cast(sa.case((y != 0, inside), else_=None), sa.Integer).label("number")
    whole = (bins.c.start, bins.c.step, sa.cast(bins.c.last, sa.Integer), bins.c.cap)
    return (
        sa.select(units.c.variant, number, sa.func.count(), sa.func.sum(y), sa.func.min(y), sa.func.max(y), *whole)
        .select_from(units.join(bins, sa.true()))
        .group_by(units.c.variant, number, *whole)
        .order_by(units.c.variant, number)
    )


def _shape(y: Any, caps: dict[int, Any]) -> Any:
    """Where nearly all values lie, and whether all of them are whole numbers."""
    low, high = (sa.func.percentile_cont(share).within_group(y).filter(y != 0) for share in (_LOW, _HIGH))
    cap = caps[0] if caps else sa.cast(sa.null(), sa.Double)
    whole = sa.func.bool_and(y == sa.func.floor(y))
    return sa.select(low.label("low"), high.label("high"), whole.label("whole"), cap.label("cap"))


def _bins(shape: sa.CTE) -> Any:
    """Width, beginning and number of bins. Amounts begin at 0 unless that would leave most of them empty."""
    s = shape.c
    low = sa.case((sa.and_(s.low > 0, s.low < s.high / 2), 0.0), else_=s.low)
    raw = sa.func.coalesce(sa.func.nullif((s.high - low) / STEPS, 0), sa.func.abs(s.high) / STEPS)
    rough = sa.select(s.high, s.whole, s.cap, low.label("low"), raw.label("raw")).subquery("rough").c
    power = sa.func.power(sa.cast(10, sa.Double), sa.func.floor(sa.func.log(rough.raw)))
    digit = rough.raw / power
    nice = power * sa.case((digit <= 1, 1), (digit <= 2, 2), (digit <= 5, 5), else_=10)
    step = sa.case((rough.whole, sa.func.greatest(nice, 1)), else_=nice)
    wide = sa.select(rough.high, rough.cap, rough.low, step.label("step")).subquery("wide").c
    start = (sa.func.floor(wide.low / wide.step) * wide.step).label("start")
    begun = sa.select(wide.high, wide.cap, wide.step, start).subquery("begun").c
    last = sa.func.floor((begun.high - begun.start) / begun.step) + 1
    return sa.select(begun.start, begun.step, last.label("last"), begun.cap)
