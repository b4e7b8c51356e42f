"""Files that are tables: the same pieces as lines give, with the columns known from the start."""

from collections.abc import Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

import orjson

from enterprise_app.domains.analytics.errors import ImportBomb, ImportFileDamaged, TableUnreadable
from enterprise_app.domains.analytics.gateway import LineFile
from enterprise_app.domains.analytics.rules.cells import plain
from enterprise_app.domains.analytics.rules.lines import MAX_LINE
from enterprise_app.domains.analytics.rules.pieces import Piece
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.rules.tables import MAX_COLUMNS, TextTable
from enterprise_app.domains.analytics.schemas import TableShape
from enterprise_app.domains.analytics.vocabulary import FileFormat

_MAX_ROW = MAX_LINE[FileFormat.PARQUET]
_KEPT_OF_LONG = 500
_ROWS = 2_000
_BUFFER = 1 << 20
_PARQUET_RATIO = 2_000
"""How much larger than a Parquet file its rows may be: columns of few values pack very well."""
_PARQUET_SMALL = 1_000_000_000


class Table(Protocol):
    """A file with columns."""

    columns: Sequence[str]
    shape: TableShape


class TextTableFile(LineFile):
    """A table of text, plain or gzipped. The header is read on opening: raises Invalid and TableUnreadable."""

    def __init__(self, path: Path, file_format: FileFormat, shape: TableShape) -> None:
        super().__init__(path, _MAX_ROW)
        try:
            self._table = TextTable(self._take, shape, file_format)
        except BaseException:
            self.close()
            raise
        self.columns, self.shape = self._table.columns, self._table.shape

    def read_piece(self, max_lines: int, max_bytes: int) -> Piece | None:
        """The next rows, None at the end."""
        return self._table.read_piece(max_lines, max_bytes)

    def _take(self, size: int) -> bytes:
        data = self._read(size)
        self._read_bytes += len(data)
        return data


class ParquetFile(LineFile):
    """A Parquet file, read page by page: neither the file nor one of its row groups is held in memory.

    Values come as JSON: times and decimals as text, lists, structs and maps as they are. Raises ImportFileDamaged, and
    TableUnreadable for columns whose bytes are no text.
    """

    def __init__(self, path: Path, shape: TableShape | None = None) -> None:
        super().__init__(path, _MAX_ROW)
        import pyarrow.parquet  # 45 MB that only who reads Parquet needs

        self._number = 0
        self.shape = TableShape()
        try:
            with self._told():
                self._parquet = pyarrow.parquet.ParquetFile(self._raw, buffer_size=_BUFFER, pre_buffer=False)
                schema = self._parquet.schema_arrow
                self._rows = max(self._parquet.metadata.num_rows, 1)
                self.types = [str(kind) for kind in schema.types]
                self._batches = self._parquet.iter_batches(_ROWS)
        except BaseException:
            self.close()
            raise
        self.columns = list(schema.names)
        self._check_columns()
        self._waiting: list[bytes] = []
        self._most_bytes = max(_PARQUET_SMALL, _PARQUET_RATIO * self.total_bytes)

    @property
    def done_bytes(self) -> int:
        """As much of the file as of its rows: it is not read from one end to the other."""
        return min(self.total_bytes, self.total_bytes * self._number // self._rows)

    def read_piece(self, max_lines: int, max_bytes: int) -> Piece | None:
        """The next rows, None at the end."""
        lines: list[bytes] = []
        broken: dict[int, Rejected] = {}
        size = 0
        while len(lines) < max_lines and size < max_bytes:
            if not self._waiting and not self._fill():
                break
            line = self._waiting.pop()
            if len(line) > _MAX_ROW:
                broken[len(lines)], line = Rejected("line_too_long", "", limit=_MAX_ROW), line[:_KEPT_OF_LONG]
            lines.append(line)
            size += len(line)
        if not lines:
            return None
        first, self._number = self._number + 1, self._number + len(lines)
        return Piece(first, lines, broken=broken)

    def sample(self, rows: int) -> list[list[Any]]:
        """The first rows."""
        piece = self.read_piece(rows, 1 << 18)
        if piece is None:
            return []
        return [orjson.loads(line) for index, line in enumerate(piece.lines) if index not in piece.broken]

    def _fill(self) -> bool:
        with self._told():
            batch = next(self._batches, None)
            if batch is None:
                return False
            columns = [_values(column) for column in batch.columns]
        rows = zip(*columns, strict=True) if columns else iter(())
        # The last one first: they are taken from the end.
        self._waiting = [self._dumped(row) for row in rows][::-1]
        self._read_bytes += sum(map(len, self._waiting))
        if self._read_bytes > self._most_bytes:
            raise ImportBomb(max=self._most_bytes)
        return True if self._waiting else self._fill()

    def _dumped(self, row: Sequence[Any]) -> bytes:
        try:
            return orjson.dumps(row, default=plain, option=orjson.OPT_NON_STR_KEYS)
        except (TypeError, ValueError):
            raise TableUnreadable("table_value_unreadable", line=self._number + 1, column=self._guilty(row)) from None

    def _guilty(self, row: Sequence[Any]) -> str:
        for column, value in zip(self.columns, row, strict=True):
            try:
                orjson.dumps(value, default=plain, option=orjson.OPT_NON_STR_KEYS)
            except (TypeError, ValueError):
                return column
        return ""

    def _check_columns(self) -> None:
        names = self.columns
        twice = next((name for name in names if names.count(name) > 1), None) if len(names) <= MAX_COLUMNS else None
        try:
            if len(names) > MAX_COLUMNS:
                raise TableUnreadable("table_too_wide", line=1, columns=len(names), limit=MAX_COLUMNS)
            if not names or self._parquet.metadata.num_rows == 0:
                raise TableUnreadable("table_empty", line=1)
            if twice is not None:
                places = [place for place, name in enumerate(names, 1) if name == twice]
                raise TableUnreadable("table_column_twice", line=1, column=twice, first=places[0], second=places[1])
        except TableUnreadable:
            self.close()
            raise

    @contextmanager
    def _told(self) -> Any:
        """What pyarrow finds wrong with the file, as people are told."""
        import pyarrow

        try:
            yield
        except (pyarrow.ArrowException, OSError, ValueError, KeyError) as error:
            problem = " ".join(str(error).split())[:200]
            raise ImportFileDamaged(line=self._number, problem=problem) from None


def _values(column: Any) -> list[Any]:
    """A column's values. Nanoseconds lose their last three digits: the database keeps microseconds."""
    import pyarrow
    import pyarrow.compute

    kind = column.type
    if pyarrow.types.is_timestamp(kind) and kind.unit == "ns":
        column = pyarrow.compute.cast(column, pyarrow.timestamp("us", kind.tz), safe=False)
    elif pyarrow.types.is_nested(kind) and "[ns" in str(kind):
        return [_shortened(value) for value in column.to_pylist(maps_as_pydicts="lossy")]
    values = column.to_pylist(maps_as_pydicts="lossy")
    if pyarrow.types.is_floating(kind):  # NaN is how programs without nulls write "nothing"
        return [value if value is not None and isfinite(value) else None for value in values]
    return values


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value


def open_file(path: Path, file_format: FileFormat, shape: TableShape | None = None) -> LineFile:
    """The file as its format is read. Raises ImportFileMissing; tables raise more."""
    if file_format is FileFormat.PARQUET:
        return ParquetFile(path, shape)
    if file_format in (FileFormat.CSV, FileFormat.TSV):
        return TextTableFile(path, file_format, shape or TableShape())
    return LineFile(path, MAX_LINE[file_format])
