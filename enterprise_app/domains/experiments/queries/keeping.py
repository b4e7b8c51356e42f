"""Kept sums of units: which of them still hold, and reading them together with what changed since.

A unit's kept row is what a recount of that moment gave. It holds as long as its exposure is the same and none of its
events, and no refund of its orders, lies in a slot that changed since (the marks of whoever stores events), or between
the moments of then and now. Every other unit is *dirty*: its events are looked up. Statements find the dirty units by
themselves, so each is exact at its own moment, whatever a worker writes meanwhile; more dirty units than needed cost
time and change nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics import service as analytics

from ..models import EXPOSURES, KEEPING, UNIT_SUMS
from ..rules.keeping import Question, most_changed
from ..rules.metrics import HISTORY, Stream
from ..vocabulary import Value
from .accumulating import Scope, any_named, exposed, is_refund, looked_up, per_unit
from .matching import E

X, K, U = EXPOSURES.c, KEEPING.c, UNIT_SUMS.c
_MOMENT = sa.DateTime(timezone=True)
_FENCE: Any = sa.literal_column("0")
_NOTHING: Any = sa.literal_column("NULL")
_NEVER: Any = sa.literal_column("'infinity'::timestamptz")


async def usable(session: AsyncSession, scope: Scope, question: Question, units: int) -> Scope:
    """The scope with the question when its sums are kept and few of the `units` changed; else as it is.

    Only a matter of time: results are the same.
    """
    most = most_changed(units)
    valid = _valid(scope, question)
    e = _inside(_spans(scope, valid), sa.select(E.id), any_named(question.streams), ~E.is_bot)
    few = sa.select(e.c.id).limit(most + 1).subquery()
    counted = sa.select(valid.c.units, sa.select(sa.func.count()).select_from(few).scalar_subquery())
    found = (await session.execute(counted)).first()
    if found is None or found[1] > most or abs(units - found[0]) > most:
        return scope
    return replace(scope, kept=question)


def units_of(scope: Scope, streams: Sequence[Stream]) -> Any:
    """As `accumulating.per_unit`: from kept sums where they hold, and of the dirty units from the events."""
    question = scope.kept
    if question is None:
        return per_unit(scope, streams)
    sums: list[Any] = []
    money = money_of(question)
    for n, stream in enumerate(streams):
        sums.append(U.sums[question.streams.index(stream) + 1].label(f"s{n}"))
        if stream.counted.value is Value.REVENUE:
            sums.append(U.money[money.index(stream) + 1].label(f"m{n}"))
    changed = Changed(scope, question)
    anew = per_unit(scope, streams, looked_up(scope, streams, changed.dirty))
    return sa.union_all(changed.clean(sa.select(X.unit, X.variant, X.first_at, *sums)), anew)


def points_of(scope: Scope, streams: Sequence[Stream], changed: "Changed") -> Any:
    """Of units whose sums hold, a row for each slot with an event: `variant`, `at`, `now0` … what their streams add up
    to at its end, `before0` … at its beginning (NULL for nothing). `streams` are some of the question's line."""
    places = [changed.question.line.index(stream) + 1 for stream in streams]
    # Added to nothing, the arrays are unpacked once for each unit instead of with each look into them.
    whole = [sa.func.array_cat(U[name], _NOTHING, type_=U[name].type).label(name) for name in ("slots", "grown")]
    kept = changed.clean(sa.select(X.variant, *whole)).where(U.slots.is_not(None)).offset(_FENCE).subquery("kept_line")
    each = sa.func.generate_subscripts(kept.c.slots, 1).table_valued(sa.column("n", sa.Integer)).render_derived()
    n = each.c.n
    columns: list[Any] = [kept.c.variant, kept.c.slots[n].label("at")]
    for number, place in enumerate(places):
        columns.append(kept.c.grown[n][place].label(f"now{number}"))
        columns.append(kept.c.grown[n - 1][place].label(f"before{number}"))
    return sa.select(*columns).select_from(kept.join(each, sa.true()))


def money_of(question: Question) -> list[Stream]:
    """Those whose sums are also kept exactly, in the order of the column."""
    return [stream for stream in question.streams if stream.counted.value is Value.REVENUE]


