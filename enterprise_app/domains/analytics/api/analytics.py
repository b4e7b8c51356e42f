"""Sources, events, imports and the overview over HTTP."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query
from starlette.requests import Request

from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.api.uploads import MAX_UPLOAD, receive_file
from enterprise_app.domains.analytics.schemas import (
    CountingSettings,
    DataRange,
    EventItem,
    ImportPlan,
    ImportStatus,
    Overview,
    PlanPreview,
    Retention,
    RetentionChoice,
    SessionCuts,
    Snippet,
    Source,
    SourceDraft,
    SourcePrivacy,
)
from enterprise_app.domains.analytics.vocabulary import Bucket, FileFormat
from enterprise_app.http.access import Caller, ExpectedVersion, Session
from enterprise_app.http.lists import Page, list_query, only_query
from enterprise_app.http.routing import Router

router = Router(prefix="/api/v1", tags=["Analytics"])

_LINE = '203.0.113.7 - - [01/Mar/2026:09:30:00 +0000] "GET /pricing HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'
SourceId = Annotated[UUID, Path(description="The source's id.")]
Total = Annotated[bool, Query(description="Whether to count the whole list too.")]
Edge = Annotated[str, Query(description="A local day (the last is included) or an instant.", max_length=40)]


@router.get("/sources", permission=Permission.SOURCES_READ, summary="List sources")
async def list_sources(
    ctx: Caller,
    session: Session,
    query: Annotated[ListQuery, list_query(service.SOURCES, "total")],
    total: Total = False,
) -> Page[Source]:
    """Sources with their write keys, newest first; revoked ones too."""
    return Page.of(await service.list_sources(session, ctx, query, count=total))


@router.post("/sources", permission=Permission.SOURCES_MANAGE, status_code=201, summary="Create a source")
async def create_source(ctx: Caller, session: Session, draft: SourceDraft) -> Source:
    """The answer holds the write key, which is public: it may only send."""
    return await service.create_source(session, ctx, draft)


@router.get("/sources/{source_id}", permission=Permission.SOURCES_READ, summary="Read a source")
async def get_source(ctx: Caller, session: Session, source_id: SourceId) -> Source:
    """The source; its `ETag` is what rotating needs."""
    return await service.get_source(session, ctx, source_id)


@router.get(
    "/sources/{source_id}/snippet",
    permission=Permission.SOURCES_READ,
    summary="The snippet for a site",
    responses={409: {"description": "The source was revoked"}},
)
async def get_snippet(ctx: Caller, session: Session, source_id: SourceId) -> Snippet:
    """A script element for the pages of the source's site; 409 when the source was revoked."""
    return await service.get_snippet(session, ctx, source_id)


@router.put("/sources/{source_id}/privacy", permission=Permission.SOURCES_MANAGE, summary="Change a source's privacy")
async def change_privacy(
    ctx: Caller, session: Session, source_id: SourceId, version: ExpectedVersion, privacy: SourcePrivacy
) -> Source:
    """What becomes of visitors who ask not to be tracked counts within seconds; consent is for the snippet, which has
    to be pasted anew."""
    return await service.change_privacy(session, ctx, source_id, version, privacy)


@router.post("/sources/{source_id}/rotate", permission=Permission.SOURCES_MANAGE, summary="Replace the write key")
async def rotate_source(ctx: Caller, session: Session, source_id: SourceId, version: ExpectedVersion) -> Source:
    """The old key stops working within seconds."""
    return await service.rotate_source(session, ctx, source_id, version)


@router.post("/sources/{source_id}/revoke", permission=Permission.SOURCES_MANAGE, summary="Revoke a source")
async def revoke_source(ctx: Caller, session: Session, source_id: SourceId) -> Source:
    """Its key stops working within seconds; its events stay."""
    return await service.revoke_source(session, ctx, source_id)


@router.get("/analytics/events", permission=Permission.EVENTS_READ, summary="List raw events")
async def list_events(
    ctx: Caller, session: Session, query: Annotated[ListQuery, list_query(service.EVENT_LIST)]
) -> Page[EventItem]:
    """Stored events, newest first. Properties are filtered by name (`properties.plan:eq:pro`, `properties.sum:gt:10`),
    people by any of their ids (`person:eq:u-17`). Properties and `contains` need a period of at most 31 days
    (`occurred_at:gte:…`, `occurred_at:lt:…`)."""
    return Page.of(await service.list_events(session, ctx, query))


@router.get("/analytics/range", permission=Permission.ANALYTICS_READ, summary="Where the data is")
async def get_range(ctx: Caller, session: Session) -> DataRange:
    """First and last activity, and a period to open with."""
    return await service.data_range(session, ctx)


