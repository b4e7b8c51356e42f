"""Imports of files over HTTP: upload, look, start, watch, cancel, try again, and the lines that were rejected."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.errors import AtriumError
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.api.uploads import MAX_UPLOAD, receive_file
from enterprise_app.domains.analytics.schemas import ImportPlan, ImportPreview, ImportStatus, Upload
from enterprise_app.http import transfers
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.lists import only_query
from enterprise_app.http.routing import Router

importing = Router(prefix="/api/v1/analytics", tags=["Analytics"])

UploadId = Annotated[UUID, Path(description="The upload's id.")]
ImportId = Annotated[UUID, Path(description="The import's id.")]
FileName = Annotated[
    str, Query(description="What the file is called.", min_length=1, max_length=1000, examples=["orders.csv"])
]
_TABLE = "Time;Customer;Event;Amount\n2026-03-01 09:30;c-17;Order Completed;19,90\n"
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": _TABLE}},
    }
}
_GONE = {404: {"description": "The file is not there any more."}}
_BUSY: dict[int | str, dict[str, Any]] = {
    402: {"description": "It does not fit into the plan's storage."},
    409: {"description": "Too many files wait, or there is one with this id."},
}


@importing.post(
    "/uploads",
    permission=Permission.EVENTS_IMPORT,
    status_code=201,
    summary="Upload a file to import",
    description="The body is the file, plain or gzipped: CSV, TSV, Parquet, JSON lines or an access log. It waits for "
    "a week. Preview it, then start its import.",
    idempotent=False,
    body_limit=MAX_UPLOAD,
    dependencies=[Depends(only_query("name"))],
    responses=_BUSY,
    openapi_extra=_FILE,
)
async def upload_file(ctx: Caller, request: Request, name: FileName = "file") -> Upload:
    return await _received(ctx, request, name, new_id())


@importing.post(
    "/uploads/{upload_id}",
    permission=Permission.EVENTS_IMPORT,
    status_code=201,
    summary="Upload a file under an id of your own",
    description="As above, for who has to know the id before. A second file under the same id is refused.",
    idempotent=False,
    body_limit=MAX_UPLOAD,
    dependencies=[Depends(only_query("name"))],
    responses=_BUSY,
    openapi_extra=_FILE,
)
async def upload_file_as(ctx: Caller, request: Request, upload_id: UploadId, name: FileName = "file") -> Upload:
    return await _received(ctx, request, name, upload_id)


@importing.get("/uploads/{upload_id}", permission=Permission.EVENTS_IMPORT, summary="Read an upload", responses=_GONE)
async def get_upload(ctx: Caller, session: Session, upload_id: UploadId) -> Upload:
    """A file that waits."""
    return await service.get_upload(session, ctx, upload_id)


@importing.delete(
    "/uploads/{upload_id}",
    permission=Permission.EVENTS_IMPORT,
    status_code=204,
    summary="Delete an upload",
    responses=_GONE | {409: {"description": "It is being imported."}},
)
async def remove_upload(ctx: Caller, upload_id: UploadId) -> None:
    """Without importing it; what was imported of it before stays."""
    await service.remove_upload(ctx, upload_id)


@importing.post(
    "/uploads/{upload_id}/preview",
    permission=Permission.EVENTS_IMPORT,
    summary="Preview an import",
    responses=_GONE,
)
async def preview_upload(ctx: Caller, session: Session, upload_id: UploadId, plan: ImportPlan) -> ImportPreview:
    """The columns, where they lead, and the first 20 rows as events or with their problems. An empty plan `{}` is
    completed by guesses, which the answer shows."""
    return await service.preview_upload(session, ctx, upload_id, plan)


@importing.post(
    "/uploads/{upload_id}/import",
    permission=Permission.EVENTS_IMPORT,
    status_code=202,
    summary="Start the import of an upload",
    responses=_GONE,
)
async def start_import(ctx: Caller, upload_id: UploadId, plan: ImportPlan) -> ImportStatus:
    """The worker imports the file, all or nothing; read the import for its progress. 422 for a plan that can't work."""
    return await service.start_import(ctx, upload_id, plan)


@importing.post(
    "/imports/{import_id}/cancel",
    permission=Permission.EVENTS_IMPORT,
    summary="Cancel an import",
    responses={409: {"description": "It has ended."}},
)
async def cancel_import(ctx: Caller, session: Session, import_id: ImportId) -> ImportStatus:
    """Nothing of the file is kept. A running import stops within a second or two."""
    return await service.cancel_import(session, ctx, import_id)


@importing.post(
    "/imports/{import_id}/again",
    permission=Permission.EVENTS_IMPORT,
    status_code=202,
    summary="Run an import again",
    responses=_GONE | {409: {"description": "It has not ended yet."}},
)
async def import_again(ctx: Caller, import_id: ImportId) -> ImportStatus:
    """A new import of the same file with the same plan, after one that failed or was cancelled."""
    return await service.import_again(ctx, import_id)


@importing.get(
    "/imports/{import_id}/rejects",
    permission=Permission.EVENTS_READ,
    summary="Download the rejected lines",
    response_class=Response,
    responses={
        200: {
            "description": "A JSON object a line: number, field, problem and beginning of a rejected line.",
            "content": {"application/x-ndjson": {"schema": {"type": "string", "format": "binary"}}},
        },
        404: {"description": "There are none, or they were deleted after 90 days."},
    },
)
async def get_rejects(ctx: Caller, session: Session, import_id: ImportId) -> Response:
    """All of them, in the language of whoever started the import."""
    found, content = await service.open_rejects(session, ctx, import_id)
    name = f"{found.file_name}.rejected.jsonl"
    return transfers.download(
        content, name=name, media_type="application/x-ndjson", size=found.rejects_bytes, etag=str(import_id)
    )


def _announced(request: Request) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else None


async def _received(ctx: Caller, request: Request, name: str, upload_id: UUID) -> Upload:
    try:
        await service.check_upload_room(ctx, _announced(request))
        path = await receive_file(transfers.received(request))
        try:
            return await service.add_upload(ctx, path, file_name=name, upload_id=upload_id)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)  # it was moved, or refused
    except AtriumError:
        await transfers.drain(request)
        raise
