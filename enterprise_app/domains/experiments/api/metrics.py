"""Metrics over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, ExpectedVersion, Session, VersionIfGiven
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from .. import service
from ..metric_schemas import Metric, MetricChange, MetricDraft
from ..queries.metrics import METRICS
from ..vocabulary import MetricAction

metrics = Router(prefix="/api/v1/metrics", tags=["Metrics"])

MetricId = Annotated[UUID, Path(description="The metric's id.")]
Query_ = Annotated[ListQuery, list_query(METRICS, "total")]
Total = Annotated[bool, Query(description="Whether to count the whole list too.")]


@metrics.get("", permission=Permission.METRICS_READ, summary="List metrics")
async def list_metrics(ctx: Caller, session: Session, query: Query_, total: Total = False) -> Page[Metric]:
    """Newest first; archived ones only with a filter on `archived`."""
    return Page.of(await service.list_metrics(session, ctx, query, count=total))


@metrics.post("", permission=Permission.METRICS_MANAGE, status_code=201, summary="Create a metric")
async def create_metric(ctx: Caller, session: Session, draft: MetricDraft) -> Metric:
    """What is counted, of whom, until when; experiments name it by its id."""
    return await service.create_metric(session, ctx, draft)


@metrics.get("/{metric_id}", permission=Permission.METRICS_READ, summary="Read a metric")
async def get_metric(ctx: Caller, session: Session, metric_id: MetricId) -> Metric:
    """The metric, archived or not; its `ETag` is what an update needs."""
    return await service.get_metric(session, ctx, metric_id)


@metrics.patch("/{metric_id}", permission=Permission.METRICS_MANAGE, summary="Change a metric")
async def update_metric(
    ctx: Caller, session: Session, metric_id: MetricId, version: ExpectedVersion, change: MetricChange
) -> Metric:
    """Only the given fields change. Experiments that were started keep the definition of that moment."""
    return await service.update_metric(session, ctx, metric_id, version, change)


@metrics.post("/{metric_id}/archive", permission=Permission.METRICS_MANAGE, summary="Archive a metric")
async def archive_metric(ctx: Caller, session: Session, metric_id: MetricId, version: VersionIfGiven) -> Metric:
    """No new experiment takes it; those that have it keep it."""
    return await service.act_on_metric(session, ctx, metric_id, MetricAction.ARCHIVE, expected_version=version)


@metrics.post("/{metric_id}/restore", permission=Permission.METRICS_MANAGE, summary="Restore a metric")
async def restore_metric(ctx: Caller, session: Session, metric_id: MetricId, version: VersionIfGiven) -> Metric:
    """It can be taken again."""
    return await service.act_on_metric(session, ctx, metric_id, MetricAction.RESTORE, expected_version=version)
