"""Lists, the same everywhere: `limit`, `cursor`, `sort=-created_at,name`, `filter=field:op:value` (repeated), `q=`.

A domain declares a `Listing` of the fields it allows; everything else is refused with the field, problem and fix.
Pages are keyset pages: stable while rows come and go, as fast on page 1,000 as on page 1.
"""

import base64
import binascii
import hashlib
import json
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.errors import FieldProblem, Invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_FILTERS = 20
MAX_IN_VALUES = 100
_MAX_KEPT = 256  # statements of one select
OPERATORS = ("eq", "ne", "in", "lt", "lte", "gt", "gte", "contains")
_ORDERED = ("eq", "ne", "in", "lt", "lte", "gt", "gte")
_BY_TYPE: dict[type, tuple[str, ...]] = {
    bool: ("eq", "ne"),
    str: ("eq", "ne", "in", "contains"),
    UUID: ("eq", "ne", "in"),
}

T = TypeVar("T")
Type: TypeAlias = type[Any]
AnySelect: TypeAlias = sa.Select[*tuple[Any, ...]]
_Kept: TypeAlias = "WeakKeyDictionary[AnySelect, dict[tuple[tuple[Sort, ...], int], AnySelect]]"


@dataclass(frozen=True, slots=True)
class ListField:
    """A field that may be filtered (by `operators`, default by type) and, if `sortable`, sorted by.

    `type`: str, int, bool, Decimal, datetime, date, UUID or a StrEnum. Nulls sort last in both directions.
    """

    column: Any
    type: Type = str
    sortable: bool = False
    nullable: bool = False
    operators: tuple[str, ...] | None = None

    @property
    def allowed(self) -> tuple[str, ...]:
        """The operators that may be used."""
        if self.operators is not None:
            return self.operators
        if issubclass(self.type, StrEnum):
            return ("eq", "ne", "in")
        return _BY_TYPE.get(self.type, _ORDERED)


