"""A piece of a file on its way through an import: lines go in, lines for COPY with everything worth knowing come out.

Pieces are read without looking at other pieces, so other processes can do it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from enterprise_app.domains.analytics.rules.lines import MAX_LINE, LineReader
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.rules.rows import row, slots_of
from enterprise_app.domains.analytics.rules.sightings import sightings_of
from enterprise_app.domains.analytics.vocabulary import EventType
from enterprise_app.domains.profiles.vocabulary import Sighting

SHOWN_OF_LINE = 200


@dataclass(slots=True)
class Piece:
    """Lines of a file, without their ends: the number of the first (of each where some are missing), which were too
    long (and are cut), how often a line had come before (where it had), and which can't be read, with the reason."""

    first: int
    lines: list[bytes]
    too_long: frozenset[int] = frozenset()
    again: dict[int, int] = field(default_factory=dict)
    broken: dict[int, Rejected] = field(default_factory=dict)
    numbers: list[int] | None = None


@dataclass(frozen=True, slots=True)
class RejectedText:
    """A line that can't be taken, and why; `text` is its beginning."""

    line: int
    problem: Rejected
    text: bytes


@dataclass(slots=True)
class Understood:
    """A piece after reading: `rows` for COPY (`rules.rows`) of `count` different events."""

    lines: int
    rows: bytes
    count: int
    rejected: list[RejectedText]
    slots: set[int]
    sightings: list[Sighting]
    page_views: int
    first_at: datetime | None
    last_at: datetime | None

    @property
    def repeats(self) -> int:
        """Events that came more than once within the piece."""
        return self.lines - len(self.rejected) - self.count


def read_piece(piece: Piece, reader: LineReader) -> Understood:
    """Read all lines; what can't be taken is listed. Blank lines count for nothing."""
    records: dict[str, EventRecord] = {}
    rejected: list[RejectedText] = []
    blank, again, first, numbers = 0, piece.again, piece.first, piece.numbers
    for index, line in enumerate(piece.lines):
        if not line or line.isspace():
            blank += 1
            continue
        try:
            if index in piece.too_long:
                raise Rejected("line_too_long", "", limit=MAX_LINE[reader.format])
            if index in piece.broken:
                raise piece.broken[index]
            record = reader.read(line, again.get(index, 0))
        except Rejected as problem:
            rejected.append(RejectedText(numbers[index] if numbers else first + index, problem, line[:SHOWN_OF_LINE]))
        else:
            records.setdefault(record.id, record)
    return _summed(len(piece.lines) - blank, list(records.values()), rejected)


def _summed(lines: int, records: list[EventRecord], rejected: list[RejectedText]) -> Understood:
    times = [record.occurred_at for record in records]
    return Understood(
        lines=lines,
        rows="".join([row(record) for record in records]).encode(),
        count=len(records),
        rejected=rejected,
        slots=slots_of(times),
        sightings=sightings_of(records),
        page_views=sum(record.type is EventType.PAGE and not record.is_bot for record in records),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
    )


def without(understood: Understood, repeats: set[str]) -> tuple[int, datetime | None, datetime | None]:
    """Page views, first and last time of what is left without these ids, from the lines alone."""
    views, times = 0, []
    for line in understood.rows.decode().split("\n")[:-1]:
        at, bot, _, event_id, kind, _ = line.split("\t", 5)
        if event_id not in repeats:
            views += kind == EventType.PAGE and bot == "f"
            times.append(datetime.fromisoformat(at).astimezone(UTC))
    return views, min(times, default=None), max(times, default=None)
