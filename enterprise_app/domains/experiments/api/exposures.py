"""Who takes part in an experiment, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import Exposures

exposures = Router(prefix="/api/v1/experiments", tags=["Experiments"])


@exposures.get("/{experiment_id}/exposures", permission=Permission.EXPERIMENTS_READ, summary="Count exposures")
async def get_exposures(
    ctx: Caller, session: Session, experiment_id: Annotated[UUID, Path(description="The experiment's id.")]
) -> Exposures:
    """How many units saw which variant; those that saw two are `conflicted` and left out of the analysis."""
    return await service.get_exposures(session, ctx, experiment_id)
