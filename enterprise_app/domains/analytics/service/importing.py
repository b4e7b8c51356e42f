"""Imports a file in one transaction: all of it or nothing, whatever happens, and a second run adds nothing."""

import asyncio
import errno
import os
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
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
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.errors import DiskFull, ImportBomb, ImportBusy, ImportFileDamaged
from enterprise_app.domains.analytics.gateway import LineFile
from enterprise_app.domains.analytics.gateway.readers import Readers
from enterprise_app.domains.analytics.gateway.tables import open_file
from enterprise_app.domains.analytics.queries import health
from enterprise_app.domains.analytics.queries.storing import Intake, mark_dirty
from enterprise_app.domains.analytics.rules import accesslog
from enterprise_app.domains.analytics.rules.keys import tenant_salt
from enterprise_app.domains.analytics.rules.lines import MAX_LINE, LineReader, Occurrences
from enterprise_app.domains.analytics.rules.messages import Reading
from enterprise_app.domains.analytics.rules.pieces import Piece, Understood, without
from enterprise_app.domains.analytics.rules.tally import Tally as HealthTally
from enterprise_app.domains.analytics.schemas import ImportPlan, ImportProgress, ImportStatus
from enterprise_app.domains.analytics.service import imports, planning
from enterprise_app.domains.analytics.service.keeping import keep
from enterprise_app.domains.analytics.service.rejects import RejectReport, report_key
from enterprise_app.domains.analytics.service.spending import charge
from enterprise_app.domains.analytics.vocabulary import FileFormat
from enterprise_app.domains.metering import service as metering
from enterprise_app.domains.tenancy import service as tenancy

BATCH_LINES = 12_000
BATCH_BYTES = 4_000_000
MAX_READERS = 2
"""Processes that read a large file. The database stores as fast as two of them read."""
_LARGE, _PACKED = 5_000_000, 10
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
    slots: set[int] = field(default_factory=set)
    started: float = field(default_factory=time.monotonic)

    def add(self, read: Understood, repeats: set[str]) -> None:
        """Count one stored piece."""
        self.lines += read.lines
        self.rejected += len(read.rejected)
        self.duplicates += read.repeats + len(repeats)
        self.accepted += read.count - len(repeats)
        self.slots |= read.slots
        views, first, last = without(read, repeats) if repeats else (read.page_views, read.first_at, read.last_at)
        self.page_views += views
        self.first_at = min(filter(None, (self.first_at, first)), default=None)
        self.last_at = max(filter(None, (self.last_at, last)), default=None)

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
    plan: ImportPlan | None = None,
) -> ImportStatus:
    """Import a file as `ctx`'s tenant; returns the finished import with its counts.

    `site`: the host that an access log is of; guessed from it when None. `plan`: how a table is read, and where its
    columns lead; guessed where it is silent, Invalid where it can't be followed. `on_progress` is called after every
    batch and may raise ImportCancelled. `rejects_path` gets every rejected line as JSON, if there are any. Raises
    TableUnreadable, ImportFileMissing, ImportFileDamaged, ImportBomb, ImportBusy, ImportCancelled, DiskFull; then
    nothing was kept.
    """
    ctx.require(Permission.EVENTS_IMPORT)
    plan = await planning.complete_plan(ctx, path, file_format, plan)
    file = open_file(path, file_format, plan.table)
    try:
        if file_format is FileFormat.ACCESS_LOG and site is None:
            site = await asyncio.to_thread(_guess_site, path)
        started = await imports.open_import(
            ctx, file_format=file_format, file_name=file_name or path.name, source_name=source_name, site=site,
            total_bytes=file.total_bytes, import_id=import_id, plan=plan,
        )  # fmt: skip
        with RejectReport(rejects_path) as report:
            reader = planning.row_reader(await _reader(ctx, file_format, site), file, plan)
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
            ctx = await _under_its_plan(session, ctx)
            tally = await _load(session, ctx, started, file, reader, report, on_progress)
            size = await report.store(report_key(ctx.tenant_id, started.id))
            finished = await imports.finish(session, ctx, started.id, tally, file.total_bytes, report.first, size)
            await charge(session, ctx, tally.accepted)  # last: live events wait for this row
            report.keep()
        return finished
    except BaseException as error:
        told = _translated(error)
        await imports.note_failure(ctx, started.id, told)
        if told is error:
            raise
        raise told from error


async def _under_its_plan(session: AsyncSession, ctx: Context) -> Context:
    """A job's context says nothing of the plan, which says how many events a month may have."""
    tenant = await tenancy.get_current(session, ctx)
    return ctx.with_entitlements(tenancy.entitlements_of(tenant, now()))


async def _load(
    session: AsyncSession,
    ctx: Context,
    started: ImportStatus,
    file: LineFile,
    reader: LineReader,
    report: RejectReport,
    on_progress: ProgressHook | None,
) -> Tally:
    """Piece by piece; the next ones are read while the database stores the last."""
    intake = Intake(ctx.tenant_id, started.source_id, reader.reading.received_at, forever=True)
    tally, counted, saved = Tally(), HealthTally(sampled=health.KEPT), time.monotonic()
    room, _ = await metering.fit(session, ctx, Limit.EVENTS, sys.maxsize)
    async with aclosing(_pieces(file, reader)) as pieces:
        async for read in pieces:
            # The slots are marked once, at the end: a file that is not in order touches all of them again and again.
            repeats = await keep(session, intake, read.rows, read.count, (), read.sightings)
            report.write([RejectReport.describe(rejected, ctx.locale) for rejected in read.rejected])
            tally.add(read, repeats)
            if tally.accepted > room:
                await metering.check_room(session, ctx, Limit.EVENTS, tally.accepted)
            counted.take_piece(read, repeats)
            progress = tally.progress(file)
            if on_progress:
                on_progress(progress)
            if time.monotonic() - saved >= _SAVE_EVERY:
                saved = time.monotonic()
                await imports.save_progress(ctx, started.id, progress)
    await mark_dirty(session, ctx.tenant_id, started.source_id, tally.slots)
    await health.note(session, intake, counted)
    return tally


async def _pieces(file: LineFile, reader: LineReader) -> AsyncGenerator[Understood, None]:
    """The file's pieces in order, read ahead in other processes where that pays. Closed, nothing reads any more."""
    readers, turn, occurrences = Readers(reader, _processes(file)), asyncio.Lock(), Occurrences()

    def split() -> Piece | None:
        if piece := file.read_piece(BATCH_LINES, BATCH_BYTES):
            piece.again = occurrences.count(piece.lines)
        return piece

    async def following() -> Understood | None:
        async with turn:  # first come, first served: the order of the file
            piece = await asyncio.to_thread(split)
        return await readers.read(piece) if piece else None

    ahead = deque(asyncio.create_task(following()) for _ in range(readers.width + 1))
    try:
        while (read := await ahead[0]) is not None:
            ahead.popleft()
            ahead.append(asyncio.create_task(following()))
            yield read
    finally:
        readers.stop()
        await asyncio.gather(*ahead, return_exceptions=True)  # threads still read what the caller is about to close


def _processes(file: LineFile) -> int:
    """Starting a process takes as long as reading some megabytes."""
    size = file.total_bytes * (_PACKED if file.packed else 1)
    return min(MAX_READERS, os.cpu_count() or 1) if size >= _LARGE else 0


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
        piece = file.read_piece(_SNIFF_LINES, BATCH_BYTES)
    except (ImportFileDamaged, ImportBomb):
        return None  # the import itself meets the same, and notes it
    finally:
        file.close()
    return accesslog.guess_site(piece.lines) if piece else None


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
