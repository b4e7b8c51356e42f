"""The raw events, newest first, page by page."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListField, Listing
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.schemas import EventItem, EventPage
from enterprise_app.domains.analytics.vocabulary import Channel, EventType

_E = EVENTS.c
_LISTING = Listing(
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


async def list_events(
    session: AsyncSession,
    ctx: Context,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    sort: str | None = None,
    filters: Iterable[str] = (),
) -> EventPage:
    """A page of stored events. Raises Invalid for unknown filters and sort keys."""
    ctx.require(Permission.EVENTS_READ)
    query = _LISTING.parse(limit=limit, cursor=cursor, sort=sort, filters=filters)
    page = await _LISTING.page(session, sa.select(*_SHOWN).where(_E.tenant_id == ctx.tenant_id), query)
    items = [EventItem(**dict(zip(EventItem.model_fields, row, strict=True))) for row in page.items]
    return EventPage(items=items, next_cursor=page.next_cursor)
