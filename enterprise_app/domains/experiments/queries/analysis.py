"""From units to sums per variant: what the statistics need of every metric, in one statement over the events.

What is added up is in `queries.accumulating`; here each unit's sums become its values (converted or not, capped), and
these counts, sums, squares and cross products.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from ..metric_schemas import Definition
from ..models import EXPOSURES
from ..rules.keeping import unique
from ..rules.metrics import Stream, Streams, streams_of
from ..vocabulary import Dimension, MetricKind
from . import keeping
from .accumulating import Scope, any_counts, as_double, exposed, joined, looked_up, summed
from .matching import DOUBLE, E

X = EXPOSURES.c
BINARY = (MetricKind.PROPORTION, MetricKind.RETENTION)
SEGMENTS_MAX = 12
SESSION = timedelta(minutes=30)
"""What a unit did so long before its exposure is the same visit."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of the experiment with what it is made of."""

    definition: Definition
    streams: Streams

    @classmethod
    def of(cls, definition: Definition, *, cuped: bool) -> "Measured":
        """By its definition."""
        return cls(definition, streams_of(definition, cuped=cuped))


@dataclass(slots=True)
class ArmSums:
    """What one arm delivers for one metric; which of them, depends on the kind.

    `y` its value per unit (`a` of a ratio), `b` the denominator, `x` (and `z`) the history of y (and b).
    `money`: the exact total before capping. `values`: one per unit, of percentiles.
    """

    n: int
    sums: dict[str, float] = field(default_factory=dict)
    money: Decimal | None = None
    cap: float | None = None
    values: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Exposed:
    """Units that were exposed on one local day."""

    day: date
    variant: str
    conflicted: bool
    units: int
    first_at: datetime
    last_at: datetime


async def exposures(
    session: AsyncSession, tenant_id: UUID, experiment_id: UUID, zone: str, as_of: datetime, ended_at: datetime | None
) -> list[Exposed]:
    """Units by variant and day in the zone; conflicted ones apart."""
    day = sa.cast(sa.func.timezone(zone, X.first_at), sa.Date)
    until = X.first_at <= as_of if ended_at is None else sa.and_(X.first_at <= as_of, X.first_at < ended_at)
    select = (
        sa.select(day, X.variant, X.conflicted, sa.func.count(), sa.func.min(X.first_at), sa.func.max(X.first_at))
        .where(X.tenant_id == tenant_id, X.experiment_id == experiment_id, until)
        .group_by(day, X.variant, X.conflicted)
        .order_by(day, X.variant, X.conflicted)
    )
    return [Exposed(*row) for row in (await session.execute(select)).all()]


async def measure(
    session: AsyncSession, scope: Scope, metrics: Sequence[Measured], dimension: Dimension | None = None
) -> dict[tuple[str, str | None], list[ArmSums]]:
    """By variant, and by the dimension's value where one is asked for: the sums of every metric, in their order."""
    if not metrics:
        return {}
    rows = (await session.execute(statement(scope, metrics, dimension))).mappings().all()
    return {(row["variant"], row.get("segment")): [_arm(row, n) for n in range(len(metrics))] for row in rows}


def statement(scope: Scope, metrics: Sequence[Measured], dimension: Dimension | None = None) -> Any:
    """The one pass."""
    streams = unique([stream for metric in metrics for stream in metric.streams.all()])
    units = keeping.units_of(scope, streams).cte("units")
    caps = caps_of(units.c, metrics, streams)
    # Materialized: with few units expected, the planner would look for the quantiles anew for each of them.
    limits = sa.select(*caps.values()).cte("limits").prefix_with("MATERIALIZED") if caps else None
    columns: list[Any] = [units.c.variant]
    source: Any = units
    if limits is not None:
        source = source.join(limits, sa.true())
    if dimension is not None:
        segments = _segments(scope, dimension)
        source = source.outerjoin(segments, segments.c.unit == units.c.unit)
        columns.append(segments.c.segment)
    groups = list(columns)
    for number, metric in enumerate(metrics):
        limit = limits.c[f"cap{number}"] if limits is not None and number in caps else None
        columns += _columns(number, metric, scope, units.c, streams, limit)
    return sa.select(*columns).select_from(source).group_by(*groups)


