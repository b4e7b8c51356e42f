"""Turns lines of a file into events: one reader per format, with the counting of identical lines that all need."""

from dataclasses import dataclass, field

from enterprise_app.domains.analytics.rules import accesslog, keys
from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.rules.messages import Reading, read_message
from enterprise_app.domains.analytics.rules.record import EventRecord
from enterprise_app.domains.analytics.vocabulary import TABLES, FileFormat

MAX_LINE = {FileFormat.ACCESS_LOG: 65_536, FileFormat.JSONL: 131_072} | dict.fromkeys(TABLES, 131_072)


@dataclass(slots=True)
class Occurrences:
    """Counts identical lines with flat memory: of at least the last `keep` different lines, at most twice as many.

    Two hits in the same second give two identical lines, which are two events; they stand close together. An identical
    line further away than that is taken for the same event.
    """

    keep: int = 100_000
    _young: dict[int, int] = field(default_factory=dict)
    _old: dict[int, int] = field(default_factory=dict)

    def count(self, lines: list[bytes]) -> dict[int, int]:
        """How often each of the lines came before; by its index, those that did."""
        young, old, again = self._young, self._old, {}
        for index, line in enumerate(lines):
            key = hash(line)
            seen = young.get(key)
            if seen is None:
                seen = old.get(key, 0)
            if seen:
                again[index] = seen
            young[key] = seen + 1
            if len(young) >= self.keep:
                self._old = old = young
                self._young = young = {}
        return again


@dataclass(slots=True)
class LineReader:
    """Reads the lines of one file, each for itself: so several processes can share a file."""

    format: FileFormat
    reading: Reading
    site: str | None = None

    def read(self, line: bytes, occurrence: int) -> EventRecord:
        """One line to one event; `occurrence` counts the identical lines before it. Raises Rejected."""
        if self.format is FileFormat.ACCESS_LOG:
            return accesslog.read_line(line, occurrence, self.reading, self.site)
        record = read_message(read_json(line), self.reading)
        if record.message_id is None:
            record.id = keys.line_event_id(self.reading.tenant_key, line, occurrence)
        return record
