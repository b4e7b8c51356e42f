"""What became of the messages of one transaction: counted for the health of the data, with a few refused ones."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from enterprise_app.domains.analytics.rules.pieces import Understood
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.rules.secrets import shown_message
from enterprise_app.domains.analytics.vocabulary import HealthKind

LATE = timedelta(days=1)
"""What happened longer before it came is late."""
AHEAD = timedelta(minutes=1)
"""What happened longer after it came has a clock that is wrong."""
SAMPLES = 10
"""Refused messages kept of one transaction."""
_PARAM = 200
# As rules.rows writes lines: time, bot, status, id, …
_BOT = re.compile(rb"^[^\t\n]*\tt\t[^\t\n]*\t([0-9a-f]{32})\t", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused message: why, as the catalogue needs it, and its beginning."""

    code: str
    field: str
    params: dict[str, Any]
    message_id: str | None
    message: str


@dataclass(slots=True)
class Tally:
    """Counts by kind and code, the stored bytes, and samples of what was refused."""

    counts: Counter[tuple[HealthKind, str]] = field(default_factory=Counter)
    stored: int = 0
    samples: list[Refused] = field(default_factory=list)
    sampled: int = SAMPLES

    def __bool__(self) -> bool:
        return bool(self.counts)

    def count(self, kind: HealthKind, messages: int = 1) -> None:
        """So many more of a kind."""
        if messages:
            self.counts[kind, ""] += messages

    def refuse(self, problem: Rejected, message: Any, messages: int = 1) -> None:
        """A message that can't be taken; the first few are kept to be shown."""
        self.counts[HealthKind.REJECTED, problem.code] += messages
        if len(self.samples) < self.sampled:
            told = message.get("messageId") if isinstance(message, dict) else None
            message_id = shown_message(told)[:255] if isinstance(told, str) else None
            params = {name: _plain(value) for name, value in problem.params.items()}
            refused = Refused(problem.code, problem.field, params, message_id, shown_message(message))
            self.samples.append(refused)

    def add(self, other: "Tally") -> None:
        """What another one counted."""
        self.counts.update(other.counts)
        self.stored += other.stored
        self.samples += other.samples[: max(0, self.sampled - len(self.samples))]

    def take(self, lines: bytes, count: int, repeats: Collection[str]) -> None:
        """`count` events as lines of `rules.rows`, of which those with the ids `repeats` had been there before."""
        self.count(HealthKind.ACCEPTED, count - len(repeats))
        self.count(HealthKind.DUPLICATE, len(repeats))
        self.stored += len(lines) if not repeats else _size_without(lines, repeats)
        self.count(HealthKind.BOT, sum(found.decode() not in repeats for found in _BOT.findall(lines)))

    def take_piece(self, read: Understood, repeats: Collection[str]) -> None:
        """A piece of an imported file. What it holds is old by nature: only live events are late."""
        for rejected in read.rejected:
            self.refuse(rejected.problem, rejected.text)
        self.count(HealthKind.DUPLICATE, read.repeats)
        self.take(read.rows, read.count, repeats)

    def take_times(self, received_at: datetime, times: Iterable[datetime]) -> None:
        """When new events of a live source happened."""
        earliest, latest = received_at - LATE, received_at + AHEAD
        strange = [at < earliest for at in times if at < earliest or at > latest]
        self.count(HealthKind.LATE, sum(strange))
        self.count(HealthKind.FUTURE, len(strange) - sum(strange))


def _size_without(lines: bytes, repeats: Collection[str]) -> int:
    return sum(len(line) for line in lines.splitlines(keepends=True) if line.split(b"\t", 4)[3].decode() not in repeats)


def _plain(value: Any) -> Any:
    """What a text is filled with, bounded, as JSON holds it."""
    return value if isinstance(value, int) and abs(value) < 2**53 else shown_message(str(value))[:_PARAM]
