"""EXP-08: bandit mode: once a day a new plan version with weights that follow the results; nobody changes sides."""

from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa

from enterprise_app.core import cache
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.result_schemas import Results
from enterprise_app.domains.experiments.rules.stats.aggregates import Proportion
from enterprise_app.domains.experiments.rules.watching import reweighed
from enterprise_app.domains.experiments.schemas import Experiment, Variant
from enterprise_app.domains.experiments.service.watching import watch
from tests.domains.experiments import lives
from tests.domains.experiments.test_watching import job
from tests.domains.experiments.traffic import expose, forget_look
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")
THREE = [
    {"key": "control", "weight": 0.4, "is_control": True},
    {"key": "green", "weight": 0.3},
    {"key": "red", "weight": 0.3},
]


async def bandit(ctx: Context, rates: tuple[float, float, float], units: int = 800) -> Experiment:
    made = await lives.running(ctx, variants=THREE, settings={"allocation": "bandit"})
    shares = (0.4, 0.3, 0.3)
    for variant, rate, share in zip(("control", "green", "red"), rates, shares, strict=True):
        await expose(ctx, made, variant, round(3 * units * share), round(3 * units * share * rate))
    return made


async def weights(ctx: Context, experiment: Experiment) -> dict[str, float]:
    return {v.key: v.weight for v in (await lives.read(ctx, experiment)).variants}


async def results(ctx: Context, experiment: Experiment) -> Results:
    await cache.forget_all(ctx.tenant_id)
    async with tenant_session(ctx) as session:
        return await service.get_results(session, ctx, experiment.id)


async def test_weights_follow_what_does_better_and_nobody_is_given_up():
    ctx = make_context()
    made = await bandit(ctx, (0.10, 0.16, 0.05))
    await watch(job(ctx))
    found = await weights(ctx, made)
    assert found["green"] > 0.8
    assert min(found.values()) >= 0.05
    assert sum(found.values()) == pytest.approx(1)
    after = await lives.read(ctx, made)
    assert after.plan_version == 2
    async with tenant_session(ctx) as session:
        plans = (await service.list_plan_versions(session, ctx, made.id)).items
    assert [plan.version for plan in plans] == [2, 1]
    assert {v.key: v.weight for v in plans[1].variants} == {"control": 0.4, "green": 0.3, "red": 0.3}


async def test_where_less_is_better_they_follow_what_does_less():
    arms = [Proportion(1000, 100), Proportion(1000, 50), Proportion(1000, 160)]
    variants = [Variant.model_validate(v) for v in THREE]
    found = reweighed(variants, arms, higher_is_better=False)
    assert found is not None
    assert max(found, key=lambda v: v.weight).key == "green"


def test_weights_that_are_right_already_make_no_new_plan():
    arms = [Proportion(1000, 100), Proportion(1000, 120), Proportion(1000, 90)]
    variants = [Variant.model_validate(v) for v in THREE]
    found = reweighed(variants, arms, higher_is_better=True)
    assert found is not None
    assert reweighed(found, arms, higher_is_better=True) is None
    assert reweighed(variants, [*arms[:2], None], higher_is_better=True) is None


async def test_units_that_saw_a_variant_keep_it():
    ctx = make_context()
    made = await bandit(ctx, (0.10, 0.16, 0.05))
    before = await _exposed(ctx, made)
    await watch(job(ctx))
    assert await _exposed(ctx, made) == before


async def test_weights_move_once_a_day_however_often_it_is_looked():
    ctx = make_context()
    made = await bandit(ctx, (0.10, 0.16, 0.05))
    worker = replace(job(ctx), zone=_where_it_is_noon())
    await watch(worker)
    for variant, weight in (await weights(ctx, made)).items():
        await expose(ctx, made, variant, round(1000 * weight), round(90 * weight), version=2, batch="b")
    await forget_look(ctx, made, days=0.1)
    assert await watch(worker) == 1
    assert (await lives.read(ctx, made)).plan_version == 2
    await forget_look(ctx, made, days=1)
    await watch(worker)
    assert (await lives.read(ctx, made)).plan_version == 3


async def test_moved_weights_are_no_mismatch_and_are_told():
    ctx = make_context()
    made = await bandit(ctx, (0.10, 0.16, 0.05))
    await watch(job(ctx))
    now_split = await weights(ctx, made)
    for variant, weight in now_split.items():
        await expose(ctx, made, variant, round(2000 * weight), round(200 * weight), version=2, batch="b")
    told = await results(ctx, made)
    assert told.split is not None
    assert not told.split.suspicious
    assert "moving_weights" in {remark.code for remark in told.warnings}


async def test_looks_go_on_over_new_weights():
    ctx = make_context()
    made = await bandit(ctx, (0.10, 0.30, 0.05))
    await watch(job(ctx))
    early = next(arm for arm in (await results(ctx, made)).metrics[0].arms if arm.variant == "green").bounds
    await expose(ctx, made, "control", 900, 90, version=2, batch="b")
    await expose(ctx, made, "green", 900, 230, version=2, batch="b")
    late = next(arm for arm in (await results(ctx, made)).metrics[0].arms if arm.variant == "green").bounds
    assert early is not None
    assert late is not None
    assert late.p <= early.p
    assert late.low >= early.low


async def test_without_data_of_every_arm_weights_stay():
    ctx = make_context()
    made = await lives.running(ctx, variants=THREE, settings={"allocation": "bandit"})
    await expose(ctx, made, "control", 100, 10)
    await expose(ctx, made, "green", 100, 10)
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).plan_version == 1


async def test_a_bandit_names_no_winner_by_itself():
    ctx = make_context()
    made = await bandit(ctx, (0.10, 0.30, 0.05), units=2000)
    async with tenant_session(ctx) as session:
        await session.execute(sa.text("UPDATE experiments SET started_at = now() - interval '20 days'"))
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).decision is None
    async with tenant_session(ctx) as session:
        assert (await service.get_looks(session, ctx, made.id)).step == "review"


def _where_it_is_noon() -> str:
    """A zone where two hours and a half ago was the same day, whenever this runs."""
    return f"Etc/GMT{now().hour - 12:+d}"


async def _exposed(ctx: Context, experiment: Experiment) -> dict[UUID, str]:
    statement = sa.text("SELECT unit, variant FROM experiment_exposures WHERE experiment_id = :id")
    async with tenant_session(ctx) as session:
        return {row[0]: row[1] for row in await session.execute(statement, {"id": experiment.id})}
