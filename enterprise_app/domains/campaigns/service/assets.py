"""Assets of campaigns: looking at them, changing what is said of them, putting them away and bringing them back."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, search
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import ReadOnly
from enterprise_app.core.paging import ListQuery, Page
from enterprise_app.core.sorting import sort_key
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.files import service as files
from enterprise_app.domains.files.errors import AttachmentNotFound
from enterprise_app.domains.files.schemas import Content

from ..errors import AssetContentGone, AssetNotFound, CampaignNotFound
from ..events import AssetArchived, AssetRestored, AssetUpdated
from ..models import AssetRow
from ..queries import assets as queries
from ..queries import campaigns as campaign_queries
from ..rules.assets import SVG
from ..schemas import Asset, AssetChange, AssetVersion
from .asset_rows import (
    facts_of,
    get_row,
    get_shown,
    get_version_row,
    holder_of,
    index_asset,
    lock_changeable,
    lock_open_campaign,
    target_of,
)
from .asset_views import tell_view
from .editing import announce

_READ, _WRITE = Permission.ASSETS_READ, Permission.ASSETS_MANAGE


@dataclass(frozen=True, slots=True)
class Opened:
    """A content of an asset in pieces, to be read after the transaction."""

    name: str
    content_type: str
    size: int
    sha256: str
    content: Content


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """How a content looks small; `sha256` is the content's."""

    content_type: str
    content: bytes
    sha256: str


async def list_assets(
    session: AsyncSession, ctx: Context, query: ListQuery, *, campaign_id: UUID | None = None, count: bool = False
) -> Page[Asset]:
    """A page of a campaign's assets, or of all; archived ones only with a filter on `archived`.

    Raises CampaignNotFound.
    """
    ctx.require(_READ)
    shown = query.names("archived")
    select = queries.ALL if shown else queries.NOT_ARCHIVED
    if campaign_id is not None:
        if await campaign_queries.find_row(session, campaign_id) is None:
            raise CampaignNotFound
        select = select.where(queries.A.campaign_id == campaign_id)
    if query.q:
        select = select.where(search.matching(queries.A.id, queries.KIND, query.q))
    page = await queries.LISTING.page(session, select, query, count=count)
    return Page([queries.to_asset(row) for row in page.items], page.next_cursor, page.total)


async def get_asset(session: AsyncSession, ctx: Context, asset_id: UUID) -> Asset:
    """One asset, archived or not. Raises AssetNotFound."""
    ctx.require(_READ)
    return await get_shown(session, asset_id)


async def list_asset_versions(
    session: AsyncSession, ctx: Context, asset_id: UUID, query: ListQuery, *, count: bool = False
) -> Page[AssetVersion]:
    """A page of its versions, newest first. Raises AssetNotFound."""
    ctx.require(_READ)
    await get_row(session, asset_id)
    page = await queries.VERSION_LISTING.page(session, queries.select_versions(asset_id), query, count=count)
    return Page([queries.to_version(row) for row in page.items], page.next_cursor, page.total)


async def open_asset(session: AsyncSession, ctx: Context, asset_id: UUID, number: int | None = None) -> Opened:
    """A version's content (the newest's without a number) for somebody who looks at it, which is told to analytics.

    Raises AssetNotFound, AttachmentNotFound (archived).
    """
    ctx.require(_READ)
    row, opened = await _open(session, ctx, asset_id, number)
    tell_view(ctx, row, number or row.number)
    return opened


async def read_asset(session: AsyncSession, ctx: Context, asset_id: UUID, number: int | None = None) -> bytes:
    """The same as bytes, to work with: nobody looked at it. Raises AssetNotFound, AttachmentNotFound (archived)."""
    ctx.require(_READ)
    _, opened = await _open(session, ctx, asset_id, number)
    async with opened.content as pieces:
        return b"".join([piece async for piece in pieces])


async def get_asset_thumbnail(
    session: AsyncSession, ctx: Context, asset_id: UUID, number: int | None = None
) -> Thumbnail:
    """How it looks small, also when archived. Raises AssetNotFound, also for what has none: pages, texts, videos."""
    ctx.require(_READ)
    version = await get_version_row(session, asset_id, number)
    if version.thumbnail is None:
        raise AssetNotFound
    kind = SVG if version.content_type == SVG else "image/webp"
    return Thumbnail(kind, bytes(version.thumbnail), version.sha256.hex())


