"""Files from outside: line by line with flat memory, plain or gzipped, whatever they hold."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from enterprise_app.domains.analytics.errors import ImportBomb, ImportFileDamaged, ImportFileMissing

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_KEPT_OF_LONG = 500
SMALL_UNPACKED = 100_000_000
"""Bytes that any gzip may unpack to."""
MAX_RATIO = 200
"""How much larger than the file its content may be beyond that; logs reach 10 to 50."""
MAX_UNPACKED = 20 * 1024**3
"""Bytes that no gzip may go beyond."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end: its number from 1, and its bytes (cut when `too_long`)."""

    number: int
    content: bytes
    too_long: bool = False


class LineFile:
    """Reads a file in batches of lines. `done_bytes` counts in the file as it lies there, packed or not."""

    def __init__(self, path: Path, max_line: int) -> None:
        try:
            self._raw: BinaryIO = open(path, "rb")  # noqa: SIM115 - held until close()
            self.total_bytes = path.stat().st_size
            packed = self._raw.read(2) == _GZIP
            self._raw.seek(0)
        except OSError as error:
            raise ImportFileMissing(file=str(path), problem=error.strerror or type(error).__name__) from None
        self._file: BinaryIO = gzip.GzipFile(fileobj=self._raw) if packed else self._raw  # pyright: ignore
        self._max_line = max_line
        self._number = 0
        unpacked = min(max(SMALL_UNPACKED, MAX_RATIO * self.total_bytes), MAX_UNPACKED)
        self._max_bytes = unpacked if packed else None  # a plain file is as large as it is
        self._read_bytes = 0

    @property
    def done_bytes(self) -> int:
        """How far the file has been read."""
        return min(self._raw.tell(), self.total_bytes)

    def read_batch(self, max_lines: int, max_bytes: int) -> list[Line]:
        """The next lines, empty at the end; stops at either limit. Of gzips raises ImportFileDamaged, ImportBomb."""
        batch: list[Line] = []
        size = 0
        try:
            while len(batch) < max_lines and size < max_bytes and (line := self._read_line()):
                batch.append(line)
                size += len(line.content)
        except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
            raise ImportFileDamaged(line=self._number, problem=str(error)) from None
        return batch

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def _read_line(self) -> Line | None:
        data = self._read(self._max_line + 2)
        if not data:
            return None
        self._number += 1
        too_long = len(data.rstrip(b"\r\n")) > self._max_line
        if self._number == 1:
            data = data.removeprefix(_BOM)
        rest = data
        while too_long and rest and not rest.endswith(b"\n"):  # skip the rest, a piece at a time
            rest = self._read(65_536)
        return Line(self._number, data[:_KEPT_OF_LONG] if too_long else data.rstrip(b"\r\n"), too_long)

    def _read(self, size: int) -> bytes:
        """The rest of the line, or as much of it. Counts what was unpacked, also what is skipped."""
        data = self._file.readline(size)
        self._read_bytes += len(data)
        if self._max_bytes is not None and self._read_bytes > self._max_bytes:
            raise ImportBomb(max=self._max_bytes)
        return data
