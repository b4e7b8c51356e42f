"""Turns a row of a table into a message of the tracking API: which column leads where, and what is missing for that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from enterprise_app.core.errors import FieldProblem
from enterprise_app.domains.analytics.rules import keys
from enterprise_app.domains.analytics.rules.cells import TimeReader, read_amount
from enterprise_app.domains.analytics.rules.lines import LineReader
from enterprise_app.domains.analytics.rules.messages import read_message
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.schemas import Mapping
from enterprise_app.domains.analytics.vocabulary import LEFT_OUT, PROPERTIES, EventField, EventType

F = EventField
_PAGE = {F.URL: "url", F.REFERRER: "referrer", F.TITLE: "title"}
_CAMPAIGN = {
    F.UTM_SOURCE: "source", F.UTM_MEDIUM: "medium", F.UTM_CAMPAIGN: "name", F.UTM_TERM: "term",
    F.UTM_CONTENT: "content",
}  # fmt: skip
_CONTEXT = {F.IP: "ip", F.USER_AGENT: "userAgent", F.SESSION_ID: "sessionId"}
_ORDER = {F.CURRENCY: "currency", F.ORDER_ID: "order_id"}
_FIELDS = {name.value: name for name in EventField}
_TRAITS = (EventType.IDENTIFY.value, EventType.GROUP.value)


@dataclass(slots=True)
class RowReader(LineReader):
    """Reads the rows of one table: each comes as a JSON list of its cells. Raises Rejected naming the column."""

    columns: Sequence[str] = ()
    mapping: Mapping = field(default_factory=Mapping)
    _fields: list[tuple[int, EventField]] = field(init=False, default_factory=list)
    _properties: list[tuple[int, str]] = field(init=False, default_factory=list)
    _times: TimeReader = field(init=False)
    _header: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what is the same for every row."""
        for index, column in enumerate(self.columns):
            target = self.mapping.columns.get(column, PROPERTIES)
            if known := _FIELDS.get(target):
                self._fields.append((index, known))
            elif target != LEFT_OUT:
                self._properties.append((index, target.partition(".")[2] or column))
        self._times = TimeReader(self.mapping.time_format, self.mapping.zone)
        self._header = orjson.dumps(list(self.columns)) + b"\n"

    def read(self, line: bytes, occurrence: int) -> EventRecord:
        """One row to one event. Its id is its `messageId`, else its cells with the columns' names, whatever the file
        and the mapping are."""
        cells = orjson.loads(line)
        if len(cells) != len(self.columns):
            raise Rejected("row_ragged", "", cells=len(cells), columns=len(self.columns))
        try:
            record = read_message(self._message(cells), self.reading)
        except Rejected as problem:
            problem.field = self._column_of(problem.field)
            raise
        if record.message_id is None:
            record.id = keys.line_event_id(self.reading.tenant_key, self._header + line, occurrence)
        return record

    def _message(self, cells: list[Any]) -> dict[str, Any]:
        told: dict[EventField, Any] = dict(self.mapping.defaults)
        for index, name in self._fields:
            value = cells[index]
            if value is not None and value != "":
                told[name] = value.strip() if isinstance(value, str) else value
        # Keys from elsewhere: a column may be called anything.
        rest: dict[str, Any] = dict(self.mapping.properties)
        rest |= {name: cells[index] for index, name in self._properties if cells[index] not in (None, "")}
        return self._shaped(told, rest)

    def _shaped(self, told: dict[EventField, Any], rest: dict[str, Any]) -> dict[str, Any]:
        message: dict[str, Any] = {"context": _context(told)}
        for name in (F.ANONYMOUS_ID, F.USER_ID, F.MESSAGE_ID, F.GROUP_ID, F.PREVIOUS_ID, F.EVENT, F.NAME):
            if name in told:
                message[name.value] = told[name]
        message["type"] = kind = _kind(told)
        if F.TIMESTAMP in told:
            message["timestamp"] = self._times.read(told[F.TIMESTAMP])
        if F.REVENUE in told:
            rest["revenue"] = read_amount(told[F.REVENUE], self.mapping.decimal)
        for name, key in _ORDER.items():
            if name in told:
                rest[key] = told[name]
        message["traits" if kind in _TRAITS else "properties"] = rest
        return message

    def _column_of(self, name: str) -> str:
        """The column that a field of the message came from; people know their columns."""
        last = name.rpartition(".")[2]
        for index, known in self._fields:
            if known.value == last:
                return self.columns[index]
        return name


