"""The audit trail over HTTP."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi.responses import StreamingResponse

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.lists import list_query
from enterprise_app.http.routing import Router

from . import service
from .schemas import AuditPage, ChainReport, SavedView, SavedViewDraft, SavedViews
from .vocabulary import ExportFormat

router = Router(prefix="/api/v1/audit-logs", tags=["Audit"])
_MEDIA_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSONL: "application/x-ndjson"}

Listed = Annotated[ListQuery, list_query(service.LISTING)]
Exported = Annotated[ListQuery, list_query(service.LISTING, "format")]


@router.get("", permission=Permission.AUDIT_READ, response_model=AuditPage)
async def list_entries(ctx: Caller, session: Session, query: Listed) -> AuditPage:
    """Who did what: entries, newest first unless sorted otherwise."""
    return await service.list_entries(session, ctx, query)


@router.get("/verify", permission=Permission.AUDIT_READ, response_model=ChainReport)
async def verify(ctx: Caller, session: Session) -> ChainReport:
    """Check the tenant's hash chain; a break names the entry and what happened to it."""
    return await service.verify_own(session, ctx)


@router.get("/export", permission=Permission.AUDIT_EXPORT, response_class=StreamingResponse)
async def export(ctx: Caller, query: Exported, format: ExportFormat = ExportFormat.JSONL) -> StreamingResponse:  # noqa: A002
    """The matching entries as CSV or JSON lines, oldest first, with the hashes that prove them."""
    headers = {"content-disposition": f'attachment; filename="audit-log.{format.value}"'}
    return StreamingResponse(_pieces(ctx, query, format), headers=headers, media_type=_MEDIA_TYPES[format])


@router.get("/views", permission=Permission.AUDIT_READ, response_model=SavedViews, summary="List saved views")
async def list_views(ctx: Caller, session: Session) -> SavedViews:
    """One's own views of the audit log, by name."""
    return await service.list_views(session, ctx)


@router.post(
    "/views", permission=Permission.AUDIT_READ, status_code=201, response_model=SavedView, summary="Save a view"
)
async def save_view(ctx: Caller, session: Session, body: SavedViewDraft) -> SavedView:
    """Keep filters under a name, for oneself; at most 50."""
    return await service.save_view(session, ctx, body)


@router.delete("/views/{view_id}", permission=Permission.AUDIT_READ, status_code=204, summary="Delete a saved view")
async def delete_view(ctx: Caller, session: Session, view_id: UUID) -> None:
    """Forget one of one's own views; the entries stay."""
    await service.delete_view(session, ctx, view_id)


async def _pieces(ctx: Context, query: ListQuery, form: ExportFormat) -> AsyncIterator[str]:
    """The export in a session of its own: the route's is closed before the answer streams."""
    async with tenant_session(ctx) as session:
        async for piece in service.export(session, ctx, wanted=query, form=form):
            yield piece
