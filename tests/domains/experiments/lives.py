"""Experiments on a real database, for tests of whatever they live through."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.table import table_of
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.flag_schemas import Flag
from enterprise_app.domains.experiments.metric_schemas import MetricDraft
from enterprise_app.domains.experiments.models import EXPOSURES, FlagRow
from enterprise_app.domains.experiments.schemas import DecisionDraft, Experiment, ExperimentChange, ExperimentDraft
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act

TWO = [{"key": "control", "weight": 0.5, "is_control": True}, {"key": "green", "weight": 0.5}]
SPACE = UUID(int=17)


async def metric(ctx: Context, key: str = "orders") -> UUID:
    """A metric: whether a visitor ordered."""
    definition = {"kind": "proportion", "event": {"type": "track", "name": "Order Completed"}}
    draft = MetricDraft.model_validate({"key": key, "name": key.title(), "definition": definition})
    async with tenant_session(ctx) as session:
        return (await service.create_metric(session, ctx, draft)).id


async def create(ctx: Context, name: str = "Button", **fields: Any) -> Experiment:
    """A draft."""
    draft = ExperimentDraft.model_validate_json(_json({"name": name, **fields}))
    async with tenant_session(ctx) as session:
        return await service.create_experiment(session, ctx, draft)


async def ready(ctx: Context, name: str = "Button", **fields: Any) -> Experiment:
    """A draft that could be started: two variants, a hypothesis, a primary metric."""
    uses = [{"metric_id": str(await metric(ctx, f"m-{uuid5(SPACE, name).hex[:8]}")), "role": "primary"}]
    return await create(ctx, name, **{"variants": TWO, "hypothesis": "More will buy.", "metrics": uses, **fields})


async def running(ctx: Context, name: str = "Button", **fields: Any) -> Experiment:
    """One that runs."""
    return await act(ctx, await ready(ctx, name, **fields), Act.START)


async def act(
    ctx: Context, experiment: Experiment, action: Act, version: int | None = None, *, at: datetime | None = None
) -> Experiment:
    """Do it; `at`: as having happened then."""
    async with tenant_session(ctx) as session:
        return await service.act_on_experiment(session, ctx, experiment.id, action, version, at=at)


async def change(ctx: Context, experiment: Experiment, **fields: Any) -> Experiment:
    """Change it from the version that it has."""
    wanted = ExperimentChange.model_validate_json(_json(fields))
    async with tenant_session(ctx) as session:
        return await service.update_experiment(session, ctx, experiment.id, experiment.version, wanted)


async def decide(ctx: Context, experiment: Experiment, outcome: str, variant: str | None = None) -> Experiment:
    """Decide it."""
    draft = DecisionDraft.model_validate({"outcome": outcome, "variant": variant})
    async with tenant_session(ctx) as session:
        return await service.decide_experiment(session, ctx, experiment.id, draft, experiment.version)


async def read(ctx: Context, experiment: Experiment) -> Experiment:
    """As it is now."""
    async with tenant_session(ctx) as session:
        return await service.get_experiment(session, ctx, experiment.id)


async def expose(ctx: Context, experiment: Experiment, **units: int) -> None:
    """So many units saw each variant."""
    at = experiment.started_at
    rows = [
        {"tenant_id": ctx.tenant_id, "experiment_id": experiment.id, "unit": uuid4(), "variant": variant,
         "version": experiment.plan_version, "first_at": at, "conflicted": False}
        for variant, count in units.items()
        for _ in range(count)
    ]  # fmt: skip
    async with tenant_session(ctx) as session:
        await session.execute(sa.insert(EXPOSURES), rows)


async def own_flag(ctx: Context, experiment: Experiment) -> Flag:
    """The flag that the experiment is reached by."""
    f = table_of(FlagRow).c
    async with tenant_session(ctx) as session:
        row = (await session.execute(sa.select(FlagRow).where(f.experiment_id == experiment.id))).scalar_one()
        return Flag.model_validate(row)


async def column(ctx: Context, statement: str) -> list[Any]:
    """The first column of a query inside the tenant."""
    async with tenant_session(ctx) as session:
        return list((await session.execute(sa.text(statement))).scalars())


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, default=str)