async def update_asset(
    session: AsyncSession, ctx: Context, asset_id: UUID, expected_version: int, change: AssetChange
) -> Asset:
    """Change name and tags. Raises AssetNotFound, AssetArchivedError, VersionConflict, CampaignArchivedError, ReadOnly.

    The review stands: it is of the content.
    """
    ctx.require(_WRITE)
    row = await lock_changeable(session, ctx, asset_id)
    await take_version(session, row, expected_version)
    changed = {name: value for name, value in change.changes().items() if getattr(row, name) != value}
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    row.name_key = sort_key(row.name)
    await session.flush()
    if changed:
        await index_asset(session, row)
        await events.publish(session, ctx, AssetUpdated(**facts_of(row), fields=tuple(sorted(changed))))
        await announce(session, ctx, row.campaign_id)
        await audit.record(session, ctx, AuditVerb.ASSET_UPDATED, target_of(row), before=before, after=changed)
    return await get_shown(session, asset_id)


async def archive_asset(session: AsyncSession, ctx: Context, asset_id: UUID) -> Asset:
    """Put it away and free its bytes, also where the campaign can't be changed any more; twice is once.

    What it looked like small stays. Its contents can be restored for 30 days. Raises AssetNotFound, ReadOnly.
    """
    ctx.require(_WRITE)
    if ctx.read_only:
        raise ReadOnly
    row = await _lock(session, asset_id)
    if row.archived_at is None:
        for file_id in await queries.file_ids(session, row.id):
            await files.remove(session, ctx, holder_of(row.id, row.name), file_id)
        row.archived_at, row.version = now(), row.version + 1
        await session.flush()
        await events.publish(session, ctx, AssetArchived(**facts_of(row)))
        await announce(session, ctx, row.campaign_id)
        await audit.record(session, ctx, AuditVerb.ASSET_ARCHIVED, target_of(row), before={"archived": False})
    return await get_shown(session, asset_id)


async def restore_asset(session: AsyncSession, ctx: Context, asset_id: UUID) -> Asset:
    """Bring it back with all contents that are still there; one that is not archived stays as it is.

    Raises AssetNotFound, AssetContentGone (the newest was purged), CampaignArchivedError, QuotaExceeded, ReadOnly.
    """
    ctx.require(_WRITE)
    await lock_open_campaign(session, ctx, (await get_row(session, asset_id)).campaign_id)
    row = await get_row(session, asset_id, lock=True)
    if row.archived_at is not None:
        await _restore_files(session, ctx, row)
        row.archived_at, row.version = None, row.version + 1
        await session.flush()
        await events.publish(session, ctx, AssetRestored(**facts_of(row)))
        await announce(session, ctx, row.campaign_id)
        await audit.record(session, ctx, AuditVerb.ASSET_RESTORED, target_of(row), after={"archived": False})
    return await get_shown(session, asset_id)


async def _restore_files(session: AsyncSession, ctx: Context, row: AssetRow) -> None:
    """Older versions may be gone; without the newest there is nothing to bring back."""
    newest = (await get_version_row(session, row.id)).file_id
    for file_id in await queries.file_ids(session, row.id):
        try:
            await files.restore(session, ctx, holder_of(row.id, row.name), file_id)
        except AttachmentNotFound:
            if file_id == newest:
                raise AssetContentGone from None


async def _lock(session: AsyncSession, asset_id: UUID) -> AssetRow:
    """Locked after its campaign, whatever state that is in."""
    await campaign_queries.lock_rows(session, [(await get_row(session, asset_id)).campaign_id])
    return await get_row(session, asset_id, lock=True)


async def _open(session: AsyncSession, ctx: Context, asset_id: UUID, number: int | None) -> tuple[AssetRow, Opened]:
    row = await get_row(session, asset_id)
    version = await get_version_row(session, asset_id, number)
    file, content = await files.open_file(session, ctx, holder_of(row.id, row.name), version.file_id)
    return row, Opened(version.file_name, version.content_type, version.size, file.sha256, content)
