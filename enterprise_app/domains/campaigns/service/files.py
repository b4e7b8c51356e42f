"""Files of a campaign: briefs, sheets, pictures. Here is who may; what a file is, the domain of files knows."""

from collections.abc import AsyncIterable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListQuery, Page
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.files import service as files
from enterprise_app.domains.files.schemas import Content, File, Holder

from ..errors import CampaignArchivedError, CampaignNotFound
from ..models import CampaignRow
from ..queries import campaigns as queries
from ..vocabulary import CampaignStatus
from .editing import announce, lock_writable

FILES = files.LISTING


async def attach_file(
    ctx: Context,
    campaign_id: UUID,
    content: AsyncIterable[bytes],
    *,
    name: str,
    announced: int | None = None,
    settle: files.Settle | None = None,
) -> Any:
    """A new file of the campaign; `announced` is its size where known. In transactions of its own: uploads are slow.

    Returns the File, or what `settle` makes of it (see `files.upload`).

    Raises CampaignNotFound, CampaignArchivedError, ReadOnly, QuotaExceeded, TooLarge, Invalid (empty).
    """
    ctx.require(Permission.CAMPAIGNS_UPDATE)

    async def open_holder(session: AsyncSession) -> Holder:
        return _holder(await _lock_changeable(session, ctx, campaign_id))

    async def tell(session: AsyncSession) -> None:
        await announce(session, ctx, campaign_id)

    write = Permission.CAMPAIGNS_UPDATE
    return await files.upload(
        ctx, write, open_holder, content, name=name, announced=announced, tell=tell, settle=settle
    )


async def list_campaign_files(
    session: AsyncSession, ctx: Context, campaign_id: UUID, query: ListQuery, *, count: bool = False
) -> Page[File]:
    """A page of its files, newest first; removed ones only with a filter on `removed`. Raises CampaignNotFound."""
    return await files.list_files(session, ctx, await _readable(session, ctx, campaign_id), query, count=count)


async def get_campaign_file(session: AsyncSession, ctx: Context, campaign_id: UUID, file_id: UUID) -> File:
    """One of its files, removed or not. Raises CampaignNotFound, AttachmentNotFound."""
    return await files.get_file(session, ctx, await _readable(session, ctx, campaign_id), file_id)


async def open_campaign_file(
    session: AsyncSession, ctx: Context, campaign_id: UUID, file_id: UUID
) -> tuple[File, Content]:
    """One of its files with its content in pieces. Raises CampaignNotFound, AttachmentNotFound."""
    return await files.open_file(session, ctx, await _readable(session, ctx, campaign_id), file_id)


async def remove_file(session: AsyncSession, ctx: Context, campaign_id: UUID, file_id: UUID) -> File:
    """Put it away for 30 days; its bytes are free at once, also where the campaign itself can't be changed any more."""
    ctx.require(Permission.CAMPAIGNS_UPDATE)
    row = (await queries.lock_rows(session, [campaign_id])).get(campaign_id)
    if row is None:
        raise CampaignNotFound
    file = await files.remove(session, ctx, _holder(row), file_id)
    await announce(session, ctx, campaign_id)
    return file


async def restore_file(session: AsyncSession, ctx: Context, campaign_id: UUID, file_id: UUID) -> File:
    """Bring it back. Raises CampaignNotFound, CampaignArchivedError, ReadOnly, AttachmentNotFound, QuotaExceeded."""
    ctx.require(Permission.CAMPAIGNS_UPDATE)
    row = await _lock_changeable(session, ctx, campaign_id)
    file = await files.restore(session, ctx, _holder(row), file_id)
    await announce(session, ctx, campaign_id)
    return file


async def _lock_changeable(session: AsyncSession, ctx: Context, campaign_id: UUID) -> CampaignRow:
    row = await lock_writable(session, ctx, campaign_id)
    if row.status == CampaignStatus.ARCHIVED:
        raise CampaignArchivedError
    return row


async def _readable(session: AsyncSession, ctx: Context, campaign_id: UUID) -> Holder:
    ctx.require(Permission.CAMPAIGNS_READ)
    row = await queries.find_row(session, campaign_id)
    if row is None:
        raise CampaignNotFound
    return _holder(row)


def _holder(row: CampaignRow) -> Holder:
    read, write = Permission.CAMPAIGNS_READ, Permission.CAMPAIGNS_UPDATE
    return Holder(queries.KIND, row.id, row.name, read=read, write=write)
