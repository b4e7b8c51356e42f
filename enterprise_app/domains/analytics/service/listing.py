"""The raw events, newest first, page by page; and one of them whole.

What no index serves (properties, parts of texts) is looked for within a bounded period only, and nothing longer than
`PATIENCE`: an answer that would take more asks for a shorter period.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import FieldProblem, Invalid, NotFound
from enterprise_app.core.paging import AnySelect, Filter, ListField, Listing, ListQuery, Page
from enterprise_app.core.settings import get_settings
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.errors import EventsSlow
from enterprise_app.domains.analytics.explorer_schemas import EventDetail
from enterprise_app.domains.analytics.models import EVENTS, SourceRow
from enterprise_app.domains.analytics.queries import conditions
from enterprise_app.domains.analytics.rules.keys import tenant_salt
from enterprise_app.domains.analytics.schemas import EventItem
from enterprise_app.domains.analytics.vocabulary import Channel, Device, EventType

PATIENCE = timedelta(seconds=8)
MAX_DAYS = 31
"""The longest period in which properties and parts of texts are looked for."""
PERSON = "person"
_CANCELED = "57014"
_E = EVENTS.c


@dataclass(frozen=True)
class EventListing(Listing):
    """A list with fields besides those that are named: `properties.<name>`."""

    def _filter(self, text: str, problems: list[FieldProblem]) -> Filter | None:
        name, _, rest = text.partition(":")
        if not conditions.is_property(name):
            return super()._filter(text, problems)
        operator, colon, raw = rest.partition(":")
        if operator not in conditions.OPERATORS or not colon:
            params = {"name": name, "operator": operator, "allowed": ", ".join(conditions.OPERATORS)}
            problems.append(FieldProblem("filter", "list_filter_operator", params))
            return None
        try:
            return Filter(name, operator, conditions.property_value(operator, raw))
        except ValueError:
            kind = "number" if operator in conditions.COMPARISONS else "text"
            params = {"name": name, "value": raw[:100], "type": kind}
            problems.append(FieldProblem("filter", "list_filter_value", params))
            return None

    def filtered(self, select: AnySelect, query: ListQuery) -> AnySelect:
        """By columns and properties; the person is the service's, which knows the tenant's ids."""
        own = [f for f in query.filters if conditions.is_property(f.field)]
        columns = tuple(f for f in query.filters if f.field != PERSON and f not in own)
        narrowed = super().filtered(select, ListQuery(filters=columns))
        return narrowed.where(*(conditions.property_condition(f) for f in own))


_TEXTS = (
    "name", "path", "host", "title", "referrer_host", "utm_source", "utm_medium", "utm_campaign", "browser", "os",
    "user_id", "anonymous_id", "session_id", "message_id", "order_id", "currency",
)  # fmt: skip
EVENT_LIST = EventListing(
    fields={
        "occurred_at": ListField(_E.occurred_at, datetime, sortable=True),
        "type": ListField(_E.type, EventType),
        **{name: ListField(_E[name], nullable=True) for name in _TEXTS},
        PERSON: ListField(_E.user_id, operators=("eq",)),
        "channel": ListField(_E.channel, Channel, nullable=True),
        "device": ListField(_E.device, Device, nullable=True),
        "visitor_id": ListField(_E.visitor_id, UUID),
        "source_id": ListField(_E.source_id, UUID),
        "campaign_id": ListField(_E.campaign_id, UUID, nullable=True),
        "is_bot": ListField(_E.is_bot, bool),
        "status": ListField(_E.status, int, nullable=True),
        "revenue": ListField(_E.revenue, Decimal, nullable=True),
    },
    key=_E.id,
    default_sort="-occurred_at",
)
_SHOWN = [_E[name] for name in EventItem.model_fields]
_WHOLE: list[Any] = [_E[name] for name in EventDetail.model_fields if name in _E]


async def list_events(session: AsyncSession, ctx: Context, query: ListQuery) -> Page[EventItem]:
    """A page of stored events. Raises Invalid (a period is needed, or shorter) and EventsSlow."""
    ctx.require(Permission.EVENTS_READ)
    async with patiently(session):
        page = await EVENT_LIST.page(session, narrowed(ctx, _SHOWN, query), query)
    names = EventItem.model_fields
    return Page([EventItem(**dict(zip(names, row, strict=True))) for row in page.items], page.next_cursor)


async def get_event(session: AsyncSession, ctx: Context, event_id: UUID, occurred_at: datetime) -> EventDetail:
    """One event, by its id and its exact time (events lie in order of time). Raises NotFound."""
    ctx.require(Permission.EVENTS_READ)
    source = sa.select(col(SourceRow.name)).where(
        col(SourceRow.id) == _E.source_id, col(SourceRow.tenant_id) == ctx.tenant_id
    )
    found = sa.select(*_WHOLE, source.scalar_subquery().label("source_name")).where(
        _E.tenant_id == ctx.tenant_id, _E.occurred_at == occurred_at, _E.id == event_id
    )
    row = (await session.execute(found)).mappings().one_or_none()
    if row is None:
        raise NotFound(kind="event", id=str(event_id))
    return EventDetail(**row)


def narrowed(ctx: Context, columns: list[Any], query: ListQuery) -> AnySelect:
    """The tenant's events, of the person that is asked for if any. Raises Invalid where a period is missing."""
    _check_period(query)
    select = sa.select(*columns).where(_E.tenant_id == ctx.tenant_id)
    for wanted in query.filters:
        if wanted.field == PERSON:
            salt = tenant_salt(get_settings().secret, ctx.tenant_id)
            select = select.where(conditions.person_condition(salt, wanted.value))
    return select


@asynccontextmanager
async def patiently(session: AsyncSession) -> AsyncIterator[None]:
    """No statement inside takes longer than PATIENCE. Raises EventsSlow instead."""
    limit = int(PATIENCE / timedelta(milliseconds=1))
    await session.execute(sa.text(f"SET LOCAL statement_timeout = {limit}"))
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _CANCELED:
            raise EventsSlow(seconds=limit // 1000) from error
        raise
    await session.execute(sa.text("SET LOCAL statement_timeout = DEFAULT"))


def _check_period(query: ListQuery) -> None:
    """Filters that read every event of the period need one that is not too long."""
    if not any(conditions.is_property(f.field) or f.operator == "contains" for f in query.filters):
        return
    times = [f for f in query.filters if f.field == "occurred_at"]
    first = max((f.value for f in times if f.operator in ("gte", "gt")), default=None)
    last = min((f.value for f in times if f.operator in ("lte", "lt")), default=now())
    if first is None or last - first > timedelta(days=MAX_DAYS, hours=1):
        raise Invalid.of("filter", "events_period", days=MAX_DAYS)


async def last_event_day(session: AsyncSession, ctx: Context) -> date | None:
    """The last local day with an event of any kind; None while there is none."""
    ctx.require(Permission.EVENTS_READ)
    newest = sa.select(_E.occurred_at).where(_E.tenant_id == ctx.tenant_id).order_by(_E.occurred_at.desc()).limit(1)
    last = await session.scalar(newest)
    return last.astimezone(ZoneInfo(ctx.zone)).date() if last else None