def caps_of(units: Any, metrics: Sequence[Measured], streams: Sequence[Stream]) -> dict[int, Any]:
    """The limits of what is winsorised: quantiles over all variants' units, so that no arm is cut by its own tail."""
    found = {}
    for number, metric in enumerate(metrics):
        if metric.definition.winsorise is not None:
            total = units[f"s{streams.index(metric.streams.value)}"]
            quantile = sa.func.percentile_cont(metric.definition.winsorise).within_group(total)
            if metric.definition.ignore_zeros:
                quantile = quantile.filter(total != 0)
            found[number] = quantile.label(f"cap{number}")
    return found


def _columns(
    number: int, metric: Measured, scope: Scope, units: Any, streams: Sequence[Stream], limit: Any
) -> list[sa.Label[Any]]:
    """What of a metric is added up over the units of an arm."""
    values = _values(metric, units, streams, limit)
    due = None if metric.streams.matures is None else units.first_at <= scope.as_of - metric.streams.matures

    def over(what: Any, name: str) -> sa.Label[Any]:
        return (what if due is None else what.filter(due)).label(f"m{number}_{name}")

    columns = [over(sa.func.count(), "n")]
    if metric.definition.kind is MetricKind.PERCENTILE:
        listed = sa.func.array_agg(values["y"], type_=sa.ARRAY(DOUBLE))
        if metric.definition.ignore_zeros:
            listed = listed.filter(values["y"] != 0)
        return [*columns, listed.label(f"m{number}_values")]
    names = list(values)
    columns += [over(sa.func.sum(values[name]), f"sum_{name}") for name in names]
    pairs = [(a, b) for n, a in enumerate(names) for b in names[n:]]
    columns += [over(sa.func.sum(values[a] * values[b]), f"sum_{a}{b}") for a, b in pairs]
    if metric.definition.is_money:
        columns.append(over(sa.func.sum(units[f"m{streams.index(metric.streams.value)}"]), "money"))
    if limit is not None:
        columns.append(sa.func.min(limit).label(f"m{number}_cap"))
    return columns


def _values(metric: Measured, units: Any, streams: Sequence[Stream], limit: Any) -> dict[str, Any]:
    """A unit's values: y, b (denominator), x and z (the same before the exposure)."""
    own = metric.streams
    named = {"y": own.value, "b": own.denominator, "x": own.history, "z": own.history_denominator}
    made = {}
    for name, stream in named.items():
        if stream is not None:
            total = units[f"s{streams.index(stream)}"]
            made[name] = worth(metric.definition, total, limit)
    return made


def worth(definition: Definition, total: Any, limit: Any) -> Any:
    """What a unit's sum is worth: 1 or 0, or the sum, at most the limit."""
    if definition.kind in BINARY:
        return sa.case((total > 0, 1.0), else_=0.0)
    return total if limit is None else sa.func.least(total, limit)


def _segments(scope: Scope, dimension: Dimension) -> sa.CTE:
    """The dimension's value of every unit: what its first event that tells one says, from the visit of its exposure."""
    told = E[dimension.value]
    early = E.occurred_at >= X.first_at - sa.literal(SESSION, sa.Interval)
    on = sa.and_(E.visitor_id == X.unit, E.tenant_id == X.tenant_id, early)
    first = (
        sa.select(X.unit, told.label("segment"))
        .select_from(EXPOSURES.join(told.table, on))
        .where(
            exposed(scope), ~E.is_bot, told.is_not(None),
            E.occurred_at >= scope.first_at - SESSION, E.occurred_at <= scope.as_of,
        )
        .ext(distinct_on(X.unit))
        .order_by(X.unit, E.occurred_at, told)
    ).cte("first_told")  # fmt: skip
    known = sa.select(first.c.segment).group_by(first.c.segment).order_by(sa.func.count().desc(), first.c.segment)
    largest = known.limit(SEGMENTS_MAX).subquery()
    return sa.select(first).where(first.c.segment.in_(sa.select(largest.c.segment))).cte("segments")


def _arm(row: Mapping[Any, Any], number: int) -> ArmSums:
    prefix = f"m{number}_"
    sums = {
        key.removeprefix(prefix + "sum_"): float(value or 0)
        for key, value in row.items()
        if key.startswith(prefix + "sum_")
    }
    money = row.get(prefix + "money")
    arm = ArmSums(row[prefix + "n"], sums, money, row.get(prefix + "cap"), row.get(prefix + "values") or ())
    if prefix + "money" in row and money is None:
        arm.money = Decimal(0)
    return arm


