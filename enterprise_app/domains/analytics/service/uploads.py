"""Files on their way into an import: taken, looked at, started, tried again, put away."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import storage, switches
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict
from enterprise_app.core.ids import new_id
from enterprise_app.core.settings import get_settings
from enterprise_app.core.switches import Switch
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.errors import ImportRunning, TooManyUploads, UploadMissing
from enterprise_app.domains.analytics.gateway.sampling import take_sample
from enterprise_app.domains.analytics.models import ImportRow, UploadRow
from enterprise_app.domains.analytics.schemas import ImportPlan, ImportPreview, ImportStatus, Upload
from enterprise_app.domains.analytics.service import imports, planning, previewing
from enterprise_app.domains.analytics.service.rejects import STORED
from enterprise_app.domains.analytics.vocabulary import ImportState
from enterprise_app.domains.metering import service as metering
from enterprise_app.domains.tenancy import service as tenancy

MOST_WAITING = 20
"""Files of one tenant that may wait."""
KEPT = timedelta(days=7)
"""How long a file waits, for its import or for being tried again."""
REPORTS_KEPT = timedelta(days=90)
_COLUMNS = UploadRow.__table__.c  # pyright: ignore
_IMPORTS = ImportRow.__table__.c  # pyright: ignore


def upload_folder(tenant_id: UUID) -> Path:
    """Where a tenant's files wait; web and worker share the data folder."""
    return get_settings().data_dir / "imports" / str(tenant_id)


async def count_uploaded(session: AsyncSession, tenant_id: UUID) -> int:
    """The bytes of a tenant's waiting files: what they take of its storage."""
    return int(await session.scalar(sa.select(sa.func.sum(_COLUMNS.size)).where(_COLUMNS.tenant_id == tenant_id)) or 0)


metering.register_recount(Limit.STORAGE_BYTES, count_uploaded)


async def check_upload_room(ctx: Context, announced: int | None) -> None:
    """Refuse a file before it is read, by its size where that is known. Raises QuotaExceeded, ReadOnly."""
    ctx.require(Permission.EVENTS_IMPORT)
    async with tenant_session(ctx) as session:
        await metering.check_room(session, ctx, Limit.STORAGE_BYTES, max(announced or 0, 1))


async def add_upload(ctx: Context, path: Path, *, file_name: str, upload_id: UUID | None = None) -> Upload:
    """Take over a received file. `upload_id`: chosen by the sender, so that a page knows its file.

    While it waits it counts as storage. Raises ImportFileDamaged or TableUnreadable for what can't be any table,
    Conflict, TooManyUploads, QuotaExceeded; the file is the caller's to delete then.
    """
    ctx.require(Permission.EVENTS_IMPORT)
    await switches.require(Switch.IMPORTS)
    sample = await asyncio.to_thread(take_sample, path, file_name)
    row = UploadRow(
        tenant_id=ctx.tenant_id, id=upload_id or new_id(), file_name=file_name[-255:],
        size=(await asyncio.to_thread(path.stat)).st_size, sample=sample,
    )  # fmt: skip
    try:
        async with tenant_session(ctx) as session:
            await metering.reserve(session, ctx, Limit.STORAGE_BYTES, row.size)
            if (await session.scalar(sa.select(sa.func.count()).select_from(UploadRow)) or 0) >= MOST_WAITING:
                raise TooManyUploads(limit=MOST_WAITING)
            session.add(row)
            await session.flush()
            target = upload_folder(ctx.tenant_id) / str(row.id)
            await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True, mode=0o700)
            await asyncio.to_thread(path.rename, target)
    except IntegrityError:
        raise Conflict("upload_exists", id=str(row.id)) from None
    return Upload.model_validate(row)


async def get_upload(session: AsyncSession, ctx: Context, upload_id: UUID) -> Upload:
    """The upload; raises UploadMissing."""
    ctx.require(Permission.EVENTS_IMPORT)
    return Upload.model_validate(await _row(session, ctx, upload_id))


async def preview_upload(session: AsyncSession, ctx: Context, upload_id: UUID, plan: ImportPlan) -> ImportPreview:
    """The first rows of the file as the plan would import them; raises UploadMissing."""
    ctx.require(Permission.EVENTS_IMPORT)
    row = await _row(session, ctx, upload_id)
    tenant = await tenancy.get_current(session, ctx)
    truncate = get_settings().ip_truncate or tenant.ip_truncation
    return await asyncio.to_thread(previewing.preview, ctx, row.sample, row.file_name, plan, truncate)


