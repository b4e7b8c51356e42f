"""Campaigns over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, ExpectedVersion, Session, VersionIfGiven
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from . import service
from .schemas import Board, BulkRequest, BulkResults, Calendar, Campaign, CampaignChange, CampaignDraft
from .vocabulary import CampaignAction

router = Router(prefix="/api/v1/campaigns", tags=["Campaigns"])

CampaignId = Annotated[UUID, Path(description="The campaign's id.")]
Query_ = Annotated[ListQuery, list_query(service.LISTING, "total")]
Total = Annotated[bool, Query(description="Whether to count the whole list too.")]


@router.get("", permission=Permission.CAMPAIGNS_READ, summary="List campaigns")
async def list_campaigns(ctx: Caller, session: Session, query: Query_, total: Total = False) -> Page[Campaign]:
    """A page of campaigns, newest first; archived ones only with a filter on `status`."""
    return Page.of(await service.list_campaigns(session, ctx, query, count=total))


@router.post("", permission=Permission.CAMPAIGNS_CREATE, status_code=201, summary="Create a campaign")
async def create_campaign(ctx: Caller, session: Session, draft: CampaignDraft) -> Campaign:
    """The campaign starts as a draft and counts towards the plan until it is archived."""
    return await service.create_campaign(session, ctx, draft)


@router.get("/board", permission=Permission.CAMPAIGNS_READ, summary="Campaigns by status")
async def get_board(ctx: Caller, session: Session) -> Board:
    """A column for each status with its newest campaigns."""
    return await service.get_board(session, ctx)


@router.get("/calendar", permission=Permission.CAMPAIGNS_READ, summary="Campaigns by day")
async def get_calendar(
    ctx: Caller,
    session: Session,
    start: Annotated[date, Query(description="First day.", examples=["2026-03-01"])],
    end: Annotated[date, Query(description="Last day, at most 400 days later.", examples=["2026-03-31"])],
) -> Calendar:
    """The campaigns that run on some day of the span."""
    return await service.get_calendar(session, ctx, start, end)


@router.post("/bulk", permission=Permission.CAMPAIGNS_READ, summary="Act on many campaigns")
async def act_on_campaigns(ctx: Caller, session: Session, body: BulkRequest) -> BulkResults:
    """Each campaign gets its own result; the action's own permission is needed too."""
    return await service.act_on_campaigns(session, ctx, body.action, body.ids)


@router.get("/{campaign_id}", permission=Permission.CAMPAIGNS_READ, summary="Read a campaign")
async def get_campaign(ctx: Caller, session: Session, campaign_id: CampaignId) -> Campaign:
    """The campaign, archived or not; its `ETag` is what an update needs."""
    return await service.get_campaign(session, ctx, campaign_id)


@router.patch("/{campaign_id}", permission=Permission.CAMPAIGNS_UPDATE, summary="Change a campaign")
async def update_campaign(
    ctx: Caller, session: Session, campaign_id: CampaignId, version: ExpectedVersion, change: CampaignChange
) -> Campaign:
    """Only the given fields change."""
    return await service.update_campaign(session, ctx, campaign_id, version, change)


@router.post(
    "/{campaign_id}/duplicate",
    permission=Permission.CAMPAIGNS_CREATE,
    status_code=201,
    summary="Duplicate a campaign",
)
async def duplicate_campaign(ctx: Caller, session: Session, campaign_id: CampaignId) -> Campaign:
    """A new draft with the same content under a new name."""
    return await service.duplicate_campaign(session, ctx, campaign_id)


def _action_route(action: CampaignAction, summary: str, meaning: str) -> None:
    @router.post(
        f"/{{campaign_id}}/{action.value}",
        permission=service.PERMISSIONS[action],
        summary=summary,
        description=meaning,
        name=f"{action.value}_campaign",
    )
    async def act(ctx: Caller, session: Session, campaign_id: CampaignId, version: VersionIfGiven) -> Campaign:
        return await service.act_on_campaign(session, ctx, campaign_id, action, expected_version=version)


_action_route(CampaignAction.ACTIVATE, "Activate a campaign", "From draft or paused.")
_action_route(CampaignAction.PAUSE, "Pause a campaign", "From active.")
_action_route(CampaignAction.COMPLETE, "Complete a campaign", "From active or paused; that is final.")
_action_route(CampaignAction.ARCHIVE, "Archive a campaign", "Puts it away and frees its place in the plan.")
_action_route(CampaignAction.RESTORE, "Restore a campaign", "Takes a place again; an active one comes back paused.")
