"""Imports a file in one transaction: all of it or nothing, whatever happens, and a second run adds nothing."""

import asyncio
import errno
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.settings import get_settings
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.errors import DiskFull, ImportBomb, ImportBusy, ImportFileDamaged
from enterprise_app.domains.analytics.gateway import Line, LineFile
from enterprise_app.domains.analytics.queries.storing import store
from enterprise_app.domains.analytics.rules import accesslog
from enterprise_app.domains.analytics.rules.keys import tenant_salt
from enterprise_app.domains.analytics.rules.lines import MAX_LINE, LineReader
from enterprise_app.domains.analytics.rules.messages import Reading
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.schemas import ImportProgress, ImportStatus, RejectedLine
from enterprise_app.domains.analytics.service import imports
from enterprise_app.domains.analytics.service.rejects import RejectReport
from enterprise_app.domains.analytics.vocabulary import EventType, FileFormat
from enterprise_app.domains.tenancy import service as tenancy

BATCH_LINES = 4_000
BATCH_BYTES = 4_000_000
_SNIFF_LINES = 5_000
_SAVE_EVERY = 1.0  # seconds
ProgressHook = Callable[[ImportProgress], None]


@dataclass(slots=True)
class Tally:
    """The running counts of one import."""

    lines: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    page_views: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    started: float = field(default_factory=time.monotonic)

    def add(self, records: list[EventRecord], fresh: set[UUID]) -> None:
        """Count one stored batch."""
        taken = [r for r in records if r.id in fresh]
        self.accepted += len(taken)
        self.page_views += sum(r.type is EventType.PAGE and not r.is_bot for r in taken)
        times = [r.occurred_at for r in taken]
        if times:
            self.first_at = min(filter(None, (self.first_at, min(times))))
            self.last_at = max(filter(None, (self.last_at, max(times))))

    def progress(self, file: LineFile) -> ImportProgress:
        """For progress bars."""
        return ImportProgress(
            done_bytes=file.done_bytes,
            total_bytes=file.total_bytes,
            lines=self.lines,
            accepted=self.accepted,
            rejected=self.rejected,
            duplicates=self.duplicates,
            rate=round(self.lines / max(time.monotonic() - self.started, 1e-6), 1),
        )


@dataclass(slots=True)
class _Batch:
    """Lines read and understood, ready to be stored."""

    lines: int
    records: list[EventRecord]
    repeats: int
    rejected: list[RejectedLine]


async def import_file(
    ctx: Context,
    path: Path,
    file_format: FileFormat,
    *,
    source_name: str = imports.DEFAULT_SOURCE,
    site: str | None = None,
    on_progress: ProgressHook | None = None,
    rejects_path: Path | None = None,
    file_name: str | None = None,
    import_id: UUID | None = None,
) -> ImportStatus:
    """Import a file as `ctx`'s tenant; returns the finished import with its counts.

    `site`: the host that an access log is of; guessed from it when None. `on_progress` is called after every batch and
    may raise ImportCancelled. `rejects_path` gets every rejected line as JSON, if there are any. Raises
    ImportFileMissing, ImportFileDamaged, ImportBomb, ImportBusy, ImportCancelled, DiskFull; then nothing was kept.
    """
    ctx.require(Permission.EVENTS_IMPORT)
    file = LineFile(path, MAX_LINE[file_format])
    try:
        if file_format is FileFormat.ACCESS_LOG and site is None:
            site = await asyncio.to_thread(_guess_site, path)
        started = await imports.open_import(
            ctx, file_format=file_format, file_name=file_name or path.name, source_name=source_name, site=site,
            total_bytes=file.total_bytes, import_id=import_id,
        )  # fmt: skip
        with RejectReport(rejects_path) as report:
            reader = await _reader(ctx, file_format, site)
            return await _run(ctx, started, file, reader, report, on_progress)
    finally:
        file.close()


