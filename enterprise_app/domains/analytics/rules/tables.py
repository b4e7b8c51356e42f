"""Reads tables of text row by row, with flat memory: encoding, delimiter and header are told or found out.

Quotes as in RFC 4180, taken strictly: a quote that is not closed would otherwise swallow rows without a word.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice

import orjson

from enterprise_app.core.errors import Invalid
from enterprise_app.domains.analytics.errors import TableUnreadable
from enterprise_app.domains.analytics.rules.pieces import Piece
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.schemas import TableShape
from enterprise_app.domains.analytics.vocabulary import FileFormat

MAX_ROW = 131_072
MAX_COLUMNS = 2_000
HEAD = 65_536
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SNIFFED = 100  # rows
_NUMBER = re.compile(r"[\s\d.,:+/€$£%-]*")
_KEPT_OF_LONG = 500
Read = Callable[[int], bytes]


class _Source(io.RawIOBase):
    """The bytes behind `read`, beginning with `head`, as a file."""

    def __init__(self, head: bytes, read: Read) -> None:
        self._head, self._read = head, read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore
        size = len(buffer)
        data = self._head[:size] if self._head else self._read(size)
        self._head = self._head[len(data) :] if self._head else b""
        buffer[: len(data)] = data
        return len(data)


class TextTable:
    """The rows of a table of text. Opening finds out `columns` and `shape`; raises Invalid and TableUnreadable."""

    def __init__(self, read: Read, shape: TableShape, file_format: FileFormat = FileFormat.CSV) -> None:
        head = _full(read, HEAD)
        self.shape = _sniffed(head, shape, file_format)
        encoding, errors = self.shape.encoding or "utf-8", "strict"
        if encoding.startswith("utf-8"):
            errors = "surrogateescape"  # a bad byte costs its row, not the file
        # Universal line ends: some programs still write a lone carriage return.
        self._text = io.TextIOWrapper(io.BufferedReader(_Source(head, read), 1 << 18), encoding, errors, newline=None)
        self._pulled = self._row_at = 0
        self._too_long: set[int] = set()
        self._reader = _reader(self._lines(), self.shape)
        self._ready: list[list[str]] = []
        first = self._next_row()
        if first is None or not any(cell.strip() for cell in first):
            raise TableUnreadable("table_empty", line=1)
        self.columns = _columns(first, bool(self.shape.header))
        if not self.shape.header:
            self._ready = [first]

    def read_piece(self, max_lines: int, max_bytes: int) -> Piece | None:
        """The next rows as JSON lists of their cells, None at the end."""
        lines: list[bytes] = []
        numbers: list[int] = []
        broken: dict[int, Rejected] = {}
        size, width = 0, len(self.columns)
        while len(lines) < max_lines and size < max_bytes:
            try:
                row = self._ready.pop() if self._ready else self._next_row()
                if row is None:
                    break
                if self._row_at in self._too_long:
                    raise Rejected("line_too_long", "", limit=MAX_ROW)
                line = _dumped(row, width) if any(row) else b""
                if len(line) > MAX_ROW:
                    raise Rejected("line_too_long", "", limit=MAX_ROW)
            except Rejected as problem:
                line, broken[len(lines)] = str(problem.params.pop("text", "…")).encode("utf-8", "replace"), problem
            lines.append(line[:_KEPT_OF_LONG] if len(lines) in broken else line)
            numbers.append(self._row_at)
            size += len(line)
        if not lines:
            return None
        apart = numbers[-1] - numbers[0] != len(numbers) - 1
        return Piece(numbers[0], lines, broken=broken, numbers=numbers if apart else None)

    def _next_row(self) -> list[str] | None:
        """The next row, None at the end. Raises Rejected for one that is unreadable, TableUnreadable for the rest."""
        self._row_at = self._pulled + 1
        try:
            return next(self._reader, None)
        except csv.Error as error:
            if "field larger" in str(error) or "unexpected end" in str(error):
                raise TableUnreadable("table_quote_open", line=self._row_at, quote=self.shape.quote) from None
            raise Rejected("row_quote_misplaced", "", quote=self.shape.quote) from None
        except UnicodeError:
            raise TableUnreadable("table_encoding", line=self._pulled + 1, encoding=self.shape.encoding) from None

    def _lines(self) -> Iterator[str]:
        """Lines of the text; one that never ends is cut, so that memory stays flat, and costs its row."""
        readline = self._text.readline
        while line := readline(MAX_ROW + 1):
            self._pulled += 1
            if len(line) > MAX_ROW and not line.endswith("\n"):
                self._too_long.add(self._pulled)
                while (more := readline(MAX_ROW)) and not more.endswith("\n"):
                    pass
                line = "…\n"
            yield line


def _dumped(row: list[str], width: int) -> bytes:
    if len(row) != width:
        if len(row) > width and not any(row[width:]):
            row = row[:width]  # a delimiter at the end of the line
        else:
            raise Rejected("row_ragged", "", cells=len(row), columns=width, text=",".join(row)[:_KEPT_OF_LONG])
    try:
        return orjson.dumps(row)
    except TypeError:  # what surrogateescape made of bytes that are no UTF-8
        raise Rejected("json_not_utf8", "", text=",".join(row)[:_KEPT_OF_LONG]) from None


def _full(read: Read, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := read(size - len(data))):
        data += more
    return data


def _reader(lines: Iterator[str], shape: TableShape) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=shape.delimiter or ",", quotechar=shape.quote or '"', strict=True)


def _columns(first: list[str], header: bool) -> list[str]:
    names = [cell.strip() if header else "" for cell in first]
    while header and names and not names[-1]:
        names.pop()  # a delimiter at the end of the header
    names = [name or f"column_{place}" for place, name in enumerate(names, 1)]
    if len(names) > MAX_COLUMNS:
        raise TableUnreadable("table_too_wide", line=1, columns=len(names), limit=MAX_COLUMNS)
    for place, name in enumerate(names):
        if (before := names.index(name)) < place:
            raise TableUnreadable("table_column_twice", line=1, column=name, first=before + 1, second=place + 1)
    return names


def _sniffed(head: bytes, told: TableShape, file_format: FileFormat) -> TableShape:
    """What was told, completed by what the beginning shows."""
    if not head:
        raise TableUnreadable("table_empty", line=1)
    encoding = _encoding(head, told.encoding)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head).removeprefix("\ufeff")
    whole = text if len(head) < HEAD else text.rpartition("\n")[0] or text
    delimiter = told.delimiter or ("\t" if file_format is FileFormat.TSV else None)
    ways = [
        TableShape(delimiter=d, quote=q)
        for d in ((delimiter,) if delimiter else _DELIMITERS)
        for q in ((told.quote,) if told.quote else ('"', "'"))
    ]
    best = max(ways, key=lambda way: _score(whole, way))
    if delimiter and _score(whole, best)[0] <= 0:
        _refuse_wrong_delimiter(whole, delimiter, told)
    header = _has_header(whole, best) if told.header is None else told.header
    return TableShape(encoding=encoding, delimiter=best.delimiter, quote=best.quote, header=header)


def _encoding(head: bytes, told: str | None) -> str:
    if told:
        try:
            name = codecs.lookup(told).name
            "".encode(name)
        except (LookupError, ValueError):
            raise Invalid.of("table.encoding", "encoding_unknown", value=told) from None
        return "utf-8-sig" if name == "utf-8" and head.startswith(codecs.BOM_UTF8) else name
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    start = head[:2_000]
    if len(start) > 3 and start[1::2].count(0) > len(start) * 0.3:
        return "utf-16-le"
    if len(start) > 3 and start[::2].count(0) > len(start) * 0.3:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _rows(text: str, way: TableShape) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        rows += islice(_reader(io.StringIO(text, newline=None), way), _SNIFFED)
    except csv.Error:
        rows.append([])
    return [row for row in rows if row] or [[""]]


def _score(text: str, way: TableShape) -> tuple[float, int, bool]:
    """How table-like the text is when read this way: the share of rows that are as wide as most, and how wide."""
    rows = _rows(text, way)
    widths = [len(row) for row in rows]
    width = max(set(widths), key=lambda w: (widths.count(w), w))
    return (widths.count(width) / len(widths) if width > 1 else 0.0), width, way.quote == '"'


def _refuse_wrong_delimiter(text: str, delimiter: str, told: TableShape) -> None:
    """The delimiter that was told is nowhere, another one is everywhere. Raises Invalid."""
    others = [TableShape(delimiter=d, quote=told.quote or '"') for d in _DELIMITERS if d != delimiter]
    better = max(others, key=lambda way: _score(text, way))
    if _score(text, better)[0] > 0.8:
        raise Invalid.of("table.delimiter", "delimiter_wrong", value=_named(delimiter), better=_named(better.delimiter))


def _named(delimiter: str | None) -> str:
    return "tab" if delimiter == "\t" else str(delimiter)


def _has_header(text: str, way: TableShape) -> bool:
    """A header has a name for (almost) every column, each another one, and no numbers or times."""
    first = [cell.strip() for cell in _rows(text, way)[0]]
    named = [cell for cell in first if cell]
    if not named or len(named) < len(first) - 1:
        return False
    return not any(_NUMBER.fullmatch(cell) or "@" in cell or "://" in cell for cell in named)
