"""One pass over the events for all metrics of an experiment: units × streams, before anything is made of them.

The events are read once, whatever the number of metrics; each is joined to its unit's exposure, and every stream adds
up what is its own. All is computed from the events as they are now: late and imported ones need no repair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from ..models import EXPOSURES
from ..rules.metrics import HISTORY, Stream
from ..vocabulary import Value
from .matching import DOUBLE, REFUND, E, matches, named, number_of, value

X = EXPOSURES.c
_TUNE = sa.text(
    "SELECT set_config('work_mem', :work_mem, true), set_config('jit', 'off', true),"
    " set_config('enable_nestloop', 'off', true)"
)
_WORK_MEM = "192MB"
"""Of the one transaction: a million units with twenty sums each then fit, and no pass goes to disk twice."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose events are read, and until when.

    `ended_at`: when the experiment stopped; later exposures don't count, nor events of streams without a window.
    `as_of`: nothing later is known. `first_at`, `last_at`: of the exposures.
    """

    tenant_id: UUID
    experiment_id: UUID
    first_at: datetime
    last_at: datetime
    as_of: datetime
    ended_at: datetime | None = None


async def tune(session: AsyncSession) -> None:
    """Give the transaction the memory that a pass needs; compiling its expressions takes longer than running them.

    Units and events are joined as wholes: right after an import, before the database has counted what is there, it
    would take them for a handful and look through all events once for each unit.
    """
    await session.execute(_TUNE, {"work_mem": _WORK_MEM})


def exposed(scope: Scope) -> sa.ColumnElement[bool]:
    """The exposures that count."""
    conditions = [
        X.tenant_id == scope.tenant_id, X.experiment_id == scope.experiment_id, ~X.conflicted,
        X.first_at <= scope.as_of,
    ]  # fmt: skip
    if scope.ended_at is not None:
        conditions.append(X.first_at < scope.ended_at)
    return sa.and_(*conditions)


def unique(streams: Sequence[Stream]) -> list[Stream]:
    """Each once: metrics share what they count."""
    found: list[Stream] = []
    for stream in streams:
        if stream not in found:
            found.append(stream)
    return found


def joined(scope: Scope, streams: Sequence[Stream], *, every_unit: bool = True) -> sa.Subquery:
    """Units with their events: `unit`, `variant`, `first_at`, `at`, `age`, and `v0` … what the event adds to a stream.

    OFFSET 0 keeps the planner from working the values out again in every sum.
    """
    events = _events(scope, streams)
    on = sa.and_(
        events.c.visitor_id == X.unit,
        *([] if any(s.start < timedelta(0) for s in streams) else [events.c.at >= X.first_at]),
    )
    values = [events.c[f"v{n}"] for n in range(len(streams))]
    columns = (X.unit, X.variant, X.first_at, events.c.at, (events.c.at - X.first_at).label("age"), *values)
    both = EXPOSURES.join(events, on, isouter=every_unit)
    return sa.select(*columns).select_from(both).where(exposed(scope)).offset(sa.literal_column("0")).subquery("seen")


def _events(scope: Scope, streams: Sequence[Stream]) -> sa.Subquery:
    """The events that any stream counts, with what they add to each."""
    refunds = _refunds(scope) if any(s.counted.value is Value.REVENUE for s in streams) else None
    refunded = refunds.c.amount if refunds is not None else sa.null()
    earliest = scope.first_at - (HISTORY if any(s.start < timedelta(0) for s in streams) else timedelta(0))
    values = [
        sa.case((matches(stream), value(stream, refunded)), else_=None).label(f"v{n}")
        for n, stream in enumerate(streams)
    ]
    source: Any = E.id.table
    if refunds is not None:
        source = source.outerjoin(refunds, refunds.c.order_id == E.order_id)
    names: list[Any] = []
    for stream in streams:
        if not any(condition.compare(named(stream.counted)) for condition in names):
            names.append(named(stream.counted))
    chosen = sa.select(E.visitor_id, E.occurred_at.label("at"), *values).select_from(source)
    return chosen.where(
        E.tenant_id == scope.tenant_id, E.occurred_at >= earliest, E.occurred_at <= scope.as_of, ~E.is_bot,
        sa.or_(*names),
    ).subquery("events")  # fmt: skip


def _refunds(scope: Scope) -> sa.CTE:
    """What was refunded of each order: the amounts told, else the products', else all of it (an amount without end).

    Refunds come from servers, under other ids than the order's browser, and long after: they count by the order's id.
    """
    said = sa.func.abs(E.revenue)
    products = E.properties.op("->")("products")
    amount = sa.func.coalesce(said, sa.case((sa.func.jsonb_typeof(products) == "array", _of_products(products))))
    per_order = sa.func.sum(sa.func.coalesce(amount, sa.cast(sa.literal_column("'Infinity'"), sa.Numeric)))
    return (
        sa.select(E.order_id, per_order.label("amount"))
        .where(
            E.tenant_id == scope.tenant_id, E.name == sa.literal_column(f"'{REFUND}'"), E.order_id.is_not(None),
            E.type == "track", E.occurred_at >= scope.first_at - HISTORY, E.occurred_at <= scope.as_of,
        )
        .group_by(E.order_id)
        .cte("refunds")
        .prefix_with("MATERIALIZED")
    )  # fmt: skip


def _of_products(products: Any) -> Any:
    """Σ price × quantity of the products that tell a price; NULL when none does."""
    item = sa.func.jsonb_array_elements(products, type_=products.type).table_valued("value").render_derived()
    one = sa.type_coerce(item.c.value, E.properties.type)
    price = number_of(one, sa.literal("price", sa.Text))
    quantity = sa.func.coalesce(number_of(one, sa.literal("quantity", sa.Text)), 1)
    return sa.select(sa.func.abs(sa.func.sum(price * quantity))).select_from(item).scalar_subquery()


def per_unit(scope: Scope, streams: Sequence[Stream]) -> Any:
    """A row for each unit: `unit`, `variant`, `first_at`, and `s0` … its streams' sums, NULL without an event."""
    seen = joined(scope, streams)
    sums = [summed(scope, seen.c, n, stream).label(f"s{n}") for n, stream in enumerate(streams)]
    first = sa.func.min(seen.c.first_at).label("first_at")
    return sa.select(seen.c.unit, seen.c.variant, first, *sums).group_by(seen.c.unit, seen.c.variant)


def summed(scope: Scope, seen: Any, number: int, stream: Stream) -> Any:
    """The sum of one stream over a unit's events, of those inside its window."""
    adds = seen[f"v{number}"]
    total = sa.func.count(adds) if stream.counted.value is Value.COUNT else sa.func.sum(adds)
    return total.filter(in_time(scope, seen, stream))


def in_time(scope: Scope, seen: Any, stream: Stream) -> sa.ColumnElement[bool]:
    """The event lies inside the stream's window of its unit."""
    conditions = [seen.age >= sa.literal(stream.start, sa.Interval)]
    if stream.end is not None:
        conditions.append(seen.age < sa.literal(stream.end, sa.Interval))
    elif scope.ended_at is not None:
        conditions.append(seen.at < scope.ended_at)
    return sa.and_(*conditions)


def as_double(number: Any) -> Any:
    """0 without an event, as a float."""
    return sa.cast(sa.func.coalesce(number, 0), DOUBLE)