@dataclass(frozen=True, slots=True)
class Step:
    """By how much the sums of one arm and metric grew on one local day."""

    day: date
    variant: str
    sums: dict[str, float]


async def steps(
    session: AsyncSession, scope: Scope, metrics: Sequence[Measured], caps: Sequence[float | None], zone: str
) -> list[list[Step]]:
    """For each metric (no percentile or retention) its growth by day; added up they are the sums of each day's end.

    A square grows by y(t)² − y(t−1)²: so a unit that comes back adds what it changes, and no unit is read twice.
    """
    if not metrics:
        return []
    streams = unique([s for m in metrics for s in (m.streams.value, m.streams.denominator) if s is not None])
    grown = _grown(scope, streams, zone)
    columns: list[Any] = []
    for number, (metric, cap) in enumerate(zip(metrics, caps, strict=True)):
        limit = None if cap is None else sa.literal(cap, DOUBLE)
        parts = {"y": metric.streams.value, "b": metric.streams.denominator}
        places = {name: streams.index(stream) for name, stream in parts.items() if stream is not None}
        now, before = (
            {name: worth(metric.definition, grown.c[f"{when}{place}"], limit) for name, place in places.items()}
            for when in ("now", "before")
        )
        names = list(now)
        columns += [sa.func.sum(now[a] - before[a]).label(f"m{number}_{a}") for a in names]
        for n, a in enumerate(names):
            columns += [
                sa.func.sum(now[a] * now[b] - before[a] * before[b]).label(f"m{number}_{a}{b}") for b in names[n:]
            ]
    select = sa.select(grown.c.day, grown.c.variant, *columns).group_by(grown.c.day, grown.c.variant)
    found = (await session.execute(select)).mappings().all()
    # Not by the database: it would sort all that it groups, instead of the few groups.
    rows = sorted(found, key=lambda row: (row["day"], row["variant"]))
    return [[_step(row, f"m{number}_") for row in rows] for number in range(len(metrics))]


def _step(row: Mapping[Any, Any], prefix: str) -> Step:
    sums = {key.removeprefix(prefix): float(value or 0) for key, value in row.items() if key.startswith(prefix)}
    return Step(row["day"], row["variant"], sums)


def _grown(scope: Scope, streams: Sequence[Stream], zone: str) -> sa.Subquery:
    """By `variant` and `day` the streams' sums of a unit after something happened, and before it."""
    if scope.kept is None:
        return _daily(scope, joined(scope, streams, every_unit=False), streams, zone).subquery("grown")
    changed = keeping.Changed(scope, scope.kept)
    p = keeping.points_of(scope, streams, changed).subquery("points").c
    values = [as_double(p[f"{name}{n}"]).label(f"{name}{n}") for n in range(len(streams)) for name in _ENDS]
    kept = sa.select(p.variant, _day(p.at, zone), *values)
    return sa.union_all(kept, _daily(scope, looked_up(scope, streams, changed.dirty), streams, zone)).subquery("grown")


_ENDS = {"now": 0, "before": -1}


def _daily(scope: Scope, events: sa.Subquery, streams: Sequence[Stream], zone: str) -> Any:
    """A row for each unit and day with an event: its sums after that day, and before it."""
    seen, day = events.c, _day(events.c.at, zone)
    sums = [summed(scope, seen, n, stream).label(f"s{n}") for n, stream in enumerate(streams)]
    daily = sa.select(seen.unit, seen.variant, day, *sums).where(any_counts(scope, seen, streams))
    d = daily.group_by(seen.unit, seen.variant, day).subquery("daily").c
    columns: list[Any] = [d.variant, d.day]
    for n in range(len(streams)):
        for name, last in _ENDS.items():
            so_far = sa.func.sum(d[f"s{n}"]).over(partition_by=d.unit, order_by=d.day, rows=(None, last))
            columns.append(as_double(so_far).label(f"{name}{n}"))
    return sa.select(*columns)


def _day(at: Any, zone: str) -> sa.Label[Any]:
    return sa.cast(sa.func.timezone(zone, at), sa.Date).label("day")
