"""Turns lines of a file into events: one reader per format, with the counting of identical lines that all need."""

from dataclasses import dataclass, field
from uuid import UUID

from enterprise_app.domains.analytics.rules import accesslog, keys
from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.rules.messages import Reading, read_message
from enterprise_app.domains.analytics.rules.record import EventRecord
from enterprise_app.domains.analytics.vocabulary import FileFormat

MAX_LINE = {FileFormat.ACCESS_LOG: 65_536, FileFormat.JSONL: 131_072}


@dataclass(slots=True)
class Occurrences:
    """Counts identical lines with flat memory: of at least the last `keep` different lines, at most twice as many.

    Two hits in the same second give two identical lines, which are two events; they stand close together. An identical
    line further away than that is taken for the same event.
    """

    keep: int = 100_000
    _young: dict[int, int] = field(default_factory=dict)
    _old: dict[int, int] = field(default_factory=dict)

    def count(self, line: bytes) -> int:
        """How often the line came before."""
        key = hash(line)
        seen = self._young.get(key, self._old.get(key, 0))
        self._young[key] = seen + 1
        if len(self._young) >= self.keep:
            self._old, self._young = self._young, {}
        return seen


@dataclass(slots=True)
class LineReader:
    """Reads the lines of one file in order."""

    format: FileFormat
    reading: Reading
    site: str | None = None
    occurrences: Occurrences = field(default_factory=Occurrences)

    def read(self, line: bytes) -> EventRecord:
        """One line to one event. Raises Rejected."""
        if self.format is FileFormat.ACCESS_LOG:
            return accesslog.read_line(line, self.occurrences.count(line), self.reading, self.site)
        record = read_message(read_json(line), self.reading)
        if record.message_id is None:
            record.id = self._id(line)
        return record

    def _id(self, line: bytes) -> UUID:
        return keys.line_event_id(self.reading.tenant_id, line, self.occurrences.count(line))
