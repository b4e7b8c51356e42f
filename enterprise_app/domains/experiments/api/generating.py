"""Variants of assets over HTTP: looked at first, then made."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.routing import Router

from .. import service
from ..generating_schemas import GenerateDraft, GenerateRequest, GenerationRun, VariantPlan
from ..schemas import Experiment

generating = Router(prefix="/api/v1/experiments/variants", tags=["Experiments"])

RunId = Annotated[UUID, Path(description="As the start of it answered.")]


@generating.post("", permission=Permission.EXPERIMENTS_CREATE, summary="Preview variants of assets")
async def preview_variants(ctx: Caller, session: Session, draft: GenerateDraft) -> VariantPlan:
    """Ideas for colour, text and layout of a campaign's assets, planned as a test of at most five variants, with how
    each asset looks in each. The same draft gives the same plan. Takes the rights to read campaign and assets, too."""
    return await service.preview_variants(session, ctx, draft)


@generating.post(
    "/generate",
    permission=Permission.EXPERIMENTS_CREATE,
    status_code=202,
    summary="Make variants of assets",
    idempotent=True,
)
async def start_generation(ctx: Caller, session: Session, draft: GenerateRequest) -> GenerationRun:
    """The worker makes a child asset for each asset that a variant changes, as a draft to be reviewed; read the run for
    its progress and for what was made. The same draft again makes nothing new. Takes `assets:manage`, too."""
    return await service.start_generation(session, ctx, draft)


@generating.get("/runs/{run_id}", permission=Permission.EXPERIMENTS_CREATE, summary="Read how far variants are made")
async def get_generation(ctx: Caller, session: Session, run_id: RunId) -> GenerationRun:
    """How many assets are made; when it is done, which."""
    return await service.get_generation(session, ctx, run_id)


@generating.post(
    "/runs/{run_id}/cancel",
    permission=Permission.EXPERIMENTS_CREATE,
    summary="Stop making variants",
    responses={409: {"description": "It has ended."}},
)
async def cancel_generation(ctx: Caller, session: Session, run_id: RunId) -> GenerationRun:
    """Before the next asset; those that were made stay."""
    return await service.cancel_generation(session, ctx, run_id)


@generating.post(
    "/runs/{run_id}/experiment",
    permission=Permission.EXPERIMENTS_CREATE,
    status_code=201,
    summary="Make an experiment of variants",
    responses={409: {"description": "Nothing was made yet."}},
)
async def draft_experiment(ctx: Caller, session: Session, run_id: RunId) -> Experiment:
    """A draft that tests what was made against the assets as they are, with the same share for each. What a variant's
    flag answers is its parameters and its assets."""
    return await service.draft_experiment(session, ctx, run_id)
