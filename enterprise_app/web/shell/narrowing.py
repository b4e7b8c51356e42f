"""The filters that a list page offers by name: the word in the URL, and the condition it means in the list grammar."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from enterprise_app.core.context import Context

_LONGEST = 100


class Narrowing(Protocol):
    """One filter. `typed` ones change with every key: they replace the entry in the history."""

    @property
    def word(self) -> str: ...

    @property
    def typed(self) -> bool: ...

    def taken(self, raw: str) -> str:
        """What the URL says, or "" when it can't be meant."""
        ...

    def condition(self, ctx: Context, value: str) -> str:
        """`field:op:value` of a value that is not empty."""
        ...


@dataclass(frozen=True)
class Choice:
    """One of a closed list of values; `field` is the word unless it says otherwise."""

    word: str
    among: Collection[str]
    field: str = ""
    typed: bool = False

    def taken(self, raw: str) -> str:
        """A value of the list."""
        return raw if raw in list(self.among) else ""

    def condition(self, ctx: Context, value: str) -> str:
        """Equal to it."""
        return f"{self.field or self.word}:eq:{value}"


@dataclass(frozen=True)
class Words:
    """Free text that the field contains."""

    word: str
    field: str = ""
    typed: bool = True

    def taken(self, raw: str) -> str:
        """Any text, cut."""
        return raw[:_LONGEST]

    def condition(self, ctx: Context, value: str) -> str:
        """Contains it."""
        return f"{self.field or self.word}:contains:{value}"


@dataclass(frozen=True)
class Day:
    """A day in the reader's zone: the first one shown, or with `last` the last one."""

    word: str
    field: str
    last: bool = False
    typed: bool = True

    def taken(self, raw: str) -> str:
        """An ISO date."""
        try:
            return date.fromisoformat(raw).isoformat()
        except ValueError:
            return ""

    def condition(self, ctx: Context, value: str) -> str:
        """From its midnight on, or before the next one's."""
        operator, later = ("lt", 1) if self.last else ("gte", 0)
        return f"{self.field}:{operator}:{_midnight(ctx, value, later)}"


def _midnight(ctx: Context, day: str, later: int) -> str:
    """The start of a local day (or of one some days later) as UTC."""
    try:
        local = date.fromisoformat(day) + timedelta(days=later)
        return datetime.combine(local, time.min, ZoneInfo(ctx.zone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return datetime.max.strftime("%Y-%m-%dT%H:%M:%SZ")
