"""Feature flags over HTTP: made and changed here, answered under /ofrep."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, ExpectedVersion, Session, VersionIfGiven
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from .. import service
from ..flag_schemas import Flag, FlagChange, FlagDraft
from ..vocabulary import FlagAction

flags = Router(prefix="/api/v1/flags", tags=["Feature flags"])

FlagId = Annotated[UUID, Path(description="The flag's id.")]
Query_ = Annotated[ListQuery, list_query(service.FLAGS, "total")]
Total = Annotated[bool, Query(description="Whether to count the whole list too.")]


@flags.get("", permission=Permission.FLAGS_READ, summary="List flags")
async def list_flags(ctx: Caller, session: Session, query: Query_, total: Total = False) -> Page[Flag]:
    """Newest first; archived ones only with a filter on `archived`. Flags of experiments are among them."""
    return Page.of(await service.list_flags(session, ctx, query, count=total))


@flags.post("", permission=Permission.FLAGS_MANAGE, status_code=201, summary="Create a flag")
async def create_flag(ctx: Caller, session: Session, draft: FlagDraft) -> Flag:
    """It is served at once. A boolean one needs nothing but name and key: it has `on` and `off`, and answers `off`."""
    return await service.create_flag(session, ctx, draft)


@flags.get("/{flag_id}", permission=Permission.FLAGS_READ, summary="Read a flag")
async def get_flag(ctx: Caller, session: Session, flag_id: FlagId) -> Flag:
    """The flag, archived or not; its `ETag` is what an update needs."""
    return await service.get_flag(session, ctx, flag_id)


@flags.patch("/{flag_id}", permission=Permission.FLAGS_MANAGE, summary="Change a flag")
async def update_flag(
    ctx: Caller, session: Session, flag_id: FlagId, version: ExpectedVersion, change: FlagChange
) -> Flag:
    """Only the given fields change. Of an experiment's flag that is its name and description."""
    return await service.update_flag(session, ctx, flag_id, version, change)


@flags.post("/{flag_id}/enable", permission=Permission.FLAGS_MANAGE, summary="Switch a flag on")
async def enable_flag(ctx: Caller, session: Session, flag_id: FlagId, version: VersionIfGiven) -> Flag:
    """Its rules hold again."""
    return await service.switch_flag(session, ctx, flag_id, True, expected_version=version)


@flags.post("/{flag_id}/disable", permission=Permission.FLAGS_MANAGE, summary="Switch a flag off")
async def disable_flag(ctx: Caller, session: Session, flag_id: FlagId, version: VersionIfGiven) -> Flag:
    """The kill switch: everybody gets the off variation within 3 seconds, also of an experiment's flag."""
    return await service.switch_flag(session, ctx, flag_id, False, expected_version=version)


@flags.post("/{flag_id}/archive", permission=Permission.FLAGS_MANAGE, summary="Archive a flag")
async def archive_flag(ctx: Caller, session: Session, flag_id: FlagId, version: VersionIfGiven) -> Flag:
    """It is answered no more: programs get their own default. Refused while other flags need it."""
    return await service.act_on_flag(session, ctx, flag_id, FlagAction.ARCHIVE, expected_version=version)


@flags.post("/{flag_id}/restore", permission=Permission.FLAGS_MANAGE, summary="Restore a flag")
async def restore_flag(ctx: Caller, session: Session, flag_id: FlagId, version: VersionIfGiven) -> Flag:
    """It is answered again as before."""
    return await service.act_on_flag(session, ctx, flag_id, FlagAction.RESTORE, expected_version=version)
