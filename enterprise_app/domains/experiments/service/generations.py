"""Making variants as a job of the worker: asked for, watched, stopped, and led on to an experiment of them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import jobs
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, NotFound
from enterprise_app.core.events import actor_to_json
from enterprise_app.core.events_dispatch import actor_from_json
from enterprise_app.core.jobs import JobRun, JobState
from enterprise_app.core.texts import LOCALES, negotiate, translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.tenancy import service as tenancy

from ..generating_schemas import GenerateRequest, GenerationRun, MadeVariant, MadeVariants, Value
from ..schemas import NAME_MAX, Experiment, ExperimentDraft, Variant
from .experiments import create_experiment
from .generating import check_generation, generate_variants

GENERATE_JOB = "experiments.generate"
RECENT = 20
"""Runs among which that of a campaign is looked for."""
_TAKES = frozenset(
    (Permission.ASSETS_MANAGE, Permission.ASSETS_READ, Permission.CAMPAIGNS_READ, Permission.EXPERIMENTS_CREATE)
)
_OPEN = (JobState.QUEUED, JobState.RUNNING)
_TEXTS = ("headline", "call_to_action")


async def start_generation(session: AsyncSession, ctx: Context, draft: GenerateRequest) -> GenerationRun:
    """Have the worker make the planned variants; what it could not make is refused at once.

    Watch the topic `{tenant}:jobs:{id}`. Raises as `generate_variants`.
    """
    ctx.require(Permission.EXPERIMENTS_CREATE)
    ctx.require(Permission.ASSETS_MANAGE)
    campaign_id = await check_generation(session, ctx, draft)
    locale = draft.locale or (ctx.locale if ctx.locale in LOCALES else negotiate(ctx.locale, ""))
    told = {
        "draft": draft.model_copy(update={"locale": locale}).model_dump(mode="json"),
        "actor": actor_to_json(ctx.actor), "on_behalf_of": str(ctx.on_behalf_of) if ctx.on_behalf_of else None,
        "campaign_id": str(campaign_id),
    }  # fmt: skip
    run_id = await jobs.enqueue(GENERATE_JOB, ctx.tenant_id, told, session=session, actor=ctx.actor)
    return _shown(await jobs.get_run(session, run_id))


async def get_generation(session: AsyncSession, ctx: Context, run_id: UUID) -> GenerationRun:
    """How far it is, and what was made. Raises NotFound."""
    ctx.require(Permission.EXPERIMENTS_CREATE)
    return _shown(await _run(session, run_id))


async def find_generation(session: AsyncSession, ctx: Context, campaign_id: UUID) -> GenerationRun | None:
    """The one that is running for the campaign's assets, for whoever comes back to its page."""
    ctx.require(Permission.EXPERIMENTS_CREATE)
    for run in await jobs.list_runs(session, GENERATE_JOB, limit=RECENT):
        if run.state in _OPEN and run.details.get("campaign_id") == str(campaign_id):
            return _shown(run)
    return None


async def cancel_generation(session: AsyncSession, ctx: Context, run_id: UUID) -> GenerationRun:
    """Stop it before the next asset; those that were made stay. Raises NotFound, Conflict (it has ended)."""
    ctx.require(Permission.EXPERIMENTS_CREATE)
    await _run(session, run_id)
    await jobs.cancel(session, ctx, run_id)
    return _shown(await jobs.get_run(session, run_id))


async def generate(
    tenant_id: UUID, draft: GenerateRequest, actor: dict[str, Any], on_behalf_of: str | None, campaign_id: str
) -> MadeVariants:
    """The job itself, in the name of whoever asked, under the tenant's plan of this moment. Run again after a crash it
    goes on: what was made is found by its fingerprint."""
    system = job_context(tenant_id, GENERATE_JOB)
    async with tenant_session(system) as session:
        tenant = await tenancy.get_current(session, system)
    ctx = replace(
        system, actor=actor_from_json(actor), on_behalf_of=UUID(on_behalf_of) if on_behalf_of else None,
        permissions=_TAKES, entitlements=tenancy.entitlements_of(tenant, now()), locale=draft.locale or "en",
        zone=tenant.zone,
    )  # fmt: skip

    async def tell(done: int, total: int) -> None:
        await jobs.progress(done, total, campaign_id=campaign_id)

    return await generate_variants(ctx, draft, tell=tell)


async def draft_experiment(session: AsyncSession, ctx: Context, run_id: UUID) -> Experiment:
    """A draft that tests what was made against the assets as they are, with the same share for each. What a variant's
    flag answers is its parameters and its assets.

    Raises NotFound, Conflict (nothing was made yet), and what `create_experiment` raises.
    """
    ctx.require(Permission.EXPERIMENTS_CREATE)
    made = _shown(await _run(session, run_id)).result
    if made is None or not made.variants:
        raise Conflict("generation_without_variants")
    campaign = await campaigns.get_campaign(session, ctx, made.campaign_id)
    locale = ctx.locale if ctx.locale in LOCALES else negotiate(ctx.locale, "")
    name = translate(locale, "experiments.generated.name", campaign=campaign.name)
    draft = ExperimentDraft(name=name[:NAME_MAX], campaign_id=campaign.id, variants=_variants(made, locale))
    return await create_experiment(session, ctx, draft)


def variant_name(key: str, locale: str) -> str:
    """What a variant of a plan is called: `Colour 1`."""
    kind, _, number = key.rpartition("_")
    if not kind:
        return translate(locale, "experiments.variant.control")
    word = f"use.{kind}" if kind in _TEXTS else f"kind.{kind}"
    return f"{translate(locale, f'assets.variants.{word}')} {localization.format_number(int(number), locale)}"


def _variants(made: MadeVariants, locale: str) -> list[Variant]:
    weight = 1 / (len(made.variants) + 1)
    control = Variant(
        key="control", name=variant_name("control", locale), weight=weight, is_control=True,
        value=_value(made.control, made.asset_ids),
    )  # fmt: skip
    others = [
        Variant(
            key=v.key, name=variant_name(v.key, locale), weight=weight, value=_value(v.parameters, _assets(made, v))
        )
        for v in made.variants
    ]
    return [control, *others]


def _assets(made: MadeVariants, variant: MadeVariant) -> list[UUID]:
    """In the order of the control's: its own where it changes one, else the control's."""
    own = {asset.parent_id: asset.asset_id for asset in variant.assets}
    return [own.get(asset_id, asset_id) for asset_id in made.asset_ids]


def _value(parameters: dict[str, Value], assets: list[UUID]) -> dict[str, Any]:
    return {**parameters, "assets": [str(asset_id) for asset_id in assets]}


async def _run(session: AsyncSession, run_id: UUID) -> JobRun:
    run = await jobs.get_run(session, run_id)
    if run.name != GENERATE_JOB:
        raise NotFound(kind="job", id=str(run_id))
    return run


def _shown(run: JobRun) -> GenerationRun:
    made = run.result if run.state is JobState.DONE else None
    failed = run.state is JobState.FAILED
    code = run.result.get("code") if failed and isinstance(run.result, dict) else None
    return GenerationRun(
        id=run.id, state=run.state, done=run.done, total=run.total, created_at=run.created_at,
        finished_at=run.finished_at, error=code or ("internal" if failed else None),
        result=MadeVariants.model_validate(made) if made else None,
    )  # fmt: skip
