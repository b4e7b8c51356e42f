"""An experiment whose units and events a test knows, measured by the product."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from enterprise_app.core import cache
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.metric_schemas import Metric, MetricDraft
from enterprise_app.domains.experiments.result_schemas import ArmOutcome, MetricOutcome, Results
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from tests.domains.experiments import lives
from tests.domains.experiments.events import START, write
from tests.domains.experiments.recount import Seen

FIXED = {"monitoring": "fixed", "min_units": 10}
ORDERED = {"kind": "proportion", "event": {"name": "Order Completed"}}
SPENT = {"kind": "revenue", "currency": "EUR", "event": {"name": "Order Completed", "value": "revenue"}}
ROUNDS = {"kind": "mean", "event": {"name": "Level", "value": "property", "property": "rounds"}}
MEDIAN = ROUNDS | {"kind": "percentile", "percentile": 0.5}


@dataclass
class Trial:
    """Units and events, made up one by one."""

    ctx: Context
    experiment: Experiment
    metrics: list[Metric]
    units: dict[UUID, tuple[str, datetime, bool]] = field(default_factory=dict)
    events: list[Seen] = field(default_factory=list)

    def expose(self, variant: str, count: int = 1, *, at: datetime = START, conflicted: bool = False) -> list[UUID]:
        """New units that saw the variant."""
        made = [new_id() for _ in range(count)]
        self.units |= dict.fromkeys(made, (variant, at, conflicted))
        return made

    def happens(self, unit: UUID, name: str, *, hours: float = 1, **told: Any) -> None:
        """An event of the unit, so long after its exposure."""
        self.events.append(Seen(self.units[unit][1] + timedelta(hours=hours), unit, name=name, **told))

    def level(self, unit: UUID, rounds: Any, *, hours: float = 1) -> None:
        """A game with so many rounds."""
        self.happens(unit, "Level", hours=hours, properties={"rounds": rounds})

    async def store(self) -> None:
        """Write what was made up since the last time."""
        await write(self.ctx, self.experiment.id, self.units, self.events)
        self.units, self.events = {}, []

    async def results(self) -> Results:
        """As measured now, never from the cache."""
        if self.units:
            await self.store()
        await cache.forget_all(self.ctx.tenant_id)
        async with tenant_session(self.ctx) as session:
            return await service.get_results(session, self.ctx, self.experiment.id)


async def metric(ctx: Context, key: str, definition: dict[str, Any]) -> Metric:
    """A metric of that definition."""
    draft = MetricDraft.model_validate({"key": key, "name": key.title(), "definition": definition})
    async with tenant_session(ctx) as session:
        return await service.create_metric(session, ctx, draft)


async def trial(
    ctx: Context,
    definitions: Sequence[dict[str, Any]],
    settings: dict[str, Any] | None = None,
    *,
    roles: Sequence[str] = (),
    variants: Sequence[dict[str, Any]] = lives.TWO,
    start: bool = True,
) -> Trial:
    """A running experiment since START with these metrics; the first is the primary one."""
    metrics = [await metric(ctx, f"m{number}", definition) for number, definition in enumerate(definitions)]
    told = [*roles, "primary", *["secondary"] * len(metrics)][: len(metrics)]
    uses = [{"metric_id": str(m.id), "role": role} for m, role in zip(metrics, told, strict=True)]
    made = await lives.create(
        ctx, hypothesis="More.", variants=list(variants), metrics=uses, settings=FIXED | (settings or {})
    )
    if start:
        made = await lives.act(ctx, made, Act.START)
        await began(ctx, made.id)
    return Trial(ctx, made, metrics)


async def began(ctx: Context, experiment: UUID, at: datetime = START) -> None:
    """As if it had been started then."""
    async with tenant_session(ctx) as session:
        statement = sa.text("UPDATE experiments SET started_at = :at WHERE id = :id")
        await session.execute(statement, {"at": at, "id": experiment})


def arm(results: Results, variant: str = "green", number: int = 0) -> ArmOutcome:
    """One variant on one metric."""
    return next(a for a in outcome(results, number).arms if a.variant == variant)


def outcome(results: Results, number: int = 0) -> MetricOutcome:
    """One metric."""
    return results.metrics[number]
