"""Counted bins as a histogram: without gaps, with the arms in the experiment's order."""

from collections.abc import Sequence
from typing import Protocol

from ..result_schemas import Bin, SpreadArm

DIGITS = 12
"""Of an edge: what adding up tenths brings beyond them is no figure."""


class Counted(Protocol):
    """As `queries.spreading` counts."""

    @property
    def variant(self) -> str: ...
    @property
    def number(self) -> int | None: ...
    @property
    def units(self) -> int: ...
    @property
    def total(self) -> float: ...
    @property
    def least(self) -> float: ...
    @property
    def most(self) -> float: ...
    @property
    def start(self) -> float | None: ...
    @property
    def step(self) -> float | None: ...
    @property
    def last(self) -> int | None: ...


def spread_arms(variants: Sequence[str], counted: Sequence[Counted]) -> list[SpreadArm]:
    """What each variant's values are."""
    found = []
    for variant in variants:
        own = [c for c in counted if c.variant == variant]
        units = sum(c.units for c in own)
        found.append(SpreadArm(
            variant=variant, units=units, zeros=sum(c.units for c in own if c.number is None),
            mean=sum(c.total for c in own) / units if units else None,
            least=min((c.least for c in own), default=None), most=max((c.most for c in own), default=None),
        ))  # fmt: skip
    return found


def bins(variants: Sequence[str], counted: Sequence[Counted]) -> list[Bin]:
    """From the first that has units to the last; a tail ends at the outermost value."""
    filled = [c for c in counted if c.number is not None and c.variant in variants]
    if not filled:
        return []
    start, step, last = filled[0].start, filled[0].step, filled[0].last
    assert start is not None, "there are values, so there are bins"
    assert step is not None
    assert last is not None
    units = {(c.number, c.variant): c.units for c in filled}
    numbers = [c.number for c in filled if c.number is not None]
    made = []
    for number in range(min(numbers), max(numbers) + 1):
        low, high = start + number * step, start + (number + 1) * step
        if number == -1:
            low = min(c.least for c in filled)
        if number == last:
            high = max(c.most for c in filled)
        shares = [units.get((number, variant), 0) for variant in variants]
        made.append(Bin(low=_edge(low), high=_edge(high), units=shares, tail=number in (-1, last)))
    return made


def _edge(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
