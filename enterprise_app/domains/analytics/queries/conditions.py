"""Filters of raw events beyond their columns: a property by its name, and a person by any of its ids."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from enterprise_app.core.paging import Filter
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.rules.keys import visitor_of_id

PREFIX = "properties."
OPERATORS = ("eq", "ne", "in", "contains", "lt", "lte", "gt", "gte")
COMPARISONS = ("lt", "lte", "gt", "gte")
MAX_KEY = 200
_E = EVENTS.c


def is_property(field: str) -> bool:
    """Whether the filter's name is that of a property."""
    return field.startswith(PREFIX) and 0 < len(field) - len(PREFIX) <= MAX_KEY and "\0" not in field


def property_value(operator: str, raw: str) -> Any:
    """The filter's value: a number to compare with, a list, or text. Raises ValueError."""
    if "\0" in raw:
        raise ValueError("a zero byte")
    if operator in COMPARISONS:
        number = _number(raw)
        if number is None:
            raise ValueError("not a number")
        return number
    if operator == "in":
        values = [part for part in raw.split(",") if part]
        if not 1 <= len(values) <= 100:
            raise ValueError("too many values, or none")
        return values
    return raw


def property_condition(wanted: Filter) -> sa.ColumnElement[bool]:
    """Text is compared as JSON writes it (`true`, `3`); a number equals whatever way it is written."""
    key = sa.literal(wanted.field.removeprefix(PREFIX), sa.Text)
    text = _E.properties.op("->>", return_type=sa.Text())(key)
    match wanted.operator:
        case "eq":
            number = _number(wanted.value)
            same = text == wanted.value
            return same if number is None else sa.or_(same, _numeric(key, text) == number)
        case "ne":
            return text.is_distinct_from(wanted.value)
        case "in":
            return text.in_(wanted.value)
        case "contains":
            return text.icontains(wanted.value, autoescape=True)
        case operator:
            compare = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[operator]
            return _numeric(key, text).op(compare, is_comparison=True)(wanted.value)


def person_condition(salt: bytes, value: str) -> sa.ColumnElement[bool]:
    """What was sent with this id, as a user or as a browser; or by this visitor."""
    keys = [UUID(hex=visitor_of_id(salt, value))]
    try:
        keys.append(UUID(value))
    except ValueError:
        pass
    return sa.or_(_E.visitor_id.in_(keys), _E.user_id == value)


def _numeric(key: Any, text: Any) -> Any:
    """The property where it is a number; CASE keeps others from being read as one."""
    kind = sa.func.jsonb_typeof(_E.properties.op("->")(key))
    return sa.case((kind == "number", sa.cast(text, sa.Numeric)), else_=None)


def _number(raw: str) -> Decimal | None:
    try:
        number = Decimal(raw.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None
