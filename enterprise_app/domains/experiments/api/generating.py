"""Variants of assets over HTTP: looked at first, then made."""

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.routing import Router

from .. import service
from ..generating_schemas import GenerateDraft, GenerateRequest, MadeVariants, VariantPlan

generating = Router(prefix="/api/v1/experiments/variants", tags=["Experiments"])


@generating.post("", permission=Permission.EXPERIMENTS_CREATE, summary="Preview variants of assets")
async def preview_variants(ctx: Caller, session: Session, draft: GenerateDraft) -> VariantPlan:
    """Ideas for colour, text and layout of a campaign's assets, planned as a test of at most five variants, with how
    each asset looks in each. The same draft gives the same plan. Takes the rights to read campaign and assets, too."""
    return await service.preview_variants(session, ctx, draft)


@generating.post("/generate", permission=Permission.EXPERIMENTS_CREATE, summary="Make variants of assets")
async def generate_variants(ctx: Caller, draft: GenerateRequest) -> MadeVariants:
    """A child asset for each asset that a variant changes, as a draft to be reviewed. The same draft again makes
    nothing new. Takes `assets:manage`, too."""
    return await service.generate_variants(ctx, draft)
