"""What was seen of an experiment day by day, and its report as a file, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from fastapi.responses import Response

from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.routing import Router

from .. import service
from ..result_schemas import Looks
from ..vocabulary import ReportFormat

reports = Router(prefix="/api/v1/experiments", tags=["Experiments"])

ExperimentId = Annotated[UUID, Path(description="The experiment's id.")]
_FILE = "section,name,text,metric,role,variant,…\r\nmetric,Orders,,orders,primary,green,…\r\n"


@reports.get("/{experiment_id}/looks", permission=Permission.EXPERIMENTS_READ, summary="List the daily looks")
async def get_looks(ctx: Caller, session: Session, experiment_id: ExperimentId) -> Looks:
    """What was seen of a running experiment at the end of each day, with bounds that hold on all days together, and
    what the rules advised last."""
    return await service.get_looks(session, ctx, experiment_id)


@reports.get(
    "/{experiment_id}/report",
    permission=Permission.EXPERIMENTS_READ,
    summary="Read the report",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"example": _FILE}, "application/pdf": {"example": "%PDF-1.7 …"}}}},
)
async def report_experiment(
    ctx: Caller,
    experiment_id: ExperimentId,
    format: Annotated[ReportFormat, Query(description="The file's kind.")] = ReportFormat.CSV,  # noqa: A002
    locale: Annotated[str | None, Query(description="Its language, by default yours.", examples=["en"])] = None,
) -> Response:
    """CSV: every number of the results as one table, with a summary in words; an apostrophe stands before text that a
    spreadsheet would run. PDF: one to three pages to be read. After the decision both stay as it was frozen."""
    async with tenant_session(ctx) as session:
        report = await service.report_experiment(session, ctx, experiment_id, format, locale)
    content = await report.file()
    headers = {"content-disposition": f'attachment; filename="{report.file_name}"'}
    return Response(content, headers=headers, media_type=report.media_type)
