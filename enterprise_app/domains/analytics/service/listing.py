"""The raw events, newest first, page by page."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListField, Listing, ListQuery, Page
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.schemas import EventItem
from enterprise_app.domains.analytics.vocabulary import Channel, EventType

_E = EVENTS.c
EVENT_LIST = Listing(
    fields={
        "occurred_at": ListField(_E.occurred_at, datetime, sortable=True),
        "type": ListField(_E.type, EventType),
        "name": ListField(_E.name, nullable=True),
        "path": ListField(_E.path, nullable=True),
        "channel": ListField(_E.channel, Channel, nullable=True),
        "user_id": ListField(_E.user_id, nullable=True),
        "anonymous_id": ListField(_E.anonymous_id, nullable=True),
        "visitor_id": ListField(_E.visitor_id, UUID),
        "source_id": ListField(_E.source_id, UUID),
        "campaign_id": ListField(_E.campaign_id, UUID, nullable=True),
        "is_bot": ListField(_E.is_bot, bool),
        "status": ListField(_E.status, int, nullable=True),
    },
    key=_E.id,
    default_sort="-occurred_at",
)
_SHOWN = [_E[name] for name in EventItem.model_fields]


async def list_events(session: AsyncSession, ctx: Context, query: ListQuery) -> Page[EventItem]:
    """A page of stored events."""
    ctx.require(Permission.EVENTS_READ)
    page = await EVENT_LIST.page(session, sa.select(*_SHOWN).where(_E.tenant_id == ctx.tenant_id), query)
    names = EventItem.model_fields
    return Page([EventItem(**dict(zip(names, row, strict=True))) for row in page.items], page.next_cursor)