@router.get(
    "/analytics/overview",
    permission=Permission.ANALYTICS_READ,
    summary="The traffic overview",
    dependencies=[Depends(only_query("start", "end", "bucket", "filter", "compare"))],
)
async def get_overview(
    ctx: Caller,
    start: Annotated[Edge, Query(examples=["2026-03-01"])],
    end: Annotated[Edge, Query(examples=["2026-03-31"])],
    bucket: Annotated[Bucket | None, Query(description="Chosen by the period's length when left out.")] = None,
    filter: Annotated[list[str] | None, Query(description="`field:op:value`, repeated.")] = None,  # noqa: A002
    compare: Annotated[bool, Query(description="Whether to add the previous period.")] = True,
) -> Overview:
    """Visitors, page views, sessions and their sources, per bucket in the tenant's zone."""
    async with tenant_session(ctx, snapshot=True) as session:
        return await service.get_overview(
            session, ctx, start=start, end=end, bucket=bucket, filters=filter or (), compare=compare
        )


@router.get("/analytics/settings", permission=Permission.ANALYTICS_READ, summary="How sessions are counted")
async def get_settings(ctx: Caller, session: Session) -> CountingSettings:
    """What ends a session; its `ETag` is what changing needs."""
    return await service.get_counting(session, ctx)


@router.put("/analytics/settings", permission=Permission.TENANT_MANAGE, summary="Count sessions otherwise")
async def change_settings(
    ctx: Caller, session: Session, version: ExpectedVersion, cuts: SessionCuts
) -> CountingSettings:
    """Replace what ends a session. Sessions of the past are counted anew as well; until the worker is through with
    it (`recounting`) the numbers are right, only slower."""
    return await service.change_counting(session, ctx, version, cuts)


@router.get("/analytics/retention", permission=Permission.ANALYTICS_READ, summary="How long events are kept")
async def get_retention(ctx: Caller, session: Session) -> Retention:
    """By plan and setting, what was announced to go, and what would go under each smaller plan."""
    return await service.get_retention(session, ctx)


@router.put("/analytics/retention", permission=Permission.TENANT_MANAGE, summary="Keep imported events otherwise")
async def change_retention(
    ctx: Caller, session: Session, version: ExpectedVersion, choice: RetentionChoice
) -> Retention:
    """Imported events keep their age until this is set. What then keeps less is announced a week before it goes."""
    return await service.change_retention(session, ctx, version, choice)


@router.get(
    "/tenants/{tenant_id}/retention-preview",
    permission=Permission.OPERATOR_TENANTS,
    summary="What would go under another plan",
    dependencies=[Depends(only_query("plan"))],
)
async def preview_plan(
    ctx: Caller,
    tenant_id: Annotated[UUID, Path(description="The tenant's id.")],
    plan: Annotated[str, Query(description="A plan of the catalogue.", max_length=50, examples=["FREE"])],
) -> PlanPreview:
    """Operator: the events of a tenant that a plan would not keep. `would_go` is null when it keeps them as long."""
    return PlanPreview(would_go=await service.preview_plan(ctx, tenant_id, plan))


@router.get("/analytics/imports", permission=Permission.EVENTS_READ, summary="List imports")
async def list_imports(
    ctx: Caller,
    session: Session,
    query: Annotated[ListQuery, list_query(service.IMPORTS, "total")],
    total: Total = False,
) -> Page[ImportStatus]:
    """Imports, newest first."""
    return Page.of(await service.list_imports(session, ctx, query, count=total))


@router.get("/analytics/imports/{import_id}", permission=Permission.EVENTS_READ, summary="Read an import")
async def get_import(
    ctx: Caller, session: Session, import_id: Annotated[UUID, Path(description="The import's id.")]
) -> ImportStatus:
    """How far it is, and what came of it."""
    return await service.get_import(session, ctx, import_id)


@router.post(
    "/analytics/imports",
    permission=Permission.EVENTS_IMPORT,
    status_code=202,
    summary="Import a file",
    description="The body is the file, plain or gzipped. The worker imports it; read the import for its progress. "
    "Where the columns of a table lead is guessed from their names; to say it yourself, upload the file first.",
    body_limit=MAX_UPLOAD,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": _LINE}
            },
        }
    },
)
async def import_file(
    ctx: Caller,
    request: Request,
    format: Annotated[FileFormat, Query(examples=["access-log"])],  # noqa: A002
    name: Annotated[str, Query(description="The file's name.", min_length=1, max_length=255)] = "upload",
    source: Annotated[str, Query(description="Made when there is none.", min_length=1, max_length=120)] = "Import",
    site: Annotated[str | None, Query(description="Host of an access log; guessed from it.", max_length=253)] = None,
) -> ImportStatus:
    path = await receive_file(request.stream())
    try:
        plan = await service.complete_plan(ctx, path, format, ImportPlan(source=source, site=site))
    except AtriumError:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise
    return await service.queue_import(
        ctx, path, file_format=format, file_name=name, source_name=source, site=site, plan=plan
    )