async def _run(
    ctx: Context,
    started: ImportStatus,
    file: LineFile,
    reader: LineReader,
    report: RejectReport,
    on_progress: ProgressHook | None,
) -> ImportStatus:
    """The transaction; when it fails, the reason is noted on the import."""
    try:
        async with tenant_session(ctx) as session:
            await _one_at_a_time(session, ctx)
            tally = await _load(session, ctx, started, file, reader, report, on_progress)
            finished = await imports.finish(session, ctx, started.id, tally, file.total_bytes, report.first)
            report.keep()
        return finished
    except BaseException as error:
        told = _translated(error)
        await imports.note_failure(ctx, started.id, told)
        if told is error:
            raise
        raise told from error


async def _load(
    session: AsyncSession,
    ctx: Context,
    started: ImportStatus,
    file: LineFile,
    reader: LineReader,
    report: RejectReport,
    on_progress: ProgressHook | None,
) -> Tally:
    """Batch by batch; the next one is read while the database stores the last."""
    tally, received_at, saved = Tally(), reader.reading.received_at, time.monotonic()
    ahead = asyncio.create_task(asyncio.to_thread(_read_batch, file, reader, ctx.locale))
    try:
        while batch := await ahead:
            ahead = asyncio.create_task(asyncio.to_thread(_read_batch, file, reader, ctx.locale))
            fresh = await store(
                session, ctx.tenant_id, started.source_id, batch.records, received_at=received_at, forever=True
            )
            report.write(batch.rejected)
            tally.lines += batch.lines
            tally.rejected += len(batch.rejected)
            tally.duplicates += batch.repeats + len(batch.records) - len(fresh)
            tally.add(batch.records, fresh)
            progress = tally.progress(file)
            if on_progress:
                on_progress(progress)
            if time.monotonic() - saved >= _SAVE_EVERY:
                saved = time.monotonic()
                await imports.save_progress(ctx, started.id, progress)
    finally:
        if not ahead.done():
            await asyncio.wait({ahead})  # the thread still reads the file that the caller is about to close
    return tally


def _read_batch(file: LineFile, reader: LineReader, locale: str) -> _Batch | None:
    lines = file.read_batch(BATCH_LINES, BATCH_BYTES)
    if not lines:
        return None
    records: dict[UUID, EventRecord] = {}
    rejected: list[RejectedLine] = []
    understood = blank = 0
    for line in lines:
        if not line.content.strip():
            blank += 1
            continue
        try:
            record = _read_line(line, reader)
        except Rejected as problem:
            rejected.append(RejectReport.describe(line, problem, locale))
            continue
        understood += 1
        records.setdefault(record.id, record)
    return _Batch(len(lines) - blank, list(records.values()), understood - len(records), rejected)


def _read_line(line: Line, reader: LineReader) -> EventRecord:
    if line.too_long:
        raise Rejected("line_too_long", "", limit=MAX_LINE[reader.format])
    return reader.read(line.content)


async def _reader(ctx: Context, file_format: FileFormat, site: str | None) -> LineReader:
    settings = get_settings()
    async with tenant_session(ctx) as session:
        tenant = await tenancy.get_current(session, ctx)
    salt = tenant_salt(settings.secret, ctx.tenant_id)
    reading = Reading(
        ctx.tenant_id, salt, now(), truncate_ip=settings.ip_truncate or tenant.ip_truncation, imported=True
    )
    return LineReader(file_format, reading, site)


def _guess_site(path: Path) -> str | None:
    file = LineFile(path, MAX_LINE[FileFormat.ACCESS_LOG])
    try:
        lines = file.read_batch(_SNIFF_LINES, BATCH_BYTES)
    except (ImportFileDamaged, ImportBomb):
        return None  # the import itself meets the same, and notes it
    finally:
        file.close()
    return accesslog.guess_site([line.content for line in lines if not line.too_long])


async def _one_at_a_time(session: AsyncSession, ctx: Context) -> None:
    """Two imports of one tenant with the same lines in another order would deadlock on their ids."""
    key = int.from_bytes(ctx.tenant_id.bytes[-8:], signed=True) ^ 0x696D706F7274
    if not await session.scalar(sa.text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}):
        raise ImportBusy


def _translated(error: BaseException) -> BaseException:
    """What the user is told: a full disk has two faces, the report's and the database's."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull()
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "53100":
        return DiskFull()
    return error