def _context(told: dict[EventField, Any]) -> dict[str, Any]:
    context = {key: told[name] for name, key in _CONTEXT.items() if name in told}
    if page := {key: told[name] for name, key in _PAGE.items() if name in told}:
        context["page"] = page
    if campaign := {key: told[name] for name, key in _CAMPAIGN.items() if name in told}:
        context["campaign"] = campaign
    return context


def _kind(told: dict[EventField, Any]) -> Any:
    """What the row says, else what its fields make of it: an event's name a track, an address a page."""
    if F.TYPE in told:
        kind = told[F.TYPE]
        return kind.lower() if isinstance(kind, str) else kind
    return EventType.PAGE.value if F.EVENT not in told and F.URL in told else EventType.TRACK.value


def check_mapping(columns: Sequence[str], mapping: Mapping) -> list[FieldProblem]:
    """Everything that is wrong with the mapping as a whole, before a row is read."""
    there = _some(columns)
    problems = [
        FieldProblem(f"mapping.columns.{column}", "mapping_column_unknown", {"column": column, "columns": there})
        for column in mapping.columns
        if column not in columns
    ]
    problems += [
        FieldProblem(f"mapping.columns.{column}", "mapping_field_unknown", {"value": target, "allowed": _some(_FIELDS)})
        for column, target in mapping.columns.items()
        if not _is_target(target)
    ]
    targets = [mapping.columns[column] for column in columns if column in mapping.columns]
    twice = sorted({target for target in targets if target in _FIELDS and targets.count(target) > 1})
    problems += [FieldProblem("mapping.columns", "mapping_field_twice", {"field": target}) for target in twice]
    return problems or _missing({*targets, *mapping.defaults})


def _missing(told: set[str]) -> list[FieldProblem]:
    problems = []
    if F.TIMESTAMP not in told:
        problems.append(FieldProblem("timestamp", "mapping_time_missing"))
    if not told & {F.ANONYMOUS_ID, F.USER_ID}:
        problems.append(FieldProblem("userId", "mapping_identity_missing"))
    if not told & {F.TYPE, F.EVENT, F.URL}:
        problems.append(FieldProblem("event", "mapping_event_missing"))
    return problems


def _is_target(target: str) -> bool:
    return target in _FIELDS or target in (PROPERTIES, LEFT_OUT) or (
        target.startswith(f"{PROPERTIES}.") and len(target) > len(PROPERTIES) + 1
    )  # fmt: skip


def _some(names: Any) -> str:
    names = [str(name) for name in names]
    return ", ".join(names[:30]) + (" …" if len(names) > 30 else "")


def parse_mapping(
    pairs: Sequence[str], values: Sequence[str] = ()
) -> tuple[dict[str, str], dict[EventField, str], dict[str, str]]:
    """`column=field` and `field=value` (or `properties.name=value`) as the command line has them: columns, defaults,
    properties. Raises ValueError with the pair."""
    columns = dict(_pair(text, text.rpartition("=")) for text in pairs)
    defaults: dict[EventField, str] = {}
    properties: dict[str, str] = {}
    for text in values:
        name, value = _pair(text, text.partition("="))
        if name in _FIELDS:
            defaults[_FIELDS[name]] = value
        elif _is_target(name) and name not in (PROPERTIES, LEFT_OUT):
            properties[name.partition(".")[2]] = value
        else:
            raise ValueError(name)
    return columns, defaults, properties


def _pair(text: str, parts: tuple[str, str, str]) -> tuple[str, str]:
    left, sign, right = parts
    if not sign or not left or not right:
        raise ValueError(text)
    return left.strip(), right.strip()
