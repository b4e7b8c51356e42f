"""Assets of campaigns over HTTP: uploading, reviewing, and serving what strangers have made so that it can't harm."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.errors import AtriumError
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http import transfers
from enterprise_app.http.access import Caller, ExpectedVersion, Session, VersionIfGiven
from enterprise_app.http.lists import Page, list_query, only_query
from enterprise_app.http.openapi import IDEMPOTENCY_KEY
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import Asset, AssetChange, AssetNote, AssetVersion
from ..vocabulary import AssetAction

router = Router(prefix="/api/v1", tags=["Assets"])

CampaignId = Annotated[UUID, Path(description="The campaign's id.")]
AssetId = Annotated[UUID, Path(description="The asset's id.")]
Number = Annotated[int, Path(description="The version, counted from 1.", ge=1, le=2_000_000_000, examples=[1])]
Query_ = Annotated[ListQuery, list_query(service.ASSETS, "total")]
VersionQuery = Annotated[ListQuery, list_query(service.ASSET_VERSIONS, "total")]
Total = Annotated[bool, Query(description="Whether to count the whole list too.")]
Name = Annotated[
    str, Query(description="What the asset is called.", min_length=1, max_length=1000, examples=["hero.txt"])
]
FileName = Annotated[str, Query(description="What the file is called; by default as the asset.", max_length=1000)]
ParentId = Annotated[UUID | None, Query(description="The asset of the same campaign that this is a variant of.")]
Inline = Annotated[bool, Query(description="Show it in place, in a sandbox, instead of saving it.")]
_MARKUP = frozenset({"image/svg+xml", "text/html"})
_TEXT = frozenset({"text/html", "text/markdown", "text/plain"})
_AS_TEXT = "text/css"
"""Shown as it is written: no page of ours, nor anybody's, may take it for its style."""
_BYTES = {200: {"description": "The bytes.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "Spring is here: 20 % off.",
            }
        },
    },
    "parameters": [IDEMPOTENCY_KEY],
}


@router.get("/assets", permission=Permission.ASSETS_READ, summary="List assets")
async def list_assets(ctx: Caller, session: Session, query: Query_, total: Total = False) -> Page[Asset]:
    """A page of the assets of all campaigns, newest first; archived ones with `filter=archived:eq:true`."""
    return Page.of(await service.list_assets(session, ctx, query, count=total))


@router.get("/campaigns/{campaign_id}/assets", permission=Permission.ASSETS_READ, summary="List a campaign's assets")
async def list_campaign_assets(
    ctx: Caller, session: Session, campaign_id: CampaignId, query: Query_, total: Total = False
) -> Page[Asset]:
    """The same for one campaign; variants of an asset with `filter=parent_id:eq:…`."""
    return Page.of(await service.list_assets(session, ctx, query, campaign_id=campaign_id, count=total))


@router.post(
    "/campaigns/{campaign_id}/assets",
    permission=Permission.ASSETS_MANAGE,
    status_code=201,
    summary="Upload an asset",
    description="The body is the picture (PNG, JPEG, WebP, GIF, SVG), page, text or video; what it is is read from its "
    "bytes. Pictures lose what they tell of place, camera and author. It starts as a draft and counts towards the "
    "plan's storage until it is archived.",
    idempotent=False,
    body_limit=transfers.ANY_SIZE,
    dependencies=[Depends(only_query("name", "parent_id"))],
    openapi_extra=_BODY,
    response_model=Asset,
)
async def add_asset(
    ctx: Caller, request: Request, campaign_id: CampaignId, name: Name = "asset", parent_id: ParentId = None
) -> Response:
    content, announced = transfers.received(request), transfers.announced_size(request)
    settle = partial(transfers.settle, request, ctx)
    try:
        return await service.add_asset(
            ctx, campaign_id, content, name=name, announced=announced, parent_id=parent_id, settle=settle
        )
    except AtriumError:
        await transfers.drain(request)
        raise


@router.get("/assets/{asset_id}", permission=Permission.ASSETS_READ, summary="Read an asset's facts")
async def get_asset(ctx: Caller, session: Session, asset_id: AssetId) -> Asset:
    """The asset, archived or not; its `ETag` is what an update needs."""
    return await service.get_asset(session, ctx, asset_id)


@router.patch("/assets/{asset_id}", permission=Permission.ASSETS_MANAGE, summary="Change an asset's facts")
async def update_asset(
    ctx: Caller, session: Session, asset_id: AssetId, version: ExpectedVersion, change: AssetChange
) -> Asset:
    """Only the given fields change; the review stands."""
    return await service.update_asset(session, ctx, asset_id, version, change)


@router.get("/assets/{asset_id}/versions", permission=Permission.ASSETS_READ, summary="List an asset's versions")
async def list_versions(
    ctx: Caller, session: Session, asset_id: AssetId, query: VersionQuery, total: Total = False
) -> Page[AssetVersion]:
    """Every content it has had, newest first."""
    return Page.of(await service.list_asset_versions(session, ctx, asset_id, query, count=total))


