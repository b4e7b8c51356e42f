"""The report of rejected lines: the first hundred in memory for the page, all of them in a file for whoever asks."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO
from uuid import UUID

from enterprise_app.core import storage
from enterprise_app.core.texts import translate
from enterprise_app.domains.analytics.rules.jsontext import clean_text
from enterprise_app.domains.analytics.rules.pieces import RejectedText
from enterprise_app.domains.analytics.schemas import RejectedLine

SHOWN = 100
STORED = "rejects"
"""The part of a tenant's storage that holds the reports."""
_CHUNK = 1 << 20


class RejectReport:
    """Collects rejected lines. The file appears, whole, only by `keep()`; without a rejection there is none."""

    def __init__(self, path: Path | None) -> None:
        self.first: list[RejectedLine] = []
        self._path = path
        self._in_place = path is not None and path.exists() and not path.is_file()
        # A device or a pipe (/dev/null, /dev/stderr) is written to: renaming a file over it would destroy it.
        self._unfinished = path if path is None or self._in_place else path.with_name(path.name + ".part")
        self._file: TextIO | None = None

    @staticmethod
    def describe(rejected: RejectedText, locale: str) -> RejectedLine:
        """One rejected line in the reader's language."""
        problem, text = rejected.problem, clean_text(rejected.text.decode("utf-8", "replace"))
        told = translate(locale, f"errors.{problem.code}", **problem.params)
        return RejectedLine(line=rejected.line, code=problem.code, field=problem.field, problem=told, text=text)

    def write(self, rejected: list[RejectedLine]) -> None:
        """Add lines. Raises OSError when the disk is full."""
        self.first += rejected[: max(0, SHOWN - len(self.first))]
        if not rejected or self._unfinished is None:
            return
        if self._file is None:
            self._file = open(self._unfinished, "w", encoding="utf-8")  # noqa: SIM115
        for line in rejected:
            self._file.write(json.dumps(line.model_dump(), ensure_ascii=False) + "\n")
        self._file.flush()

    async def store(self, key: str) -> int:
        """Put all rejected lines into the storage too, for whoever asks later; returns their bytes, 0 for none."""
        if self._file is None or self._unfinished is None or self._in_place:
            return 0
        return (await storage.storage().put(key, _pieces(self._unfinished))).size

    def keep(self) -> None:
        """Give the file its name."""
        if self._file is not None and self._unfinished and self._path:
            self._file.close()
            if not self._in_place:
                self._unfinished.replace(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None and self._unfinished:
            if kind is None:
                self._file.close()
            else:
                # On a full disk closing may fail again; the half file goes either way.
                with contextlib.suppress(OSError):
                    self._file.close()
                if not self._in_place:
                    self._unfinished.unlink(missing_ok=True)


def report_key(tenant_id: UUID, import_id: UUID) -> str:
    """Where the report of an import is stored."""
    return storage.key(tenant_id, STORED, f"{import_id}.jsonl")


async def open_report(tenant_id: UUID, import_id: UUID) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
    """The stored report in pieces; raises NotFound."""
    key = report_key(tenant_id, import_id)
    await storage.storage().stat(key)
    return storage.storage().open(key)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _CHUNK):
            yield piece
