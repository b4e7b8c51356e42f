"""One pass over the events for all metrics of an experiment: units × streams, before anything is made of them.

The events are read once, whatever the number of metrics; each is joined to its unit's exposure, and every stream adds
up what is its own. All is computed from the events as they are now: late and imported ones need no repair. The same
for a few units only, whose events are looked up: `queries.keeping` knows which.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from ..models import EXPOSURES
from ..rules.keeping import Question
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
    `as_of`: nothing later is known. `first_at`, `last_at`: of the exposures. `kept`: sums of this question are kept,
    and to be used (`queries.keeping`).
    """

    tenant_id: UUID
    experiment_id: UUID
    first_at: datetime
    last_at: datetime
    as_of: datetime
    ended_at: datetime | None = None
    kept: Question | None = None

    @property
    def earliest(self) -> datetime:
        """No event or refund before it counts."""
        return self.first_at - HISTORY


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


def looked_up(scope: Scope, streams: Sequence[Stream], units: sa.CTE) -> sa.Subquery:
    """The same of the few `units` (`unit`, `variant`, `first_at`): each one's events by the index, whatever else the
    planner may think. OFFSET 0 and LATERAL leave it no other way."""
    u = units.c
    since = u.first_at + sa.literal(min(s.start for s in streams), sa.Interval)
    refunds = _refunds_of_one(scope).lateral("refunds") if _any_money(streams) else None
    source: Any = E.id.table if refunds is None else E.id.table.join(refunds, sa.true())
    own = (
        sa.select(E.occurred_at.label("at"), *_values(streams, refunds))
        .select_from(source)
        .where(
            E.tenant_id == scope.tenant_id, E.visitor_id == u.unit, E.occurred_at >= since,
            E.occurred_at <= scope.as_of, ~E.is_bot, any_named(streams),
        )
        .offset(sa.literal_column("0"))
        .correlate(units)
        .lateral("events")
    )  # fmt: skip
    values = [own.c[f"v{n}"] for n in range(len(streams))]
    columns = (u.unit, u.variant, u.first_at, own.c.at, (own.c.at - u.first_at).label("age"), *values)
    both = units.join(own, sa.true(), isouter=True)
    return sa.select(*columns).select_from(both).offset(sa.literal_column("0")).subquery("seen_anew")


def any_named(streams: Sequence[Stream]) -> sa.ColumnElement[bool]:
    """Type and name are those of any stream."""
    names: list[Any] = []
    for stream in streams:
        if not any(condition.compare(named(stream.counted)) for condition in names):
            names.append(named(stream.counted))
    return sa.or_(*names)


def _any_money(streams: Sequence[Stream]) -> bool:
    return any(s.counted.value is Value.REVENUE for s in streams)


def _values(streams: Sequence[Stream], refunds: Any) -> list[sa.Label[Any]]:
    """What an event adds to each stream."""
    refunded = refunds.c.amount if refunds is not None else sa.null()
    return [
        sa.case((matches(stream), value(stream, refunded)), else_=None).label(f"v{n}")
        for n, stream in enumerate(streams)
    ]


def _events(scope: Scope, streams: Sequence[Stream]) -> sa.Subquery:
    """The events that any stream counts, with what they add to each."""
    refunds = _refunds(scope) if _any_money(streams) else None
    earliest = scope.earliest if any(s.start < timedelta(0) for s in streams) else scope.first_at
    source: Any = E.id.table
    if refunds is not None:
        source = source.outerjoin(refunds, refunds.c.order_id == E.order_id)
    chosen = sa.select(E.visitor_id, E.occurred_at.label("at"), *_values(streams, refunds)).select_from(source)
    return chosen.where(
        E.tenant_id == scope.tenant_id, E.occurred_at >= earliest, E.occurred_at <= scope.as_of, ~E.is_bot,
        any_named(streams),
    ).subquery("events")  # fmt: skip


def is_refund(e: Any) -> sa.ColumnElement[bool]:
    """The event gives back (some of) an order's money."""
    name = sa.literal_column(f"'{REFUND}'")
    return sa.and_(e.name == name, e.type == "track", e.order_id.is_not(None))


