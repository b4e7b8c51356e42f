"""Why a number cannot be given: the named answers to bad data."""

import math
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """What is wrong with the data or the question."""

    NOT_FINITE = "not_finite"
    IMPOSSIBLE = "impossible"
    TOO_FEW_UNITS = "too_few_units"
    NO_VARIANCE = "no_variance"
    NO_DENOMINATOR = "no_denominator"
    NO_HISTORY = "no_history"
    NO_BASELINE = "no_baseline"
    NO_DIFFERENCE = "no_difference"
    NO_CONTROL = "no_control"
    DIFFERENT_KINDS = "different_kinds"
    OUT_OF_RANGE = "out_of_range"
    UNREACHABLE = "unreachable"


class Unanswerable(ValueError):
    """The data or the question has no answer; `reason` says why, `params` with which numbers."""

    def __init__(self, reason: Reason, **params: Any) -> None:
        self.reason = reason
        self.params = params
        super().__init__(f"{reason} {params}" if params else str(reason))


def finite(**numbers: float) -> None:
    """All numbers are finite, else Unanswerable(NOT_FINITE) naming the first that is not."""
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise Unanswerable(Reason.NOT_FINITE, name=name)


def share(**numbers: float) -> None:
    """All numbers lie strictly between 0 and 1 (levels, powers, quantiles), else Unanswerable(OUT_OF_RANGE)."""
    for name, number in numbers.items():
        if not 0 < number < 1:
            raise Unanswerable(Reason.OUT_OF_RANGE, name=name, value=number)


def positive(**numbers: float) -> None:
    """All numbers are finite and above 0, else Unanswerable(OUT_OF_RANGE)."""
    for name, number in numbers.items():
        if not (math.isfinite(number) and number > 0):
            raise Unanswerable(Reason.OUT_OF_RANGE, name=name, value=number)