@router.post(
    "/assets/{asset_id}/versions",
    permission=Permission.ASSETS_MANAGE,
    status_code=201,
    summary="Upload a new version",
    description="The body is the new content, of the same kind as before. Its review begins anew; older versions stay.",
    idempotent=False,
    body_limit=transfers.ANY_SIZE,
    dependencies=[Depends(only_query("name"))],
    openapi_extra=_BODY,
    response_model=Asset,
)
async def upload_version(ctx: Caller, request: Request, asset_id: AssetId, name: FileName = "") -> Response:
    content, announced = transfers.received(request), transfers.announced_size(request)
    settle = partial(transfers.settle, request, ctx)
    try:
        return await service.add_version(ctx, asset_id, content, name=name, announced=announced, settle=settle)
    except AtriumError:
        await transfers.drain(request)
        raise


def _review_route(action: AssetAction, summary: str, meaning: str) -> None:
    @router.post(
        f"/assets/{{asset_id}}/{action.value}",
        permission=service.ASSET_PERMISSIONS[action],
        summary=summary,
        description=meaning,
        name=f"{action.value}_asset",
    )
    async def review(ctx: Caller, session: Session, asset_id: AssetId, version: VersionIfGiven) -> Asset:
        return await service.review_asset(session, ctx, asset_id, action, expected_version=version)


_review_route(AssetAction.SUBMIT, "Submit an asset for review", "From draft, or after changes were asked for.")
_review_route(
    AssetAction.APPROVE,
    "Approve an asset",
    "From review, by somebody else than who made it, while there is anybody who may. With `If-Match` only what the "
    "reviewer has seen is approved.",
)
_review_route(AssetAction.REOPEN, "Reopen an asset", "Back to draft, from review or after a decision.")


@router.post("/assets/{asset_id}/request-changes", permission=Permission.ASSETS_REVIEW, summary="Ask for changes")
async def request_changes(
    ctx: Caller, session: Session, asset_id: AssetId, version: VersionIfGiven, body: AssetNote
) -> Asset:
    """From review, with what has to change."""
    return await service.review_asset(
        session, ctx, asset_id, AssetAction.REQUEST_CHANGES, note=body.note, expected_version=version
    )


@router.post("/assets/{asset_id}/archive", permission=Permission.ASSETS_MANAGE, summary="Archive an asset")
async def archive_asset(ctx: Caller, session: Session, asset_id: AssetId) -> Asset:
    """Its bytes are free at once; it can be restored for 30 days."""
    return await service.archive_asset(session, ctx, asset_id)


@router.post("/assets/{asset_id}/restore", permission=Permission.ASSETS_MANAGE, summary="Restore an asset")
async def restore_asset(ctx: Caller, session: Session, asset_id: AssetId) -> Asset:
    """Takes its bytes of the plan's storage again."""
    return await service.restore_asset(session, ctx, asset_id)


@router.get(
    "/assets/{asset_id}/content",
    permission=Permission.ASSETS_READ,
    summary="Download an asset",
    response_class=Response,
    responses=_BYTES,
)
async def get_content(ctx: Caller, session: Session, asset_id: AssetId, inline: Inline = False) -> Response:
    """The bytes of the newest version. In place, pages and drawings are shown in a sandbox where nothing runs."""
    return _served(await service.open_asset(session, ctx, asset_id), inline)


@router.get(
    "/assets/{asset_id}/versions/{number}/content",
    permission=Permission.ASSETS_READ,
    summary="Download a version",
    response_class=Response,
    responses=_BYTES,
)
async def get_version_content(
    ctx: Caller, session: Session, asset_id: AssetId, number: Number, inline: Inline = False
) -> Response:
    """The same for one version."""
    return _served(await service.open_asset(session, ctx, asset_id, number), inline)


@router.get(
    "/assets/{asset_id}/versions/{number}/thumbnail",
    permission=Permission.ASSETS_READ,
    summary="See a version small",
    response_class=Response,
    responses=_BYTES,
)
async def get_thumbnail(ctx: Caller, session: Session, asset_id: AssetId, number: Number) -> Response:
    """A small picture of a picture, also of an archived one; other kinds have none."""
    small = await service.get_asset_thumbnail(session, ctx, asset_id, number)
    return transfers.picture(small.content, media_type=small.content_type, etag=small.sha256)


def _served(opened: service.Opened, inline: bool) -> Response:
    """Saved as a file under a type that no browser runs; shown in place only what a sandbox can hold."""
    shown = inline and not opened.content_type.startswith("video/")
    kind = opened.content_type if shown or opened.content_type not in _MARKUP else "application/octet-stream"
    if kind == _AS_TEXT:
        kind = "text/plain"
    if kind in _TEXT:
        kind += "; charset=utf-8"
    markup = opened.content_type in _MARKUP
    return transfers.download(
        opened.content, name=opened.name, media_type=kind, size=opened.size, etag=opened.sha256, inline=shown,
        markup=markup,
    )  # fmt: skip
