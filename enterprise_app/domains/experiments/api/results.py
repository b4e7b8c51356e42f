"""Results of experiments over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.routing import Router

from .. import service
from ..result_schemas import Distribution, ExternalDraft, ExternalList, ExternalResults, Results, SegmentResults
from ..vocabulary import Dimension

results = Router(prefix="/api/v1/experiments", tags=["Experiments"])

ExperimentId = Annotated[UUID, Path(description="The experiment's id.")]
MetricId = Annotated[UUID, Path(description="One of the experiment's metrics.")]
By = Annotated[Dimension, Query(description="What units are told apart by.")]


@results.get("/{experiment_id}/results", permission=Permission.EXPERIMENTS_READ, summary="Read the results")
async def get_results(ctx: Caller, session: Session, experiment_id: ExperimentId) -> Results:
    """As measured now, at most half a minute old; of a decided experiment as they were frozen then."""
    return await service.get_results(session, ctx, experiment_id)


@results.get("/{experiment_id}/segments", permission=Permission.EXPERIMENTS_READ, summary="Read results by segment")
async def get_segments(
    ctx: Caller, session: Session, experiment_id: ExperimentId, dimension: By = Dimension.DEVICE
) -> SegmentResults:
    """All metrics by channel, device, browser and the like, corrected over the segments. After the decision as they
    were frozen with it."""
    return await service.get_segments(session, ctx, experiment_id, dimension)


@results.get(
    "/{experiment_id}/metrics/{metric_id}/distribution",
    permission=Permission.EXPERIMENTS_READ,
    summary="Read how a metric is spread",
)
async def get_distribution(
    ctx: Caller, session: Session, experiment_id: ExperimentId, metric_id: MetricId
) -> Distribution:
    """A histogram of the units' values for each variant; of means, revenue and percentiles. After the decision as it
    was frozen with it."""
    return await service.get_distribution(session, ctx, experiment_id, metric_id)


@results.get(
    "/{experiment_id}/results/external", permission=Permission.EXPERIMENTS_READ, summary="List results from elsewhere"
)
async def list_external_results(ctx: Caller, session: Session, experiment_id: ExperimentId) -> ExternalList:
    """What was submitted, newest first, at most 50."""
    return await service.list_external_results(session, ctx, experiment_id)


@results.post(
    "/{experiment_id}/results",
    permission=Permission.EXPERIMENTS_UPDATE,
    status_code=201,
    summary="Submit results from elsewhere",
)
async def submit_results(
    ctx: Caller, session: Session, experiment_id: ExperimentId, draft: ExternalDraft
) -> ExternalResults:
    """Sums of a test that ran elsewhere, by arm: analysed by the same rules, kept apart from measured events."""
    return await service.submit_results(session, ctx, experiment_id, draft)
