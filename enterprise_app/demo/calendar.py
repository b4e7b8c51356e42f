"""How many events each day of the year gets: growth, weekdays, seasons, a press mention, and a little chance."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

DAYS = 365
_WEEKDAYS = (1.08, 1.15, 1.12, 1.08, 0.95, 0.70, 0.76)
_MONTHS = (0.86, 0.90, 0.97, 1.00, 1.02, 0.97, 0.84, 0.82, 0.98, 1.06, 1.22, 1.28)
_GROWTH = 1.3
_MENTION_DAYS_AGO, _MENTION = 97, 2.6
_SALES = ((11, 24, 30, 1.5), (12, 24, 27, 0.55))
"""(month, first day, last day, factor): the sale week of November, the holidays of December."""


def days_until(last: date) -> list[date]:
    """The days of the year that ends with `last`."""
    return [last - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]


def shares(draw: random.Random, days: Sequence[date], count: int, last_part: float) -> list[int]:
    """How many of `count` events fall on each day; all together exactly `count`.

    `last_part`: how much of the last day is over.
    """
    weights = [_weight(day, number, len(days)) * draw.uniform(0.92, 1.08) for number, day in enumerate(days)]
    weights[-1] *= last_part
    total, given, reached, result = sum(weights), 0, 0.0, []
    for weight in weights:
        reached += weight
        now = round(count * reached / total)
        result.append(now - given)
        given = now
    return result


def _weight(day: date, number: int, days: int) -> float:
    weight = _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] * (1 + _GROWTH * number / days)
    for month, first, last, factor in _SALES:
        if day.month == month and first <= day.day <= last:
            weight *= factor
    ago = days - 1 - number
    if 0 <= _MENTION_DAYS_AGO - ago < 3:
        weight *= 1 + (_MENTION - 1) / (1 + _MENTION_DAYS_AGO - ago)
    return weight
