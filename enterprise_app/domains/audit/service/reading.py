"""Reading the trail."""

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission

from .. import queries
from ..queries import LISTING
from ..schemas import AuditEntry, AuditPage


async def list_entries(session: AsyncSession, ctx: Context, query: ListQuery | None = None) -> AuditPage:
    """A page of entries, newest first unless sorted otherwise; `query` from `LISTING.parse`. Needs audit:read."""
    ctx.require(Permission.AUDIT_READ)
    page = await LISTING.page(session, queries.entries(ctx.tenant_id), query or LISTING.parse())
    return AuditPage(items=[AuditEntry.model_validate(row) for row in page.items], next_cursor=page.next_cursor)
