"""Who takes part in an experiment, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import ExposureCounts, Exposures

MOST = 200
"""Experiments of one question: as many as a list has on a page."""
_ONE = "01995f6e-6f3a-7c2e-9d54-1f2b3c4d5e6f"

exposures = Router(prefix="/api/v1/experiments", tags=["Experiments"])


@exposures.get("/{experiment_id}/exposures", permission=Permission.EXPERIMENTS_READ, summary="Count exposures")
async def get_exposures(
    ctx: Caller, session: Session, experiment_id: Annotated[UUID, Path(description="The experiment's id.")]
) -> Exposures:
    """How many units saw which variant; those that saw two are `conflicted` and left out of the analysis."""
    return await service.get_exposures(session, ctx, experiment_id)


counts = Router(prefix="/api/v1/exposures", tags=["Experiments"])


@counts.get("", permission=Permission.EXPERIMENTS_READ, summary="Count exposures of several experiments")
async def list_exposures(
    ctx: Caller,
    session: Session,
    experiment: Annotated[
        list[UUID], Query(min_length=1, max_length=MOST, description="Ids, one or many times.", examples=[[_ONE]])
    ],
) -> ExposureCounts:
    """The same for up to 200 experiments at once, in the order of the question; unknown ones are left out."""
    return await service.list_exposures(session, ctx, experiment)
