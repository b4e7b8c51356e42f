"""Takes a sample of an uploaded file once, so that a preview never opens the file again."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from enterprise_app.domains.analytics.gateway import LineFile
from enterprise_app.domains.analytics.gateway.tables import ParquetFile
from enterprise_app.domains.analytics.rules.guessing import guess_format
from enterprise_app.domains.analytics.vocabulary import FileFormat

HEAD_BYTES = 131_072
ROWS = 50
_MAX_CELLS = 100_000


class _Head(LineFile):
    """The beginning of a file, unpacked."""

    def take(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (more := self._read(size - len(data))):
            data += more
            self._read_bytes += len(more)
        return data


def take_sample(path: Path, name: str) -> dict[str, Any]:
    """The file's probable format, with its beginning (text) or its columns and first rows (Parquet).

    Raises ImportFileMissing, ImportFileDamaged, TableUnreadable.
    """
    head = _beginning(path)
    chosen = guess_format(head, name)
    if chosen is not FileFormat.PARQUET:
        return {"format": chosen, "head": b64encode(head).decode(), "cut": len(head) == HEAD_BYTES}
    table = ParquetFile(path)
    try:
        rows = table.sample(min(ROWS, max(1, _MAX_CELLS // len(table.columns))))
        return {"format": chosen, "columns": list(table.columns), "types": table.types, "rows": rows}
    finally:
        table.close()


def format_of(path: Path, name: str) -> FileFormat:
    """What the file probably holds. Raises ImportFileMissing, ImportFileDamaged."""
    return guess_format(_beginning(path), name)


def _beginning(path: Path) -> bytes:
    file = _Head(path, HEAD_BYTES)
    try:
        return file.take(HEAD_BYTES)
    finally:
        file.close()