async def start_import(ctx: Context, upload_id: UUID, plan: ImportPlan) -> ImportStatus:
    """Have the worker import the file. Raises UploadMissing, and Invalid for a plan that can't work."""
    ctx.require(Permission.EVENTS_IMPORT)
    async with tenant_session(ctx) as session:
        shown = await preview_upload(session, ctx, upload_id, plan)
        upload = await get_upload(session, ctx, upload_id)
    path = upload_folder(ctx.tenant_id) / str(upload_id)
    if not await asyncio.to_thread(path.exists):
        raise UploadMissing(id=str(upload_id))
    whole = await planning.complete_plan(ctx, path, shown.format, plan)
    return await imports.queue_import(
        ctx, path, file_format=shown.format, file_name=upload.file_name, source_name=plan.source, site=plan.site,
        plan=whole, upload_id=upload_id,
    )  # fmt: skip


async def import_again(ctx: Context, import_id: UUID) -> ImportStatus:
    """Try an import again that failed or was cancelled, with the same file and plan: a new import.

    Raises NotFound, ImportRunning, UploadMissing.
    """
    ctx.require(Permission.EVENTS_IMPORT)
    async with tenant_session(ctx) as session:
        last = await imports.get_import(session, ctx, import_id)
    if last.state in (ImportState.QUEUED, ImportState.RUNNING):
        raise ImportRunning
    if last.upload_id is None:
        raise UploadMissing(id=str(import_id))
    same = (last.plan or ImportPlan()).model_copy(update={"source": last.source_name, "site": last.site})
    return await start_import(ctx, last.upload_id, same)


async def remove_upload(ctx: Context, upload_id: UUID) -> None:
    """Delete a waiting file. Raises UploadMissing, ImportRunning while it is imported."""
    ctx.require(Permission.EVENTS_IMPORT)
    async with tenant_session(ctx) as session:
        row = await _row(session, ctx, upload_id)
        busy = sa.select(_IMPORTS.id).where(
            _IMPORTS.tenant_id == ctx.tenant_id,
            _IMPORTS.upload_id == upload_id,
            _IMPORTS.state.in_((ImportState.QUEUED, ImportState.RUNNING)),
        )
        if await session.scalar(busy.limit(1)):
            raise ImportRunning
        await session.delete(row)
        await metering.release(session, ctx, Limit.STORAGE_BYTES, row.size)
    await asyncio.to_thread((upload_folder(ctx.tenant_id) / str(upload_id)).unlink, missing_ok=True)


async def tidy_imports(ctx: Context) -> dict[str, int]:
    """Delete files that waited longer than KEPT, files that no upload knows, and reports older than REPORTS_KEPT."""
    ctx.require(Permission.EVENTS_IMPORT)
    before = now() - KEPT
    async with tenant_session(ctx) as session:
        busy = sa.select(_IMPORTS.upload_id).where(
            _IMPORTS.state.in_((ImportState.QUEUED, ImportState.RUNNING)), _IMPORTS.upload_id.is_not(None),
            _IMPORTS.updated_at > before,
        )  # fmt: skip
        old = sa.delete(UploadRow).where(
            _COLUMNS.tenant_id == ctx.tenant_id, _COLUMNS.created_at < before, _COLUMNS.id.not_in(busy)
        )
        sizes = (await session.scalars(old.returning(_COLUMNS.size))).all()
        if sizes:
            await metering.release(session, ctx, Limit.STORAGE_BYTES, sum(sizes))
        known = {str(known) for known in await session.scalars(sa.select(_COLUMNS.id))}
    files = await asyncio.to_thread(_drop_unknown, upload_folder(ctx.tenant_id), known, before.timestamp())
    return {"uploads": len(sizes), "files": files, "reports": await _drop_reports(ctx)}


async def _drop_reports(ctx: Context) -> int:
    folder, before = storage.key(ctx.tenant_id, STORED), now() - REPORTS_KEPT
    old = [found.key async for found in storage.storage().list(folder) if found.modified_at < before]
    for key in old:
        await storage.storage().delete(key)
    await storage.storage().drop_unfinished(folder, now() - timedelta(days=1))
    async with tenant_session(ctx) as session:
        statement = sa.update(ImportRow).where(
            _IMPORTS.tenant_id == ctx.tenant_id, _IMPORTS.created_at < before, _IMPORTS.rejects_bytes > 0
        )
        await session.execute(statement.values(rejects_bytes=0, updated_at=_IMPORTS.updated_at))
        shown = sa.update(ImportRow).where(
            _IMPORTS.tenant_id == ctx.tenant_id,
            _IMPORTS.created_at < before,
            sa.func.jsonb_array_length(_IMPORTS.rejects) > 0,
        )
        await session.execute(shown.values(rejects=[], updated_at=_IMPORTS.updated_at))
    return len(old)


def _drop_unknown(folder: Path, known: set[str], before: float) -> int:
    if not folder.is_dir():
        return 0
    lost = [file for file in folder.iterdir() if file.name not in known and file.stat().st_mtime < before]
    for file in lost:
        file.unlink(missing_ok=True)
    return len(lost)


async def _row(session: AsyncSession, ctx: Context, upload_id: UUID) -> UploadRow:
    row = await session.get(UploadRow, (ctx.tenant_id, upload_id))
    if row is None:
        raise UploadMissing(id=str(upload_id))
    return row
