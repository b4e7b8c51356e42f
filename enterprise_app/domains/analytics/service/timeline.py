"""What one person did: the events that its ids lead to, newest first, and the campaigns that brought it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.paging import Listing, ListQuery, Page
from enterprise_app.core.settings import get_settings
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.rules.keys import tenant_salt, visitor_of_id
from enterprise_app.domains.analytics.schemas import EventItem, TouchedCampaign
from enterprise_app.domains.analytics.service.listing import EVENT_LIST
from enterprise_app.domains.profiles.schemas import Trail

_E = EVENTS.c
_FIELDS = ("occurred_at", "type", "name", "path", "channel", "campaign_id")
TIMELINE = Listing(
    fields={name: EVENT_LIST.fields[name] for name in _FIELDS},
    key=_E.id,
    default_sort="-occurred_at",
)
TOUCHED = 20
_SHOWN = [_E[name] for name in EventItem.model_fields]


async def list_timeline(session: AsyncSession, ctx: Context, trail: Trail, query: ListQuery) -> Page[EventItem]:
    """A page of the events of whom the trail leads to (`profiles.get_trail`)."""
    ctx.require(Permission.EVENTS_READ)
    page = await TIMELINE.page(session, sa.select(*_SHOWN).where(*_of(ctx, trail)), query)
    names = EventItem.model_fields
    return Page([EventItem(**dict(zip(names, row, strict=True))) for row in page.items], page.next_cursor)


async def list_touched_campaigns(session: AsyncSession, ctx: Context, trail: Trail) -> list[TouchedCampaign]:
    """The last 20 campaigns that brought the person, by the words in the links (`utm_campaign`)."""
    ctx.require(Permission.EVENTS_READ)
    first, last = sa.func.min(_E.occurred_at), sa.func.max(_E.occurred_at)
    found = (
        sa.select(_E.utm_campaign, sa.func.count(), first, last)
        .where(*_of(ctx, trail), _E.utm_campaign.is_not(None))
        .group_by(_E.utm_campaign)
        .order_by(last.desc(), _E.utm_campaign)
    )
    rows = await session.execute(found.limit(TOUCHED))
    return [TouchedCampaign(name=name, events=n, first_at=begun, last_at=ended) for name, n, begun, ended in rows]


def _of(ctx: Context, trail: Trail) -> tuple[Any, ...]:
    """Of a browser that several people used, each has what was sent with its own id, and who was first the rest."""
    salt = tenant_salt(get_settings().secret, ctx.tenant_id)
    keys = {value: visitor_of_id(salt, value) for value in {*trail.user_ids, *trail.browsers}}
    own = [keys[value] for value in trail.own_browsers]
    said = _E.user_id == _any(trail.user_ids, sa.Text())
    unsaid = sa.and_(_E.user_id.is_(None), _E.visitor_id == _any(own, sa.Uuid()))
    return _E.tenant_id == ctx.tenant_id, _E.visitor_id == _any(keys.values(), sa.Uuid()), sa.or_(said, unsaid)


def _any(values: Any, type_: Any) -> Any:
    return sa.any_(sa.cast(sa.literal(list(values), ARRAY(sa.Text)), ARRAY(type_)))
