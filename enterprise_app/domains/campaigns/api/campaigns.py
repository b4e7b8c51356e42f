"""Campaigns over HTTP."""

from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.errors import AtriumError
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.files import service as files
from enterprise_app.domains.files.schemas import File
from enterprise_app.http import transfers
from enterprise_app.http.access import Caller, ExpectedVersion, Session, VersionIfGiven
from enterprise_app.http.lists import Page, list_query, only_query
from enterprise_app.http.openapi import IDEMPOTENCY_KEY
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import Board, BulkRequest, BulkResults, Calendar, Campaign, CampaignChange, CampaignDraft
from ..vocabulary import CampaignAction

router = Router(prefix="/api/v1/campaigns", tags=["Campaigns"])

CampaignId = Annotated[UUID, Path(description="The campaign's id.")]
Query_ = Annotated[ListQuery, list_query(service.LISTING, "total")]
FileId = Annotated[UUID, Path(description="The file's id.")]
FileQuery = Annotated[ListQuery, list_query(service.FILES, "total")]
FileName = Annotated[
    str, Query(description="What the file is called.", min_length=1, max_length=1000, examples=["Brief.pdf"])
]
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


@router.get("/{campaign_id}/files", permission=Permission.CAMPAIGNS_READ, summary="List a campaign's files")
async def list_files(
    ctx: Caller, session: Session, campaign_id: CampaignId, query: FileQuery, total: Total = False
) -> Page[File]:
    """Newest first; removed ones, which can be restored for 30 days, only with `filter=removed:eq:true`."""
    return Page.of(await service.list_campaign_files(session, ctx, campaign_id, query, count=total))


@router.post(
    "/{campaign_id}/files",
    permission=Permission.CAMPAIGNS_UPDATE,
    status_code=201,
    summary="Attach a file",
    description="The body is the file, at most 100 MB; its type is read from its bytes. It counts towards the plan's "
    "storage until it is removed.",
    idempotent=False,
    body_limit=transfers.ANY_SIZE,
    dependencies=[Depends(only_query("name"))],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": "The brief."}
            },
        },
        "parameters": [IDEMPOTENCY_KEY],
    },
    response_model=File,
)
async def attach_file(ctx: Caller, request: Request, campaign_id: CampaignId, name: FileName = "file") -> Response:
    content, announced = transfers.received(request), transfers.announced_size(request)
    try:
        settle = partial(transfers.settle, request, ctx)
        return await service.attach_file(ctx, campaign_id, content, name=name, announced=announced, settle=settle)
    except AtriumError:
        await transfers.drain(request)
        raise


@router.get("/{campaign_id}/files/{file_id}", permission=Permission.CAMPAIGNS_READ, summary="Read a file's facts")
async def get_file(ctx: Caller, session: Session, campaign_id: CampaignId, file_id: FileId) -> File:
    """The file, removed or not."""
    return await service.get_campaign_file(session, ctx, campaign_id, file_id)


@router.get(
    "/{campaign_id}/files/{file_id}/content",
    permission=Permission.CAMPAIGNS_READ,
    summary="Download a file",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def get_content(
    ctx: Caller,
    session: Session,
    campaign_id: CampaignId,
    file_id: FileId,
    inline: Annotated[bool, Query(description="Show it in place where it is a picture that can't harm.")] = False,
) -> Response:
    """The bytes as they were attached, never to be run by a browser. A removed file is not there."""
    file, content = await service.open_campaign_file(session, ctx, campaign_id, file_id)
    kind, shown = files.served_type(file.content_type), inline and file.shown_inline
    return transfers.download(content, name=file.name, media_type=kind, size=file.size, etag=file.sha256, inline=shown)


@router.delete(
    "/{campaign_id}/files/{file_id}", permission=Permission.CAMPAIGNS_UPDATE, status_code=204, summary="Remove a file"
)
async def remove_file(ctx: Caller, session: Session, campaign_id: CampaignId, file_id: FileId) -> None:
    """Its bytes are free at once; it can be restored for 30 days."""
    await service.remove_file(session, ctx, campaign_id, file_id)


@router.post("/{campaign_id}/files/{file_id}/restore", permission=Permission.CAMPAIGNS_UPDATE, summary="Restore a file")
async def restore_file(ctx: Caller, session: Session, campaign_id: CampaignId, file_id: FileId) -> File:
    """Takes its bytes of the plan's storage again."""
    return await service.restore_file(session, ctx, campaign_id, file_id)
