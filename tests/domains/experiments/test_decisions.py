"""Deciding an experiment: a winner needs its sample and a good split; results are frozen, the flag follows."""

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, Invalid, NotFound
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import ExperimentSettled, WinnerNeedsUnits, WinnerUntrusted
from enterprise_app.domains.experiments.flag_schemas import Serve
from enterprise_app.domains.experiments.schemas import Experiment, Winner
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from tests.domains.experiments.lives import act, change, column, create, decide, expose, own_flag, read, ready, running
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")


def problems(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refused.value.problems]


async def winner(ctx: Context, experiment: Experiment) -> Winner:
    async with tenant_session(ctx) as session:
        return await service.get_winner(session, ctx, experiment.id)


async def test_shipping_needs_the_minimum_sample() -> None:
    ctx = make_context()
    made = await running(ctx, settings={"min_units": 30})
    with pytest.raises(WinnerNeedsUnits) as refused:
        await decide(ctx, made, "ship", "green")
    assert refused.value.params == {"variant": "green", "least": 30}
    await expose(ctx, made, control=40, green=29)
    with pytest.raises(WinnerNeedsUnits):
        await decide(ctx, made, "ship", "green")
    assert await read(ctx, made) == made, "it still runs"
    assert (await winner(ctx, made)).variant is None


async def test_a_mismatch_of_the_split_blocks_a_winner() -> None:
    ctx = make_context()
    made = await running(ctx, settings={"min_units": 30})
    await expose(ctx, made, control=200, green=80)
    with pytest.raises(WinnerUntrusted) as refused:
        await decide(ctx, made, "ship", "green")
    assert refused.value.params == {"variant": "green", "grounds": "split_mismatch"}
    advised = await winner(ctx, made)
    assert (advised.decided, advised.step, advised.variant) == (False, "review", None)
    assert (await decide(ctx, made, "rollback")).decision is not None


@pytest.mark.parametrize(
    ("outcome", "variant", "code"),
    [
        ("ship", None, "decision_variant"),
        ("ship", "red", "decision_variant"),
        ("ship", "control", "decision_variant"),
        ("rollback", "green", "decision_variant_unwanted"),
    ],
)
async def test_a_decision_names_what_it_ships(outcome: str, variant: str | None, code: str) -> None:
    ctx = make_context()
    made = await running(ctx)
    with pytest.raises(Invalid) as refused:
        await decide(ctx, made, outcome, variant)
    assert problems(refused) == [("variant", code)]


async def test_a_shipped_variant_is_what_everybody_gets_with_frozen_results() -> None:
    ctx = make_context()
    made = await running(ctx, settings={"min_units": 30, "monitoring": "fixed"})
    await expose(ctx, made, control=60, green=60)
    await convert(ctx, made, control=20, green=40)
    decided = await decide(ctx, made, "ship", "green")
    decision = decided.decision
    assert decision is not None
    assert (decided.state, decision.outcome, decision.variant, decision.served) == ("stopped", "ship", "green", "green")
    assert (decision.automatic, decision.decided_by, decision.plan_version) == (False, ctx.actor.id, 1)
    flag = await own_flag(ctx, made)
    assert (flag.rules, flag.serve, flag.off_variation) == ([], Serve(variation="green"), "control")
    async with tenant_session(ctx) as session:
        frozen = await service.get_results(session, ctx, made.id)
    assert (frozen.frozen, [u.units for u in frozen.units]) == (True, [60, 60])
    assert frozen.metrics[0].arms[1].value == pytest.approx(40 / 60)
    found = await winner(ctx, made)
    assert (found.decided, found.variant, found.step, found.decision) == (True, "green", None, decision)
    kinds = await column(ctx, "SELECT kind FROM event_outbox")
    assert {"experiment.stopped", "experiment.decided"} <= set(kinds)
    assert [e.decision for e in await listed(ctx)] == [decision]
    await settled(ctx, decided)
    await act(ctx, decided, Act.ARCHIVE)
    flag = await own_flag(ctx, made)
    assert (flag.archived_at, flag.serve) == (None, Serve(variation="green")), "what was shipped stays"


async def settled(ctx: Context, decided: Experiment) -> None:
    """Nothing of it moves any more."""
    with pytest.raises(ExperimentSettled):
        await change(ctx, decided, name="Other")
    with pytest.raises(ExperimentSettled):
        await decide(ctx, decided, "rollback")


async def listed(ctx: Context) -> Sequence[Experiment]:
    async with tenant_session(ctx) as session:
        return (await service.list_experiments(session, ctx, service.EXPERIMENTS.parse())).items


async def convert(ctx: Context, experiment: Experiment, **units: int) -> None:
    """So many units of each variant order right after they were exposed."""
    async with tenant_session(ctx) as session:
        for variant, count in units.items():
            await session.execute(ORDERS, {"experiment": experiment.id, "variant": variant, "count": count})


ORDERS = sa.text("""
    INSERT INTO analytics_events
        (tenant_id, id, type, name, visitor_id, occurred_at, received_at, source_id, is_bot, properties)
    SELECT tenant_id, gen_random_uuid(), 'track', 'Order Completed', unit, first_at + interval '1 millisecond',
        first_at, tenant_id, false, '{}'
    FROM experiment_exposures WHERE experiment_id = :experiment AND variant = :variant LIMIT :count
""")


async def test_a_stopped_experiment_can_be_decided_and_a_draft_not() -> None:
    ctx = make_context()
    stopped = await act(ctx, await running(ctx), Act.STOP)
    decided = await decide(ctx, stopped, "inconclusive")
    assert decided.decision is not None
    assert (decided.stopped_at, decided.decision.served) == (stopped.stopped_at, "control")
    with pytest.raises(Conflict) as refused:
        await decide(ctx, await ready(ctx, "Draft"), "inconclusive")
    assert refused.value.params == {"action": "decide", "state": "draft", "allowed": "running, stopped"}


async def test_a_job_decides_automatically() -> None:
    ctx = make_context()
    made = await running(ctx)
    decided = await decide(job_context(ctx.tenant_id, "experiments.watch"), made, "rollback")
    assert decided.decision is not None
    assert (decided.decision.automatic, decided.decision.decided_by) == (True, None)


async def test_the_winner_of_a_draft_is_not_known() -> None:
    ctx = make_context()
    found = await winner(ctx, await create(ctx))
    assert (found.decided, found.variant, found.step, found.origin) == (False, None, None, None)


async def test_the_winner_of_another_tenants_is_not_there() -> None:
    made = await running(make_context())
    with pytest.raises(NotFound):
        await winner(make_context(), made)
