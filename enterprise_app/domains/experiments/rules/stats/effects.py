"""The effect of a variant as every frequentist comparison answers it."""

from dataclasses import dataclass
from enum import StrEnum


class Note(StrEnum):
    """What a reader of an effect must know."""

    NO_BASELINE = "no_baseline"
    """Control is 0: there is no relative effect."""
    UNSTABLE_BASELINE = "unstable_baseline"
    """Control is too close to 0 for a relative interval, which is left out."""
    EXACT = "exact"
    """Few conversions: exact test and score interval instead of the normal approximation."""
    ADJUSTED = "adjusted"
    """History explained a part of the variance (CUPED)."""
    NO_HISTORY = "no_history"
    """Adjustment was asked for, but there is no history or it does not vary."""


class Lift(StrEnum):
    """How the relative interval is made (`lifts`)."""

    DELTA = "delta"
    LOG = "log"
    FIELLER = "fieller"


@dataclass(frozen=True, slots=True)
class Effect:
    """Variant minus control, in the metric's unit, with its (1−alpha) interval; relative figures are shares of
    |control|.

    Relative figures are None without a (stable) baseline, see `notes`. `method` names test and interval, `source` where
    the formula is published.
    """

    estimate: float
    low: float
    high: float
    p: float
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    method: str
    source: str
    standard_error: float
    alpha: float
    notes: tuple[Note, ...] = ()
