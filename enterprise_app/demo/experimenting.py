"""The demonstration's experiments, through their ordinary door: made before the year's events, ended after them."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.flag_schemas import FlagDraft, LayerDraft
from enterprise_app.domains.experiments.metric_schemas import MetricDraft
from enterprise_app.domains.experiments.schemas import DecisionDraft, ExperimentDraft
from enterprise_app.domains.experiments.vocabulary import DecisionOutcome, ExperimentAction, ExperimentState

from .trials import FLAGS, LAYER, METRICS, TRIALS, Trial

_MANY = 10_000
"""Views that are taken at once."""


async def ensure_experiments(ctx: Context, last: date, campaigns: Mapping[str, str]) -> None:
    """Metrics, layer, flags and experiments, those missing made and started as long ago as they began."""
    metrics = await _ensure_metrics(ctx)
    layer_id = await _ensure_layer(ctx)
    await _ensure_flags(ctx)
    known = await _experiments(ctx)
    for trial in TRIALS:
        if trial.key in known:
            continue
        draft = ExperimentDraft.model_validate_json(json.dumps(trial.draft(metrics, campaigns, layer_id)))
        async with tenant_session(ctx) as session:
            made = await service.create_experiment(session, ctx, draft)
            if trial.starts_ago is not None:
                at = _midnight(last, trial.starts_ago)
                await service.act_on_experiment(session, ctx, made.id, ExperimentAction.START, at=at)


async def end_experiments(ctx: Context, last: date) -> None:
    """Take what visitors saw, stop what is over, and decide it."""
    while await service.take_views(ctx, limit=_MANY):
        pass
    known = await _experiments(ctx)
    for trial in TRIALS:
        experiment_id, state = known[trial.key]
        if trial.ends_ago is None or state is not ExperimentState.RUNNING:
            continue
        async with tenant_session(ctx) as session:
            at = _midnight(last, trial.ends_ago)
            await service.act_on_experiment(session, ctx, experiment_id, ExperimentAction.STOP, at=at)
        await _decide(ctx, experiment_id, trial)


async def _decide(ctx: Context, experiment_id: UUID, trial: Trial) -> None:
    """As planned; what the numbers don't bear, as inconclusive: a small demonstration has few visitors."""
    if trial.outcome is None:
        return
    wanted = DecisionDraft(outcome=trial.outcome, variant=trial.shipped, note=trial.note)
    try:
        async with tenant_session(ctx) as session:
            await service.decide_experiment(session, ctx, experiment_id, wanted)
    except AtriumError:
        open_end = DecisionDraft(outcome=DecisionOutcome.INCONCLUSIVE, note="Too few visitors for an answer.")
        async with tenant_session(ctx) as session:
            await service.decide_experiment(session, ctx, experiment_id, open_end)


async def _ensure_metrics(ctx: Context) -> dict[str, str]:
    async with tenant_session(ctx) as session:
        query = service.METRICS.parse(limit=200)
        known = {m.key: str(m.id) for m in (await service.list_metrics(session, ctx, query)).items}
        for key, (name, definition) in METRICS.items():
            if key not in known:
                draft = MetricDraft.model_validate({"key": key, "name": name, "definition": definition})
                known[key] = str((await service.create_metric(session, ctx, draft)).id)
    return known


async def _ensure_layer(ctx: Context) -> str:
    key, name, description = LAYER
    async with tenant_session(ctx) as session:
        layers = (await service.list_layers(session, ctx, service.LAYERS.parse(limit=200))).items
        if found := next((layer for layer in layers if layer.key == key), None):
            return str(found.id)
        draft = LayerDraft(key=key, name=name, description=description)
        return str((await service.create_layer(session, ctx, draft)).id)


async def _ensure_flags(ctx: Context) -> None:
    async with tenant_session(ctx) as session:
        known = {f.key for f in (await service.list_flags(session, ctx, service.FLAGS.parse(limit=200))).items}
        for told in FLAGS:
            if told["key"] not in known:
                await service.create_flag(session, ctx, FlagDraft.model_validate(told))


async def _experiments(ctx: Context) -> dict[str, tuple[UUID, ExperimentState]]:
    """Id and state by key."""
    query = service.EXPERIMENTS.parse(limit=200, filters=[f"state:in:{','.join(ExperimentState)}"])
    async with tenant_session(ctx) as session:
        found = (await service.list_experiments(session, ctx, query)).items
    return {e.key: (e.id, e.state) for e in found}


def _midnight(last: date, days_ago: int) -> datetime:
    return datetime.combine(last - timedelta(days=days_ago), time(), UTC)
