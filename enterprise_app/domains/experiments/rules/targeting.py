"""Conditions over attributes, compiled once: who is meant by a targeting rule.

An attribute that is missing (or null) matches nothing, not even `ne`: who says nothing of his country is not known to
live elsewhere. Only `exists` with `false` asks for that. Values of different types are never equal; numbers compare
with numbers, instants with instants, text with text.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..schemas import Condition
from ..vocabulary import Operator
from .semver import is_range
from .semver import matches as in_range

Attributes = Mapping[str, Any]
Test = Callable[[Attributes], bool]


def compiled(conditions: Sequence[Condition]) -> tuple[Test, ...]:
    """The conditions as functions of a unit's attributes; all must hold."""
    return tuple(_test(condition) for condition in conditions)


def find_problem(condition: Condition) -> str | None:
    """The code of what is wrong with a condition's values; None when nothing is."""
    values, operator = condition.values, condition.operator
    if operator is Operator.EXISTS:
        return None if len(values) <= 1 and all(isinstance(v, bool) for v in values) else "condition_exists"
    if not values:
        return "condition_values"
    if operator is Operator.SEMVER and not all(isinstance(v, str) and is_range(v) for v in values):
        return "condition_semver"
    if operator in _ORDERS and not all(_is_ordered(v) for v in values):
        return "condition_order"
    if operator in _TEXTS and not all(isinstance(v, str) for v in values):
        return "condition_text" if operator is not Operator.CONTAINS else None
    return None


def value_of(attributes: Attributes, name: str) -> Any:
    """The attribute, also inside objects by a dotted name; None when it is missing."""
    if name in attributes:
        return attributes[name]
    found: Any = attributes
    if "." in name:
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found
    return None


def _test(condition: Condition) -> Test:
    name, values = condition.attribute, tuple(condition.values)
    if condition.operator is Operator.EXISTS:
        wanted = values[0] is not False if values else True
        return lambda attributes: (value_of(attributes, name) is not None) is wanted
    compare, negated = _COMPARE[condition.operator], condition.operator in (Operator.NE, Operator.NOT_IN)

    def holds(attributes: Attributes) -> bool:
        value = value_of(attributes, name)
        return value is not None and any(compare(value, wanted) for wanted in values) is not negated

    return holds


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_ordered(value: Any) -> bool:
    return _is_number(value) or _instant(value) is not None


def _equal(value: Any, wanted: Any) -> bool:
    if _is_number(value) and _is_number(wanted):
        return value == wanted
    return type(value) is type(wanted) and value == wanted


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    return isinstance(value, list | tuple) and any(_equal(item, wanted) for item in value)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, wanted: Any) -> bool:
        if _is_number(value) and _is_number(wanted):
            return compare(value, wanted)
        this, that = _instant(value), _instant(wanted)
        return this is not None and that is not None and compare(this, that)

    return holds


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: isinstance(value, str) and isinstance(wanted, str) and compare(value, wanted)


_ORDERS = (Operator.GT, Operator.GE, Operator.LT, Operator.LE)
_TEXTS = (Operator.CONTAINS, Operator.STARTS, Operator.ENDS)
_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: _equal,
    Operator.NE: _equal,
    Operator.IN: _equal,
    Operator.NOT_IN: _equal,
    Operator.CONTAINS: _contains,
    Operator.STARTS: _text(str.startswith),
    Operator.ENDS: _text(str.endswith),
    Operator.GT: _ordered(lambda value, wanted: value > wanted),
    Operator.GE: _ordered(lambda value, wanted: value >= wanted),
    Operator.LT: _ordered(lambda value, wanted: value < wanted),
    Operator.LE: _ordered(lambda value, wanted: value <= wanted),
    Operator.SEMVER: _text(in_range),
}
