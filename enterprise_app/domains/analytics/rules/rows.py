"""Events as lines of PostgreSQL's COPY in text format: made where events are read, also in other processes."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from operator import attrgetter

from enterprise_app.domains.analytics.rules.record import EventRecord

SLOT_SECONDS = 900
"""Rollups are kept in slots of so many seconds, counted from 1970 in UTC."""

_OTHERS = ("occurred_at", "is_bot", "status")
_TEXTS = tuple(f.name for f in fields(EventRecord) if f.name not in _OTHERS)
COLUMNS = (*_OTHERS, *_TEXTS)
"""The columns of a line, in order. An empty one is NULL: no text of an event is empty."""
_texts = attrgetter(*_TEXTS)
_TABS = len(COLUMNS) - 1
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def row(record: EventRecord) -> str:
    """The record's line, with its end."""
    texts = "\t".join([text or "" for text in _texts(record)])
    line = f"{record.occurred_at}\t{'t' if record.is_bot else 'f'}\t{record.status or ''}\t{texts}"
    if "\\" in line or "\n" in line or "\r" in line or line.count("\t") != _TABS:
        return _escaped(record)
    return line + "\n"


def rows(records: Iterable[EventRecord]) -> bytes:
    """The lines of many records."""
    return "".join([row(record) for record in records]).encode()


def slots_of(times: Iterable[datetime]) -> set[int]:
    """The slots that the times lie in, as numbers since 1970."""
    return {int(at.timestamp()) // SLOT_SECONDS for at in times}


def _escaped(record: EventRecord) -> str:
    """The same with what COPY would take for the end of a column or line."""
    texts = "\t".join([text.translate(_ESCAPES) if text else "" for text in _texts(record)])
    return f"{record.occurred_at}\t{'t' if record.is_bot else 'f'}\t{record.status or ''}\t{texts}\n"
