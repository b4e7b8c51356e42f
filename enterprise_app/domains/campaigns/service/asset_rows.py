"""What the use cases of assets share: finding and locking them, and how they are named elsewhere.

Locks are taken in one order: campaign, asset, file, quota, audit chain.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import search
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.files.schemas import Holder

from ..errors import AssetArchivedError, AssetNotFound, CampaignArchivedError
from ..models import AssetRow, AssetVersionRow, CampaignRow
from ..queries import assets as queries
from ..schemas import Asset
from ..vocabulary import CampaignStatus
from .editing import lock_writable


async def get_row(session: AsyncSession, asset_id: UUID, *, lock: bool = False) -> AssetRow:
    """The row. Raises AssetNotFound."""
    row = await queries.find_row(session, asset_id, lock=lock)
    if row is None:
        raise AssetNotFound
    return row


async def get_version_row(session: AsyncSession, asset_id: UUID, number: int | None = None) -> AssetVersionRow:
    """A version, the newest without a number. Raises AssetNotFound."""
    version = await queries.find_version(session, asset_id, number)
    if version is None:
        raise AssetNotFound
    return version


async def get_shown(session: AsyncSession, asset_id: UUID) -> Asset:
    """The asset as it leaves. Raises AssetNotFound."""
    asset = await queries.find(session, asset_id)
    if asset is None:
        raise AssetNotFound
    return asset


async def lock_open_campaign(session: AsyncSession, ctx: Context, campaign_id: UUID) -> CampaignRow:
    """The campaign, locked, if its assets may change now. Raises CampaignNotFound, CampaignArchivedError, ReadOnly."""
    campaign = await lock_writable(session, ctx, campaign_id)
    if campaign.status == CampaignStatus.ARCHIVED:
        raise CampaignArchivedError
    return campaign


async def lock_changeable(session: AsyncSession, ctx: Context, asset_id: UUID) -> AssetRow:
    """The asset, locked after its campaign. Raises AssetNotFound, AssetArchivedError and what the campaign raises."""
    await lock_open_campaign(session, ctx, (await get_row(session, asset_id)).campaign_id)
    row = await get_row(session, asset_id, lock=True)
    if row.archived_at is not None:
        raise AssetArchivedError
    return row


def holder_of(asset_id: UUID, name: str) -> Holder:
    """The asset as the holder of its files."""
    return Holder(queries.KIND, asset_id, name, read=Permission.ASSETS_READ, write=Permission.ASSETS_MANAGE)


def target_of(row: AssetRow) -> Target:
    """The asset as the audit trail names it."""
    return Target(kind=queries.KIND, id=row.id, name=row.name)


def facts_of(row: AssetRow) -> dict[str, Any]:
    """What every event of an asset tells."""
    return {
        "tenant_id": row.tenant_id,
        "entity_id": row.id,
        "campaign_id": row.campaign_id,
        "name": row.name,
        "number": row.number,
    }


async def index_asset(session: AsyncSession, row: AssetRow) -> None:
    """Write the asset's words into the search index."""
    await search.index(session, row.tenant_id, queries.KIND, row.id, " ".join([row.name, *row.tags]))
