"""Putting files away and bringing them back. Locks in one order: holder, attachment, quota, audit chain."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, jobs
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import ReadOnly
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.metering import service as metering

from .. import queries
from ..errors import AttachmentNotFound
from ..events import FileRemoved, FileRestored
from ..models import AttachmentRow, FileRow
from ..schemas import File, Holder
from .telling import summary_of, target_of
from .tidying import TIDY_JOB


async def remove(session: AsyncSession, ctx: Context, holder: Holder, file_id: UUID) -> File:
    """Put it away and free its bytes; done before, it changes nothing. Raises AttachmentNotFound, ReadOnly (suspended).

    It stays allowed beyond a limit of the plan: that is the way out.
    """
    ctx.require(holder.write)
    if ctx.read_only:
        raise ReadOnly
    file, attachment = await _locked(session, holder, file_id)
    if attachment.archived_at is None:
        attachment.archived_at = now()
        await session.flush()
        await metering.release(session, ctx, Limit.STORAGE_BYTES, file.size)
        await events.publish(session, ctx, FileRemoved(**_facts(ctx, file, holder)))
        await _bound_removed(session, ctx)
        await audit.record(session, ctx, AuditVerb.FILE_REMOVED, target_of(file), before=summary_of(file, holder))
    return queries.to_file(file, attachment)


async def restore(session: AsyncSession, ctx: Context, holder: Holder, file_id: UUID) -> File:
    """Bring it back; one that is not removed stays as it is.

    Raises AttachmentNotFound (purged too), QuotaExceeded, ReadOnly.
    """
    ctx.require(holder.write)
    file, attachment = await _locked(session, holder, file_id)
    if attachment.archived_at is not None:
        await metering.reserve(session, ctx, Limit.STORAGE_BYTES, file.size)
        attachment.archived_at = None
        await session.flush()
        await events.publish(session, ctx, FileRestored(**_facts(ctx, file, holder)))
        await audit.record(session, ctx, AuditVerb.FILE_RESTORED, target_of(file), after=summary_of(file, holder))
    return queries.to_file(file, attachment)


async def _locked(session: AsyncSession, holder: Holder, file_id: UUID) -> tuple[FileRow, AttachmentRow]:
    found = await queries.find(session, holder, file_id, lock=True)
    if found is None:
        raise AttachmentNotFound
    return found


async def _bound_removed(session: AsyncSession, ctx: Context) -> None:
    """Removed files are not counted, so they may not fill the disk either: at most what the plan grants once more."""
    granted = ctx.limit(Limit.STORAGE_BYTES)
    if granted != UNLIMITED and await queries.bytes_removed(session) > granted:
        await jobs.enqueue(TIDY_JOB, ctx.tenant_id, {"keep_bytes": granted}, session=session)


def _facts(ctx: Context, file: FileRow, holder: Holder) -> dict[str, Any]:
    return {
        "tenant_id": ctx.tenant_id,
        "entity_id": file.id,
        "name": file.name,
        "holder_kind": holder.kind,
        "holder_id": holder.id,
    }