def _refunded(e: Any) -> Any:
    """What refunds gave back together: the amounts told, else the products', else all of it (an amount without end).

    Refunds come from servers, under other ids than the order's browser, and long after: they count by the order's id.
    """
    products = e.properties.op("->")("products")
    of_products = sa.case((sa.func.jsonb_typeof(products) == "array", _of_products(products)))
    amount = sa.func.coalesce(sa.func.abs(e.revenue), of_products)
    return sa.func.sum(sa.func.coalesce(amount, sa.cast(sa.literal_column("'Infinity'"), sa.Numeric))).label("amount")


def _in_scope(scope: Scope, e: Any) -> sa.ColumnElement[bool]:
    return sa.and_(e.tenant_id == scope.tenant_id, e.occurred_at >= scope.earliest, e.occurred_at <= scope.as_of)


def _refunds(scope: Scope) -> sa.CTE:
    """What was refunded of each order."""
    chosen = sa.select(E.order_id, _refunded(E)).where(_in_scope(scope, E), is_refund(E)).group_by(E.order_id)
    return chosen.cte("refunds").prefix_with("MATERIALIZED")


def _refunds_of_one(scope: Scope) -> Any:
    """What was refunded of the order of the event beside it; NULL without a refund. By the index of orders: what else
    is asked comes after, or the planner might look through all refunds of all orders instead."""
    e = E.id.table.alias("same_order").c
    same = sa.select(*(e[name] for name in _OF_REFUNDS)).where(e.tenant_id == scope.tenant_id, e.order_id == E.order_id)
    r = same.offset(sa.literal_column("0")).correlate(E.id.table).lateral("refund").c
    return sa.select(_refunded(r)).where(_in_scope(scope, r), is_refund(r)).correlate(E.id.table)


_OF_REFUNDS = ("tenant_id", "occurred_at", "name", "type", "order_id", "revenue", "properties")


def _of_products(products: Any) -> Any:
    """Σ price × quantity of the products that tell a price; NULL when none does."""
    item = sa.func.jsonb_array_elements(products, type_=products.type).table_valued("value").render_derived()
    one = sa.type_coerce(item.c.value, E.properties.type)
    price = number_of(one, sa.literal("price", sa.Text))
    quantity = sa.func.coalesce(number_of(one, sa.literal("quantity", sa.Text)), 1)
    return sa.select(sa.func.abs(sa.func.sum(price * quantity))).select_from(item).scalar_subquery()


def per_unit(scope: Scope, streams: Sequence[Stream], seen: sa.Subquery | None = None) -> Any:
    """A row for each unit: `unit`, `variant`, `first_at`, `s0` … its streams' sums as floats (0 without an event), and
    exactly `m0` … of those of money (NULL without an event)."""
    seen = joined(scope, streams) if seen is None else seen
    sums: list[Any] = []
    for n, stream in enumerate(streams):
        total = summed(scope, seen.c, n, stream)
        sums.append(as_double(total).label(f"s{n}"))
        if stream.counted.value is Value.REVENUE:
            sums.append(total.label(f"m{n}"))
    first = sa.func.min(seen.c.first_at).label("first_at")
    return sa.select(seen.c.unit, seen.c.variant, first, *sums).group_by(seen.c.unit, seen.c.variant)


def summed(scope: Scope, seen: Any, number: int, stream: Stream) -> Any:
    """The sum of one stream over a unit's events, of those inside its window."""
    adds = seen[f"v{number}"]
    total = sa.func.count(adds) if stream.counted.value is Value.COUNT else sa.func.sum(adds)
    return total.filter(in_time(scope, seen, stream))


def any_counts(
    scope: Scope, seen: Any, streams: Sequence[Stream], places: Sequence[int] | None = None
) -> sa.ColumnElement[bool]:
    """The event adds something to one of the streams at least; `places`: the numbers of their columns."""
    numbers = range(len(streams)) if places is None else places
    adds = [seen[f"v{n}"].is_not(None) for n in numbers]
    return sa.or_(*(sa.and_(told, in_time(scope, seen, s)) for told, s in zip(adds, streams, strict=True)))


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
