"""What a metric may be, and what of a unit's events it is made of. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from enterprise_app.core.errors import FieldProblem

from ..metric_schemas import Counted, Definition
from ..vocabulary import MetricKind, Value

DAY = timedelta(days=1)
HISTORY = timedelta(days=14)
"""How far before the exposure a unit's history reaches (CUPED). Two weeks take in every day of the week twice; longer
histories bring little and cost reading (Deng et al. 2013, section 5.4)."""

WITHOUT_SERIES = (MetricKind.PERCENTILE, MetricKind.RETENTION)
"""Kinds that have no line of days."""

_ONLY = {
    "denominator": (MetricKind.RATIO,),
    "percentile": (MetricKind.PERCENTILE,),
    "winsorise": (MetricKind.MEAN, MetricKind.REVENUE),
    "first_day": (MetricKind.RETENTION,),
    "last_day": (MetricKind.RETENTION,),
}
"""Fields that only some kinds have; all but `winsorise` they must have."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One number per unit: what of its events with age in [start, end) adds up. Age counts from the first exposure.

    `end` None: until the experiment ends. `currency`: only events in it, or in none.
    """

    counted: Counted
    start: timedelta
    end: timedelta | None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Streams:
    """What a metric is made of. `matures`: only units exposed so long ago count, the others are not yet due."""

    value: Stream
    denominator: Stream | None = None
    history: Stream | None = None
    history_denominator: Stream | None = None
    matures: timedelta | None = None

    def all(self) -> Iterable[Stream]:
        """Those that are there."""
        return filter(None, (self.value, self.denominator, self.history, self.history_denominator))


def problems(definition: Definition) -> list[FieldProblem]:
    """Everything that does not fit together."""
    found = []
    for name, kinds in _ONLY.items():
        given, fits = getattr(definition, name) is not None, definition.kind in kinds
        if given and not fits:
            found.append(_problem(name, "metric_field_unfit", kind=definition.kind.value))
        if fits and not given and name != "winsorise":
            found.append(_problem(name, "required"))
    found += _value_problems(definition)
    if definition.kind is MetricKind.RETENTION:
        if definition.window_hours is not None:
            found.append(_problem("window_hours", "metric_field_unfit", kind=definition.kind.value))
        if (definition.first_day or 0) > (definition.last_day if definition.last_day is not None else 10**6):
            found.append(_problem("last_day", "metric_days"))
    return found


def _value_problems(definition: Definition) -> list[FieldProblem]:
    found = []
    value = definition.event.value
    if definition.kind in (MetricKind.PROPORTION, MetricKind.RETENTION) and value is not Value.COUNT:
        found.append(_problem("event.value", "metric_value_unfit", kind=definition.kind.value))
    if (definition.kind is MetricKind.REVENUE) != (value is Value.REVENUE) and definition.kind in (
        MetricKind.REVENUE, MetricKind.MEAN,
    ):  # fmt: skip
        found.append(_problem("event.value", "metric_value_unfit", kind=definition.kind.value))
    money = any(c is not None and c.value is Value.REVENUE for c in (definition.event, definition.denominator))
    if money and definition.currency is None:
        found.append(_problem("currency", "required"))
    if definition.currency is not None and not money:
        found.append(_problem("currency", "metric_field_unfit", kind=definition.kind.value))
    return found


def _problem(name: str, code: str, **params: str) -> FieldProblem:
    return FieldProblem(f"definition.{name}", code, params)


def streams_of(definition: Definition, *, cuped: bool) -> Streams:
    """What to add up per unit. With `cuped` the same of the time before the exposure, where the kind can use it."""
    if definition.kind is MetricKind.RETENTION:
        first, last = definition.first_day or 0, definition.last_day or 0
        until = (last + 1) * DAY
        return Streams(Stream(definition.event, first * DAY, until), matures=until)
    end = timedelta(hours=definition.window_hours) if definition.window_hours else None

    def stream(counted: Counted | None, start: timedelta, until: timedelta | None) -> Stream | None:
        if counted is None:
            return None
        return Stream(counted, start, until, definition.currency if counted.value is Value.REVENUE else None)

    zero, adjusted = timedelta(0), cuped and definition.kind is not MetricKind.PERCENTILE
    value = stream(definition.event, zero, end)
    assert value is not None, "every metric counts events"
    return Streams(
        value,
        stream(definition.denominator, zero, end),
        stream(definition.event, -HISTORY, zero) if adjusted else None,
        stream(definition.denominator, -HISTORY, zero) if adjusted else None,
    )
