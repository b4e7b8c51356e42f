"""What a person did, over HTTP: beside the person's other routes, but read from the events."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.schemas import EventItem, TouchedCampaign
from enterprise_app.domains.profiles import service as profiles
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

timelines = Router(prefix="/api/v1/profiles", tags=["Profiles"])

ProfileKey = Annotated[UUID, Path(description="The person's id.")]
Query_ = Annotated[ListQuery, list_query(service.TIMELINE)]


@timelines.get("/{profile_id}/events", permission=Permission.EVENTS_READ, summary="List a person's events")
async def list_timeline(ctx: Caller, session: Session, profile_id: ProfileKey, query: Query_) -> Page[EventItem]:
    """Newest first, by all ids that lead to the person, before and after anybody signed in."""
    trail = await profiles.get_trail(session, ctx, profile_id)
    return Page.of(await service.list_timeline(session, ctx, trail, query))


@timelines.get("/{profile_id}/campaigns", permission=Permission.EVENTS_READ, summary="List what brought a person")
async def list_touched_campaigns(ctx: Caller, session: Session, profile_id: ProfileKey) -> list[TouchedCampaign]:
    """The last 20 campaigns, by the links that were followed."""
    trail = await profiles.get_trail(session, ctx, profile_id)
    return await service.list_touched_campaigns(session, ctx, trail)
