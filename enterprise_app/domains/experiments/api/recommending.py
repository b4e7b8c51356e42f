"""Recommendations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.routing import Router

from .. import service
from ..recommendation_schemas import RecommendationQuestion, Recommendations

recommendations = Router(prefix="/api/v1/experiments", tags=["Experiments"])

Campaign = Annotated[UUID | None, Query(description="Only tests of this campaign.")]
Metric = Annotated[UUID | None, Query(description="By default the primary metric of most tests.")]


@recommendations.get(
    "/recommendations", permission=Permission.EXPERIMENTS_READ, summary="Read what past tests recommend"
)
async def get_recommendations(
    ctx: Caller, session: Session, campaign_id: Campaign = None, metric_id: Metric = None
) -> Recommendations:
    """From all decided tests and those submitted from elsewhere; `not_enough_data` when they do not beat the mean."""
    question = RecommendationQuestion(campaign_id=campaign_id, metric_id=metric_id)
    return await service.recommend(session, ctx, question)


@recommendations.post("/recommendations", permission=Permission.EXPERIMENTS_READ, summary="Ask about variants")
async def ask_recommendations(ctx: Caller, session: Session, question: RecommendationQuestion) -> Recommendations:
    """The same for given variants, against what is in use, and within given values. Nothing is stored."""
    return await service.recommend(session, ctx, question)