@dataclass(frozen=True, slots=True)
class Filter:
    """One checked condition; `value` has the field's type (a list of it for `in`)."""

    field: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Sort:
    """One checked sort key."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A checked request for one page; made by `Listing.parse`."""

    limit: int = DEFAULT_LIMIT
    sort: tuple[Sort, ...] = ()
    filters: tuple[Filter, ...] = ()
    q: str = ""
    after: tuple[Any, ...] | None = None

    def names(self, field: str) -> bool:
        """Whether a filter asks for this field: what lists leave out by themselves, they show then."""
        return any(wanted.field == field for wanted in self.filters)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. `next_cursor` is None on the last one; `total` only when asked for."""

    items: Sequence[T]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True)
class Listing:
    """What one list allows. `key` is the unique column (the row's id) that breaks ties."""

    fields: Mapping[str, ListField]
    key: Any
    default_sort: str = "-created_at"
    searchable: bool = False
    key_type: Type = UUID
    max_limit: int = field(default=MAX_LIMIT)
    _kept: _Kept = field(default_factory=WeakKeyDictionary, init=False, repr=False, compare=False)

    def parse(
        self,
        *,
        limit: int | str | None = None,
        cursor: str | None = None,
        sort: str | None = None,
        filters: Iterable[str] = (),
        q: str | None = None,
    ) -> ListQuery:
        """Check the caller's words; raises Invalid with every problem at once."""
        problems: list[FieldProblem] = []
        limit_ = self._limit(limit, problems)
        sort_ = self._sort(sort or self.default_sort, problems)
        filters_ = self._filters(list(filters), problems)
        q_ = self._q(q, problems)
        after = self._cursor(cursor, sort_, filters_, q_, problems) if cursor and not problems else None
        if problems:
            raise Invalid(problems)
        return ListQuery(limit_, sort_, filters_, q_, after)

    async def page(
        self, session: AsyncSession, select: AnySelect, query: ListQuery, *, count: bool = False
    ) -> Page[Any]:
        """Run the select for one page; `count` adds the total of the filtered list.

        Items are the entities of a select of one entity, otherwise named tuples of the selected columns.
        """
        total = await self._total(session, self.filtered(select, query)) if count else None
        keys = len(query.sort) + 1
        rows = (await session.execute(self._statement(select, query))).all()
        shown = rows[: query.limit]
        cursor = None
        if len(rows) > query.limit:
            cursor = _encode([self._shape(query.sort, query.filters, query.q), *shown[-1][-keys:]])
        return Page(_items(shown, keys), cursor, total)

    def _statement(self, select: AnySelect, query: ListQuery) -> AnySelect:
        """The statement of one page; kept for first pages of the same select, by far the most asked for."""
        if query.filters or query.after is not None:
            return self._build(select, query)
        kept = self._kept.setdefault(select, {})
        asked = (query.sort, query.limit)
        if asked not in kept:
            if len(kept) >= _MAX_KEPT:
                kept.clear()
            kept[asked] = self._build(select, query)
        return kept[asked]

    def _build(self, select: AnySelect, query: ListQuery) -> AnySelect:
        keys = [*(self._key_of(s.field).column for s in query.sort), self.key]
        statement = self.filtered(select, query)
        statement = statement.add_columns(*(c.label(f"_key{i}") for i, c in enumerate(keys)))
        statement = statement.order_by(*self._order(query)).limit(query.limit + 1)
        return statement if query.after is None else statement.where(self._beyond(query))

    def filtered(self, select: AnySelect, query: ListQuery) -> AnySelect:
        """The select under the query's filters (without `q`: that is `core.search`'s)."""
        return select.where(*(_condition(self.fields[f.field].column, f) for f in query.filters))

    async def _total(self, session: AsyncSession, select: AnySelect) -> int:
        counted = select.with_only_columns(sa.literal(1), maintain_column_froms=True).order_by(None)
        return (await session.execute(sa.select(sa.func.count()).select_from(counted.subquery()))).scalar_one()

    def _limit(self, limit: int | str | None, problems: list[FieldProblem]) -> int:
        if limit is None or limit == "":
            return min(DEFAULT_LIMIT, self.max_limit)
        try:
            value = int(limit)
        except ValueError:
            value = 0
        if not 1 <= value <= self.max_limit:
            problems.append(FieldProblem("limit", "list_limit", {"min": 1, "max": self.max_limit}))
        return value

    def _sort(self, sort: str, problems: list[FieldProblem]) -> tuple[Sort, ...]:
        result: list[Sort] = []
        allowed = [name for name, f in self.fields.items() if f.sortable]
        for word in filter(None, (w.strip() for w in sort.split(","))):
            name = word.removeprefix("-")
            if name not in allowed or any(s.field == name for s in result):
                problems.append(FieldProblem("sort", "list_sort", {"name": name, "allowed": ", ".join(allowed)}))
                continue
            result.append(Sort(name, word.startswith("-")))
        return tuple(result)

    def _filters(self, filters: list[str], problems: list[FieldProblem]) -> tuple[Filter, ...]:
        if len(filters) > MAX_FILTERS:
            problems.append(FieldProblem("filter", "list_filters_many", {"max": MAX_FILTERS}))
            return ()
        parsed = (self._filter(text, problems) for text in filters)
        return tuple(f for f in parsed if f is not None)

    def _filter(self, text: str, problems: list[FieldProblem]) -> Filter | None:
        name, _, rest = text.partition(":")
        operator, colon, raw = rest.partition(":")
        known = self.fields.get(name)
        if known is None:
            allowed = ", ".join(self.fields)
            problems.append(FieldProblem("filter", "list_filter_field", {"name": name, "allowed": allowed}))
        elif operator not in known.allowed or not colon:
            params = {"name": name, "operator": operator, "allowed": ", ".join(known.allowed)}
            problems.append(FieldProblem("filter", "list_filter_operator", params))
        else:
            try:
                return Filter(name, operator, _values(known.type, operator, raw))
            except (ValueError, InvalidOperation):
                params = {"name": name, "value": raw[:100], "type": _type_name(known.type)}
                problems.append(FieldProblem("filter", "list_filter_value", params))
        return None

    def _q(self, q: str | None, problems: list[FieldProblem]) -> str:
        words = (q or "").strip()
        if words and not self.searchable:
            problems.append(FieldProblem("q", "list_search_unsupported", {}))
        if len(words) > 200 or "\0" in words:
            problems.append(FieldProblem("q", "list_search_long", {"max": 200}))
        return words

    def _cursor(
        self, cursor: str, sort: tuple[Sort, ...], filters: tuple[Filter, ...], q: str, problems: list[FieldProblem]
    ) -> tuple[Any, ...] | None:
        try:
            shape, *values = _decode(cursor)
            if shape != self._shape(sort, filters, q) or len(values) != len(sort) + 1:
                raise ValueError("made for another list")
            types = [self.fields[s.field].type for s in sort] + [self.key_type]
            return tuple(None if v is None else _value(t, str(v)) for t, v in zip(types, values, strict=True))
        except (ValueError, TypeError, InvalidOperation):
            problems.append(FieldProblem("cursor", "list_cursor", {}))
            return None

    def _shape(self, sort: tuple[Sort, ...], filters: tuple[Filter, ...], q: str) -> str:
        """A cursor fits only the list it came from: same order, same filters, same words."""
        text = repr(([(s.field, s.descending) for s in sort], sorted(map(repr, filters)), q))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _key_of(self, name: str) -> ListField:
        return self.fields[name]

    def _order(self, query: ListQuery) -> list[Any]:
        order: list[Any] = []
        for sort in query.sort:
            known = self.fields[sort.field]
            ordered = known.column.desc() if sort.descending else known.column.asc()
            order.append(ordered.nulls_last() if known.nullable else ordered)
        return [*order, self.key.desc() if _last_descending(query) else self.key.asc()]

    def _beyond(self, query: ListQuery) -> Any:
        """Rows after the cursor, in the order of `_order`."""
        assert query.after is not None
        keys = [(self.fields[s.field].column, self.fields[s.field].nullable, s.descending) for s in query.sort]
        keys.append((self.key, False, _last_descending(query)))
        if len({descending for _, _, descending in keys}) == 1 and not any(nullable for _, nullable, _ in keys):
            columns, values = sa.tuple_(*(c for c, _, _ in keys)), sa.tuple_(*_bound(keys, query.after))
            return columns < values if keys[0][2] else columns > values
        return _stepwise(keys, query.after)


def _stepwise(keys: list[tuple[Any, bool, bool]], after: tuple[Any, ...]) -> Any:
    """Lexicographic comparison by hand: directions differ, or nulls (which sort last) are possible."""
    alternatives, equal = [], []
    for (column, nullable, descending), value in zip(keys, after, strict=True):
        if value is not None:
            further = column < value if descending else column > value
            alternatives.append(sa.and_(*equal, sa.or_(further, column.is_(None)) if nullable else further))
        equal.append(column.is_(None) if value is None else column == value)
    return sa.or_(*alternatives)


def _bound(keys: list[tuple[Any, bool, bool]], after: tuple[Any, ...]) -> list[Any]:
    return [sa.literal(value, type_=column.type) for (column, _, _), value in zip(keys, after, strict=True)]


def _last_descending(query: ListQuery) -> bool:
    return query.sort[-1].descending if query.sort else False


def _condition(column: Any, wanted: Filter) -> Any:
    match wanted.operator:
        case "eq":
            return column == wanted.value
        case "ne":
            return column.is_distinct_from(wanted.value)
        case "in":
            return column.in_(wanted.value)
        case "lt":
            return column < wanted.value
        case "lte":
            return column <= wanted.value
        case "gt":
            return column > wanted.value
        case "gte":
            return column >= wanted.value
        case _:
            return column.icontains(wanted.value, autoescape=True)


def _values(type_: Type, operator: str, raw: str) -> Any:
    if operator != "in":
        return _value(type_, raw)
    parts = [part for part in raw.split(",") if part != ""]
    if not 1 <= len(parts) <= MAX_IN_VALUES:
        raise ValueError("too many values, or none")
    return [_value(type_, part) for part in parts]


def _value(type_: Type, raw: str) -> Any:
    """The text as the field's type; ValueError when it is none."""
    if "\0" in raw:
        raise ValueError("a zero byte")
    if type_ is bool:
        return {"true": True, "false": False, "True": True, "False": False}[raw] if raw in _BOOLS else _refuse(raw)
    if type_ is datetime:
        moment = datetime.fromisoformat(raw)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if type_ is date:
        return date.fromisoformat(raw)
    if type_ is int:
        number = int(raw)
        return number if -(2**63) <= number < 2**63 else _refuse(raw)
    if type_ is Decimal:
        amount = Decimal(raw)
        return amount if amount.is_finite() else _refuse(raw)
    return type_(raw)


_BOOLS = ("true", "false", "True", "False")


def _refuse(raw: str) -> Any:
    raise ValueError(raw)


def _type_name(type_: Type) -> str:
    if issubclass(type_, StrEnum):
        return " | ".join(member.value for member in type_)
    names = {str: "text", int: "whole number", bool: "true | false", datetime: "2026-01-31T12:00:00Z"}
    return {**names, date: "2026-01-31", Decimal: "number", UUID: "id"}.get(type_, type_.__name__)


def _items(rows: Sequence[Any], keys: int) -> list[Any]:
    """The rows without the sort keys that were added at their end."""
    if not rows:
        return []
    names = rows[0]._fields[:-keys]
    if len(names) == 1:
        return [row[0] for row in rows]
    shape = _item_shape(names)
    return [shape._make(row[:-keys]) for row in rows]


@lru_cache(maxsize=256)
def _item_shape(names: tuple[str, ...]) -> Any:
    """Made once: a class costs more than the page it is for."""
    return namedtuple("Item", names, rename=True)


def _encode(values: Sequence[Any]) -> str:
    text = json.dumps(values, default=lambda v: v.isoformat() if isinstance(v, date) else str(v), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _decode(cursor: str) -> list[Any]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        values = json.loads(text)
    except (binascii.Error, UnicodeError, RecursionError) as error:
        raise ValueError("not a cursor") from error
    if not isinstance(values, list) or not values:
        raise ValueError("not a cursor")
    return values