class Changed:
    """The units of a scope, told apart by whether their kept sums hold. To be used within one statement."""

    def __init__(self, scope: Scope, question: Question) -> None:
        self.scope, self.question = scope, question
        valid = _valid(scope, question)
        self._touched = _touched(scope, question, _spans(scope, valid)).cte("touched")
        self._join = sa.and_(
            U.tenant_id == scope.tenant_id, U.experiment_id == scope.experiment_id, U.unit == X.unit,
            U.first_at == X.first_at, sa.select(sa.func.count() > 0).select_from(valid).scalar_subquery(),
        )  # fmt: skip
        self.dirty = self._dirty().cte("dirty").prefix_with("MATERIALIZED")

    def clean(self, columns: Any) -> Any:
        """The columns, of exposures and kept sums, of units whose sums hold."""
        t = self._touched.c
        both = EXPOSURES.join(UNIT_SUMS, self._join).outerjoin(self._touched, t.unit == X.unit)
        return columns.select_from(both).where(exposed(self.scope), t.unit.is_(None))

    def _dirty(self) -> Any:
        t = self._touched.c
        both = EXPOSURES.outerjoin(UNIT_SUMS, self._join).outerjoin(self._touched, t.unit == X.unit)
        changed = sa.or_(U.unit.is_(None), t.unit.is_not(None))
        return sa.select(X.unit, X.variant, X.first_at).select_from(both).where(exposed(self.scope), changed)


def _valid(scope: Scope, question: Question) -> sa.CTE:
    """By what the sums were counted: one row, none when they are of another question or never were. When events went,
    nobody can tell whose they were, and no row holds."""
    slots = analytics.changed_slots(scope.tenant_id, scope.experiment_id).subquery("removed_slots").c
    gone = sa.exists().where(slots.removed, slots.slot_at > scope.earliest - analytics.SLOT)
    chosen = sa.select(K.as_of, K.first_at, K.ended_at, K.units).where(
        K.tenant_id == scope.tenant_id, K.experiment_id == scope.experiment_id, K.as_of.is_not(None),
        K.question == question.fingerprint, ~gone,
    )  # fmt: skip
    return chosen.cte("valid").prefix_with("MATERIALIZED")


def _spans(scope: Scope, valid: sa.CTE) -> sa.CTE:
    """From `lo` to `hi`, both inside: where events count otherwise than they did, or may."""
    v = valid.c
    as_of, first_at, ended_at = (_moment(at) for at in (scope.as_of, scope.first_at, scope.ended_at))
    slots = analytics.changed_slots(scope.tenant_id, scope.experiment_id).subquery("changed_slots").c
    history = sa.literal(HISTORY, sa.Interval)
    earliest = sa.func.least(v.first_at, first_at) - history
    marked = sa.select(slots.slot_at, slots.slot_at + sa.literal(analytics.SLOT, sa.Interval)).where(
        slots.slot_at <= sa.func.greatest(v.as_of, as_of),
        slots.slot_at + sa.literal(analytics.SLOT, sa.Interval) >= earliest,
    )
    then, later = sa.func.least(v.as_of, as_of), sa.func.greatest(v.as_of, as_of)
    end = sa.func.least(sa.func.coalesce(v.ended_at, _NEVER), sa.func.coalesce(ended_at, _NEVER))
    moved = v.ended_at.is_distinct_from(ended_at)
    between = [
        sa.select(then, later).where(then < later),
        sa.select(end, later).where(moved, end <= later),
        # The earliest exposure says from when on refunds count.
        sa.select(earliest, sa.func.greatest(v.first_at, first_at) - history).where(v.first_at != first_at),
    ]
    every = sa.union_all(marked.select_from(valid.join(slots.slot_at.table, sa.true())), *between).subquery("spanned")
    lo, hi = every.c
    return sa.select(lo.label("lo"), hi.label("hi")).cte("spans").prefix_with("MATERIALIZED")


def _touched(scope: Scope, question: Question, spans: sa.CTE) -> Any:
    """Visitors with an event there, or an order of which a refund is there."""
    own = _inside(spans, sa.select(E.visitor_id), any_named(question.streams), ~E.is_bot)
    visitors = sa.select(own.c.visitor_id.label("unit"))
    if not money_of(question):
        return visitors.distinct()
    refunds = _inside(spans, sa.select(E.order_id), is_refund(E))
    o = E.id.table.alias("ordered").c
    orders = sa.select(o.visitor_id).where(o.tenant_id == scope.tenant_id, o.order_id == refunds.c.order_id)
    found = orders.offset(_FENCE).correlate(refunds).lateral("orders")
    return visitors.union(sa.select(found.c.visitor_id).select_from(refunds.join(found, sa.true())))


def _inside(spans: sa.CTE, columns: Any, *conditions: Any) -> Any:
    """The events inside the spans that fulfil the conditions, by the index of times."""
    inside = columns.where(E.occurred_at >= spans.c.lo, E.occurred_at <= spans.c.hi, *conditions)
    one = inside.offset(_FENCE).correlate(spans).lateral("inside")
    return sa.select(*one.c).select_from(spans.join(one, sa.true())).subquery("inside_spans")


def _moment(at: datetime | None) -> Any:
    return sa.literal(at, _MOMENT)
