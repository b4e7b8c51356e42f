"""People over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, ExpectedVersion, Session, VersionIfGiven
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from . import service
from .schemas import (
    BulkRequest,
    BulkResults,
    Merge,
    Merged,
    MergePreview,
    Profile,
    ProfileChange,
    ProfileDraft,
    ProfileId,
    StageRequest,
)

router = Router(prefix="/api/v1/profiles", tags=["Profiles"])

ProfileKey = Annotated[UUID, Path(description="The person's id.")]
MergeId = Annotated[UUID, Path(description="The merge's id.")]
OtherId = Annotated[UUID, Path(description="Who is merged into the person.")]
Query_ = Annotated[ListQuery, list_query(service.LISTING, "total")]
MergeQuery = Annotated[ListQuery, list_query(service.MERGES)]
Total = Annotated[bool, Query(description="Whether to count the whole list too.")]

READ, MANAGE = Permission.PROFILES_READ, Permission.PROFILES_MANAGE


@router.get("", permission=READ, summary="List people")
async def list_profiles(ctx: Caller, session: Session, query: Query_, total: Total = False) -> Page[Profile]:
    """A page of people, last active first; archived ones only with a filter on `archived`. `q` finds by name, e-mail
    and id."""
    return Page.of(await service.list_profiles(session, ctx, query, count=total))


@router.post("", permission=MANAGE, status_code=201, summary="Create a person")
async def create_profile(ctx: Caller, session: Session, draft: ProfileDraft) -> Profile:
    """A new person with a name, an e-mail or your own id at least; events with that id are theirs from then on."""
    return await service.create_profile(session, ctx, draft)


@router.post("/bulk", permission=MANAGE, summary="Act on many people")
async def act_on_profiles(ctx: Caller, session: Session, body: BulkRequest) -> BulkResults:
    """Set the stage, archive or restore; each person gets its own result."""
    return await service.act_on_profiles(session, ctx, body.action, body.ids, body.stage)


@router.post("/merges/{merge_id}/undo", permission=MANAGE, summary="Undo a merge")
async def undo_merge(ctx: Caller, session: Session, merge_id: MergeId) -> Profile:
    """The person that was merged is one of its own again, with everything that was said and seen of it; no event
    merges the two again."""
    return await service.undo_merge(session, ctx, merge_id)


@router.get("/{profile_id}", permission=READ, summary="Read a person")
async def get_profile(ctx: Caller, session: Session, profile_id: ProfileKey) -> Profile:
    """The person, archived or not; where `merged_into` is set, that one is shown instead."""
    return await service.get_profile(session, ctx, profile_id)


@router.patch("/{profile_id}", permission=MANAGE, summary="Change a person's traits")
async def update_profile(
    ctx: Caller, session: Session, profile_id: ProfileKey, version: ExpectedVersion, change: ProfileChange
) -> Profile:
    """Only the given traits change; null takes one away."""
    return await service.update_profile(session, ctx, profile_id, version, change)


@router.post("/{profile_id}/stage", permission=MANAGE, summary="Set a person's stage")
async def set_stage(
    ctx: Caller, session: Session, profile_id: ProfileKey, version: VersionIfGiven, body: StageRequest
) -> Profile:
    """Lead, customer or lost."""
    return await service.set_stage(session, ctx, profile_id, body.stage, expected_version=version)


@router.post("/{profile_id}/archive", permission=MANAGE, summary="Archive a person")
async def archive_profile(ctx: Caller, session: Session, profile_id: ProfileKey, version: VersionIfGiven) -> Profile:
    """Puts the person away; events are still taken."""
    return await service.archive_profile(session, ctx, profile_id, expected_version=version)


@router.post("/{profile_id}/restore", permission=MANAGE, summary="Restore a person")
async def restore_profile(ctx: Caller, session: Session, profile_id: ProfileKey, version: VersionIfGiven) -> Profile:
    """Brings an archived person back."""
    return await service.restore_profile(session, ctx, profile_id, expected_version=version)


@router.get("/{profile_id}/ids", permission=READ, summary="List the ids that lead to a person")
async def list_ids(ctx: Caller, session: Session, profile_id: ProfileKey) -> list[ProfileId]:
    """The newest 200: your own ids, and browsers before anybody signed in."""
    return await service.list_ids(session, ctx, profile_id)


@router.get("/{profile_id}/duplicates", permission=READ, summary="List who may be the same person")
async def list_duplicates(ctx: Caller, session: Session, profile_id: ProfileKey) -> list[Profile]:
    """Up to five others with the same e-mail."""
    return await service.list_duplicates(session, ctx, profile_id)


@router.get("/{profile_id}/merge/{other_id}", permission=READ, summary="Preview a merge")
async def preview_merge(ctx: Caller, session: Session, profile_id: ProfileKey, other_id: OtherId) -> MergePreview:
    """What merging would make; nothing changes."""
    return await service.preview_merge(session, ctx, profile_id, other_id)


@router.post("/{profile_id}/merge/{other_id}", permission=MANAGE, summary="Merge another person into this one")
async def merge_profiles(
    ctx: Caller, session: Session, profile_id: ProfileKey, other_id: OtherId, version: VersionIfGiven
) -> Merged:
    """Of every trait the newest stays, the stage is the one set last, and events of both are shown. Can be undone."""
    return await service.merge_profiles(session, ctx, profile_id, other_id, expected_version=version)


@router.get("/{profile_id}/merges", permission=READ, summary="List a person's merges")
async def list_merges(ctx: Caller, session: Session, profile_id: ProfileKey, query: MergeQuery) -> Page[Merge]:
    """Newest first, undone ones too."""
    return Page.of(await service.list_merges(session, ctx, profile_id, query))
