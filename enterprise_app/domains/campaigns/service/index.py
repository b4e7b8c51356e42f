"""Campaigns in the search index: found by the words of name and tags."""

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import search
from enterprise_app.core.context import Context

from ..models import CampaignRow
from ..queries import campaigns as queries


async def index_campaign(session: AsyncSession, ctx: Context, row: CampaignRow) -> None:
    """Write the campaign's words."""
    await search.index(session, ctx.tenant_id, queries.KIND, row.id, " ".join([row.name, *row.tags]))
