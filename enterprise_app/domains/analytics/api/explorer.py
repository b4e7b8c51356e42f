"""Looking at what came in over HTTP: events one by one, as a file and as they arrive; the health of the data."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query
from fastapi.responses import StreamingResponse

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.explorer_schemas import EventDetail, Live
from enterprise_app.domains.analytics.health_schemas import Health, RejectedSample
from enterprise_app.domains.analytics.vocabulary import ExportFormat
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.lists import list_query, only_query
from enterprise_app.http.routing import Router

explorer = Router(prefix="/api/v1/analytics", tags=["Analytics"])
_MEDIA_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSONL: "application/x-ndjson"}
_MOMENT = "2026-03-01T09:30:00Z"
_FILE = "occurred_at,id,type,name\r\n2026-03-01T09:30:00+00:00,0190…,track,Signed up\r\n"
Exported = Annotated[ListQuery, list_query(service.EVENT_LIST, "format")]
SourceKey = Annotated[UUID | None, Query(description="Of this source only.")]
Name = Annotated[str, Query(description="A part of the event's name.", max_length=200)]
LastDay = Annotated[date | None, Query(description="The last day, included. The last one with data.")]


@explorer.get(
    "/events/export",
    permission=Permission.EVENTS_READ,
    summary="Export raw events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"example": _FILE}}}},
)
async def export_events(ctx: Caller, query: Exported, format: ExportFormat = ExportFormat.CSV) -> StreamingResponse:  # noqa: A002
    """The matching events, newest first, as CSV or JSON lines: at most 100,000 (`X-Row-Limit`). To go on, ask for
    those before the last one's `occurred_at`. In CSV an apostrophe stands before text that a spreadsheet would run."""
    pieces = await _begun(service.export_events(ctx, query, format))
    headers = {"content-disposition": f'attachment; filename="events.{format.value}"'}
    headers["x-row-limit"] = str(service.MAX_ROWS)
    return StreamingResponse(pieces, headers=headers, media_type=_MEDIA_TYPES[format])


@explorer.get("/events/{event_id}", permission=Permission.EVENTS_READ, summary="Read a raw event")
async def get_event(
    ctx: Caller,
    session: Session,
    event_id: Annotated[UUID, Path(description="The event's id.")],
    occurred_at: Annotated[datetime, Query(description="Its exact time, as listed.", examples=[_MOMENT])],
) -> EventDetail:
    """One event with everything that is stored of it."""
    return await service.get_event(session, ctx, event_id, occurred_at)


@explorer.get(
    "/live",
    permission=Permission.EVENTS_READ,
    summary="What happens right now",
    dependencies=[Depends(only_query("source_id", "name"))],
)
async def get_live(ctx: Caller, session: Session, source_id: SourceKey = None, name: Name = "") -> Live:
    """The newest 100 events of the last 30 minutes, and how many people and events these have."""
    events = await service.list_tail(session, ctx, source_id=source_id, name=name)
    return Live(pulse=await service.get_pulse(session, ctx), events=events)


@explorer.get(
    "/health",
    permission=Permission.EVENTS_READ,
    summary="The health of the data",
    dependencies=[Depends(only_query("start", "end", "source_id"))],
)
async def get_health(
    ctx: Caller,
    session: Session,
    start: Annotated[date | None, Query(description="The first local day. The last one when left out.")] = None,
    end: LastDay = None,
    source_id: SourceKey = None,
) -> Health:
    """What became of the messages that each source sent: accepted, repeated, refused and why, late, of bots. Requests
    with a wrong or revoked write key belong to no source and are not in it."""
    last = end or await service.last_health_day(session, ctx)
    return await service.get_health(session, ctx, start=start or last, end=last, source_id=source_id)


@explorer.get(
    "/health/rejected",
    permission=Permission.EVENTS_READ,
    summary="List refused messages",
    dependencies=[Depends(only_query("source_id", "code", "limit"))],
)
async def list_rejected(
    ctx: Caller,
    session: Session,
    source_id: SourceKey = None,
    code: Annotated[str | None, Query(description="Refused for this reason.", max_length=100)] = None,
    limit: Annotated[int, Query(description="At most so many.", ge=1, le=200)] = 100,
) -> list[RejectedSample]:
    """The last ones, newest first, cut and without what looks like a secret. About 100 of each source are kept."""
    return await service.list_rejected(session, ctx, source_id=source_id, code=code, limit=limit)


async def _begun(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """The same, with the first piece made already: a refusal is still an answer then, not a file cut short."""
    first = await anext(pieces, "")

    async def all_of() -> AsyncIterator[str]:
        yield first
        async for piece in pieces:
            yield piece

    return all_of()
