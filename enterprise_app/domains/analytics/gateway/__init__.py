"""Files from outside: many lines at a time with flat memory, plain or gzipped, whatever they hold."""

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO

from enterprise_app.domains.analytics.errors import ImportBomb, ImportFileDamaged, ImportFileMissing
from enterprise_app.domains.analytics.rules.pieces import Piece

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_KEPT_OF_LONG = 500
_BLOCK = 1_048_576
SMALL_UNPACKED = 100_000_000
"""Bytes that any gzip may unpack to."""
MAX_RATIO = 200
"""How much larger than the file its content may be beyond that; logs reach 10 to 50."""
MAX_UNPACKED = 20 * 1024**3
"""Bytes that no gzip may go beyond."""


class LineFile:
    """Reads a file in pieces of whole lines. `done_bytes` counts in the file as it lies there, packed or not."""

    def __init__(self, path: Path, max_line: int) -> None:
        try:
            self._raw: BinaryIO = open(path, "rb")  # noqa: SIM115 - held until close()
            self.total_bytes = path.stat().st_size
            self.packed = self._raw.read(2) == _GZIP
            self._raw.seek(0)
        except OSError as error:
            raise ImportFileMissing(file=str(path), problem=error.strerror or type(error).__name__) from None
        self._file: BinaryIO = gzip.GzipFile(fileobj=self._raw) if self.packed else self._raw  # pyright: ignore
        self._max_line = max_line
        unpacked = min(max(SMALL_UNPACKED, MAX_RATIO * self.total_bytes), MAX_UNPACKED)
        self._max_bytes = unpacked if self.packed else None  # a plain file is as large as it is
        self._read_bytes = self._number = 0
        self._lines: list[bytes] = []
        self._taken = 0
        self._rest, self._ended = b"", False

    @property
    def done_bytes(self) -> int:
        """How far the file has been read."""
        return min(self._raw.tell(), self.total_bytes)

    def read_piece(self, max_lines: int, max_bytes: int) -> Piece | None:
        """The next lines, None at the end; about so many at most. Of gzips raises ImportFileDamaged, ImportBomb."""
        lines: list[bytes] = []
        size = 0
        while len(lines) < max_lines and size < max_bytes and (more := self._more(max_lines - len(lines))):
            lines += more
            size += sum(map(len, more))
        if not lines:
            return None
        first, self._number = self._number + 1, self._number + len(lines)
        too_long: frozenset[int] = frozenset()
        if max(map(len, lines)) > self._max_line:
            too_long = frozenset(index for index, line in enumerate(lines) if len(line) > self._max_line)
            lines = [line[:_KEPT_OF_LONG] if index in too_long else line for index, line in enumerate(lines)]
        return Piece(first, lines, too_long)

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def _more(self, most: int) -> list[bytes]:
        """Lines of the current block, or of the next one; empty at the end of the file."""
        while self._taken >= len(self._lines):
            if self._ended:
                return []
            self._lines, self._taken = self._next_block(), 0
        self._taken += most
        return self._lines[self._taken - most : self._taken]

    def _next_block(self) -> list[bytes]:
        data = self._read(_BLOCK)
        if not data:
            self._ended = True
            whole, self._rest = self._rest, b""
            return [whole.rstrip(b"\r")] if whole else []
        if not self._read_bytes:
            data = data.removeprefix(_BOM)
        self._read_bytes += len(data)
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = self._rest + lines[0]
            self._rest = rest
        else:
            # Of a line without an end only as much is held as shows that it is too long.
            self._rest = (self._rest + rest)[: self._max_line + _BLOCK]
        return [line.rstrip(b"\r") for line in lines]

    def _read(self, size: int) -> bytes:
        """The next bytes, unpacked."""
        try:
            data = self._file.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
            raise ImportFileDamaged(line=self._number, problem=str(error)) from None
        if self._max_bytes is not None and self._read_bytes + len(data) > self._max_bytes:
            raise ImportBomb(max=self._max_bytes)
        return data
