"""A test from elsewhere may have begun and ended before it is told here (EXP-01, ANA-02)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.metric_schemas import MetricChange
from enterprise_app.domains.experiments.schemas import Experiment, PlanVersion, StartDraft
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from tests.domains.experiments import traffic
from tests.domains.experiments.lives import act, change, column, metric, ready, running
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")
ELSEWHERE: dict[str, Any] = {"settings": {"exposed_when_served": False}}
BEGAN = now().replace(microsecond=0) - timedelta(days=30)


async def elsewhere(ctx: Context, name: str = "Mail") -> Experiment:
    """A draft of a test that nobody here serves."""
    return await ready(ctx, name, **ELSEWHERE)


async def plans(ctx: Context, experiment: Experiment) -> list[PlanVersion]:
    async with tenant_session(ctx) as session:
        return (await service.list_plan_versions(session, ctx, experiment.id)).items


async def refused(ctx: Context, experiment: Experiment, action: Act, at: datetime) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as problem:
        await act(ctx, experiment, action, at=at)
    return [(p.field, p.code) for p in problem.value.problems]


async def test_it_began_and_ended_when_it_did() -> None:
    ctx = make_context()
    started = await act(ctx, await elsewhere(ctx), Act.START, at=BEGAN)
    (plan,) = await plans(ctx, started)
    assert (started.started_at, plan.started_at) == (BEGAN, BEGAN)
    assert now() - plan.frozen_at < timedelta(minutes=1), "its metrics are those of now"
    stopped = await act(ctx, started, Act.STOP, at=BEGAN + timedelta(days=14))
    (plan,) = await plans(ctx, stopped)
    assert stopped.stopped_at == plan.ended_at == BEGAN + timedelta(days=14)
    told = await column(ctx, "SELECT after->>'started_at' FROM audit_log WHERE verb = 'experiment.started'")
    assert [datetime.fromisoformat(at) for at in told] == [BEGAN]


async def test_times_that_cannot_be_are_refused() -> None:
    ctx = make_context()
    draft, later = await elsewhere(ctx), now() + timedelta(hours=1)
    assert await refused(ctx, draft, Act.START, later) == [("started_at", "experiment_past_future")]
    started = await act(ctx, draft, Act.START, at=BEGAN)
    before = BEGAN - timedelta(seconds=1)
    assert await refused(ctx, started, Act.STOP, before) == [("stopped_at", "experiment_past_order")]
    assert await refused(ctx, started, Act.STOP, later) == [("stopped_at", "experiment_past_future")]
    replanned = await change(ctx, started, coverage=0.5)
    assert await refused(ctx, replanned, Act.STOP, BEGAN) == [("stopped_at", "experiment_past_order")]


async def test_what_our_flag_serves_begins_now() -> None:
    ctx = make_context()
    assert await refused(ctx, await ready(ctx), Act.START, BEGAN) == [("started_at", "experiment_past_served")]
    served = await running(ctx, "Served")
    assert await refused(ctx, served, Act.STOP, now()) == [("stopped_at", "experiment_past_served")]


async def test_metrics_are_those_of_the_moment_it_was_told() -> None:
    """Not those that were in force when it began: then there was none."""
    ctx = make_context()
    metric_id = await metric(ctx, "signups")
    changed = {"definition": {"kind": "proportion", "event": {"type": "track", "name": "Signed Up"}}}
    async with tenant_session(ctx) as session:
        await service.update_metric(session, ctx, metric_id, 1, MetricChange.model_validate(changed))
    uses = [{"metric_id": str(metric_id), "role": "primary"}]
    started = await act(ctx, await ready(ctx, metrics=uses, **ELSEWHERE), Act.START, at=BEGAN)
    await traffic.expose(ctx, started, "green", 5, 3, event="Signed Up", days_ago=20)
    async with tenant_session(ctx) as session:
        found = await service.get_results(session, ctx, started.id)
    (outcome,) = found.metrics
    assert (outcome.definition_version, [(a.units, a.value) for a in outcome.arms]) == (2, [(0, None), (5, 0.6)])


async def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="results_time_zone"):
        StartDraft.model_validate({"started_at": "2026-05-01T00:00:00"})
    assert StartDraft.model_validate({"started_at": "2026-05-01T00:00:00Z"}).started_at == datetime(
        2026, 5, 1, tzinfo=UTC
    )
