"""Which events count for a metric, and what each adds: conditions and values over the events' columns."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from enterprise_app.domains.analytics import service as analytics

from ..metric_schemas import ORDERED, Counted, EventFilter
from ..rules.metrics import Stream
from ..vocabulary import Comparison, Value

E = analytics.EVENTS.c
DOUBLE = sa.Double()
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?\s*$"
_LARGEST = Decimal(10) ** 15
REFUND = "Order Refunded"
"""Segment's event: https://segment.com/docs/connections/spec/ecommerce/v2/#order-refunded"""

_COMPARE = {Comparison.LT: "<", Comparison.LTE: "<=", Comparison.GT: ">", Comparison.GTE: ">="}


def named(counted: Counted) -> sa.ColumnElement[bool]:
    """Type and name fit: what decides whether an event is read at all."""
    kind = E.type == counted.type
    return kind if counted.name is None else sa.and_(E.name == counted.name, kind)


def matches(stream: Stream) -> sa.ColumnElement[bool]:
    """The event counts for the stream, whenever it happened."""
    conditions = [named(stream.counted), *(_condition(wanted) for wanted in stream.counted.filters)]
    if stream.currency:
        conditions.append(sa.or_(E.currency == stream.currency, E.currency.is_(None)))
    return sa.and_(*conditions)


def value(stream: Stream, refunded: Any) -> Any:
    """What a matching event adds. Money less what was refunded of the order, which never makes it a debt."""
    match stream.counted.value:
        case Value.PROPERTY:
            return sa.cast(number_of(E.properties, sa.literal(stream.counted.property, sa.Text)), DOUBLE)
        case Value.REVENUE:
            kept = sa.func.greatest(E.revenue - refunded, sa.func.least(E.revenue, 0))
            return sa.case((refunded.is_(None), E.revenue), else_=kept)
        case _:
            return sa.literal_column("1")


def number_of(holder: Any, key: Any) -> Any:
    """A number in JSON, also one written as text, as files with columns bring it; NULL for anything else.

    CASE keeps others from being read as one; sizes that no float holds exactly enough are no numbers.
    """
    text = holder.op("->>", return_type=sa.Text())(key)
    kind = sa.func.jsonb_typeof(holder.op("->")(key))
    is_text = sa.and_(kind == "string", sa.func.length(text) < 40, text.regexp_match(_NUMBER))
    number = sa.cast(text, sa.Numeric)
    read = sa.case((sa.or_(kind == "number", is_text), number), else_=None)
    return sa.case((sa.func.abs(read) < _LARGEST, read), else_=None)


def _condition(wanted: EventFilter) -> sa.ColumnElement[bool]:
    if wanted.field == "revenue":
        return _compared(E.revenue, wanted)
    if not wanted.property_name:
        return _of_text(E[wanted.field], wanted)
    key = sa.literal(wanted.property_name, sa.Text)
    if wanted.op in ORDERED:
        return _compared(number_of(E.properties, key), wanted)
    text = E.properties.op("->>", return_type=sa.Text())(key)
    if wanted.op is Comparison.EQ and wanted.number is not None:
        # Coalesced: an unknown in an OR is no "no".
        number = sa.func.coalesce(number_of(E.properties, key) == wanted.number, sa.false())
        return sa.or_(number, sa.func.coalesce(text == wanted.value, sa.false()))
    return _of_text(text, wanted)


def _of_text(text: Any, wanted: EventFilter) -> sa.ColumnElement[bool]:
    match wanted.op:
        case Comparison.NE:
            return text.is_distinct_from(wanted.value)
        case Comparison.IN:
            return text.in_(wanted.value)
        case Comparison.CONTAINS:
            return text.icontains(wanted.value, autoescape=True)
        case _:
            return text == wanted.value


def _compared(number: Any, wanted: EventFilter) -> sa.ColumnElement[bool]:
    match wanted.op:
        case Comparison.EQ:
            return number == wanted.number
        case Comparison.NE:
            return number.is_distinct_from(wanted.number)
        case operator:
            return number.op(_COMPARE[operator], is_comparison=True)(wanted.number)
