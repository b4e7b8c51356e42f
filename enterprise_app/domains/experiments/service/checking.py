"""What is wrong with an experiment, as far as other rows know it: campaign, layer, metrics. Parts of use cases."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.errors import FieldProblem, Invalid, NotFound
from enterprise_app.domains.campaigns import service as campaigns

from ..models import ExperimentRow, LayerRow
from ..queries import experiments as queries
from ..queries import flags, metrics
from ..rules.checking import (
    Problems,
    condition_problems,
    metric_problems,
    start_problems,
    value_problems,
    variant_problems,
)
from ..schemas import Experiment

EVERYTHING = frozenset({"variants", "targeting", "metrics", "campaign_id", "layer_id", "layer_share"})


async def check_fields(session: AsyncSession, ctx: Context, wanted: Experiment, fields: Collection[str]) -> None:
    """The named fields of an experiment as it is wanted. Raises Invalid with every problem at once."""
    if found := await _problems(session, ctx, wanted, fields):
        raise Invalid(found)


async def check_start(session: AsyncSession, ctx: Context, row: ExperimentRow) -> None:
    """Everything, and what a start needs beside. Raises Invalid with every problem at once."""
    experiment = queries.to_experiment(row)
    found = await _problems(session, ctx, experiment, EVERYTHING)
    if found := [*found, *start_problems(experiment)]:
        raise Invalid(found)


async def _problems(session: AsyncSession, ctx: Context, wanted: Experiment, fields: Collection[str]) -> Problems:
    found: Problems = []
    if "variants" in fields:
        found += variant_problems(wanted.variants) + value_problems(wanted.variants)
    if "targeting" in fields:
        found += condition_problems("targeting", wanted.targeting)
    if "metrics" in fields:
        known = await metrics.known(session, [use.metric_id for use in wanted.metrics])
        found += metric_problems(wanted.metrics, known)
    if "campaign_id" in fields and wanted.campaign_id is not None:
        found += await _campaign_problems(session, ctx, wanted.campaign_id)
    if {"layer_id", "layer_share"} & set(fields):
        found += await _layer_problems(session, wanted)
    return found


async def _campaign_problems(session: AsyncSession, ctx: Context, campaign_id: UUID) -> Problems:
    try:
        campaign = await campaigns.get_campaign(session, ctx, campaign_id)
    except NotFound:
        return [FieldProblem("campaign_id", "experiment_campaign_unknown", {})]
    if campaign.archived_at is None:
        return []
    return [FieldProblem("campaign_id", "experiment_campaign_archived", {"name": campaign.name})]


async def _layer_problems(session: AsyncSession, wanted: Experiment) -> Problems:
    if wanted.layer_id is None:
        alone = wanted.layer_share is not None
        return [FieldProblem("layer_share", "layer_share_alone", {})] if alone else []
    layer = await flags.find_row(session, LayerRow, wanted.layer_id)
    if layer is None:
        return [FieldProblem("layer_id", "layer_unknown", {})]
    archived = layer.archived_at is not None
    return [FieldProblem("layer_id", "layer_put_away", {"name": layer.name})] if archived else []
