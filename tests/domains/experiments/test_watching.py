"""EXP-05, 06, 07, 09: the watch over running experiments on a real database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from enterprise_app.core import cache, upkeep
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, Forbidden, NotFound
from enterprise_app.core.ids import new_id
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import WinnerNeedsUnits, WinnerUntrusted
from enterprise_app.domains.experiments.metric_schemas import MetricDraft
from enterprise_app.domains.experiments.queries import experiments, looks
from enterprise_app.domains.experiments.result_schemas import Looks, Results
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.service import watching
from enterprise_app.domains.experiments.service.watching import EVERY, WATCH, watch
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from enterprise_app.domains.experiments.vocabulary import ExperimentState
from tests.domains.experiments import lives
from tests.domains.experiments.traffic import age, do, expose, forget_look
from tests.factories import EVERYTHING, make_context

pytestmark = pytest.mark.usefixtures("db")


def job(ctx: Context) -> Context:
    """As the worker would."""
    return job_context(ctx.tenant_id, "experiments.watch", entitlements=EVERYTHING)


async def guarded(ctx: Context, **settings: Any) -> Experiment:
    """One that runs, with a guardrail: whether a visitor stays."""
    definition = {"kind": "proportion", "event": {"type": "track", "name": "Stayed"}}
    draft = MetricDraft.model_validate({"key": "stays", "name": "Stays", "definition": definition})
    async with tenant_session(ctx) as session:
        stays = (await service.create_metric(session, ctx, draft)).id
    uses = [
        {"metric_id": str(await lives.metric(ctx)), "role": "primary"},
        {"metric_id": str(stays), "role": "guardrail"},
    ]
    return await lives.running(ctx, "Guarded", metrics=uses, settings=settings)


async def clear(ctx: Context, experiment: Experiment, *, days: float = 20) -> None:
    """Green wins clearly, after so many days."""
    await age(ctx, experiment, days)
    await expose(ctx, experiment, "control", 1500, 150)
    await expose(ctx, experiment, "green", 1500, 330)


async def seen(ctx: Context, experiment: Experiment) -> Looks:
    async with tenant_session(ctx) as session:
        return await service.get_looks(session, ctx, experiment.id)


async def results(ctx: Context, experiment: Experiment) -> Results:
    await cache.forget_all(ctx.tenant_id)
    async with tenant_session(ctx) as session:
        return await service.get_results(session, ctx, experiment.id)


async def published(ctx: Context, kind: str) -> list[Any]:
    async with tenant_session(ctx) as session:
        rows = await session.execute(sa.text("SELECT payload FROM event_outbox WHERE kind = :k"), {"k": kind})
        return list(rows.scalars())


async def test_a_winner_is_declared_with_its_results_frozen():
    ctx = make_context()
    made = await lives.running(ctx)
    await clear(ctx, made)
    assert await watch(job(ctx)) == 1
    after = await lives.read(ctx, made)
    assert after.state is ExperimentState.STOPPED
    assert after.decision is not None
    assert (after.decision.outcome, after.decision.variant, after.decision.automatic) == ("ship", "green", True)
    frozen = await results(ctx, made)
    assert frozen.frozen
    assert frozen.metrics[0].arms[1].confirmed
    [told] = await published(ctx, "experiment.decided")
    assert (told["variant"], told["automatic"]) == ("green", True)
    await expose(ctx, made, "green", 5000, 0, batch="late")
    assert await results(ctx, made) == frozen


@pytest.mark.parametrize(
    ("settings", "days", "step", "ground"),
    [
        ({}, 5, "continue", "before_days"),
        ({"auto_winner": False}, 20, "review", "automatic_off"),
        ({"min_units": 2000}, 20, "continue", "below_minimum"),
        ({"allocation": "bandit"}, 20, "review", "automatic_off"),
    ],
)
async def test_otherwise_nothing_is_declared(settings: Any, days: float, step: str, ground: str):
    ctx = make_context()
    made = await lives.running(ctx, settings=settings)
    await clear(ctx, made, days=days)
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).decision is None
    told = await seen(ctx, made)
    assert told.step == step
    assert ground in told.grounds


async def test_a_split_that_is_not_as_planned_goes_to_people_once():
    ctx = make_context()
    made = await lives.running(ctx)
    await age(ctx, made, 20)
    await expose(ctx, made, "control", 1500, 150)
    await expose(ctx, made, "green", 2200, 600)
    for _ in range(2):
        await watch(job(ctx))
        await forget_look(ctx, made)
    assert (await lives.read(ctx, made)).state is ExperimentState.RUNNING
    told = await seen(ctx, made)
    assert (told.step, told.grounds) == ("review", ["split_mismatch"])
    [event] = await published(ctx, "experiment.advised")
    assert (event["step"], event["grounds"]) == ("review", ["split_mismatch"])


async def test_a_mismatch_that_was_seen_is_not_forgotten_when_later_units_hide_it():
    ctx = make_context()
    made = await lives.running(ctx)
    await age(ctx, made, 20)
    await expose(ctx, made, "control", 1500, 150)
    await expose(ctx, made, "green", 2200, 600)
    await watch(job(ctx))
    await expose(ctx, made, "control", 700, 70, batch="b")
    even = (await results(ctx, made)).split
    assert even is not None
    assert even.any_time_p is not None
    assert even.any_time_p < 0.001
    for _ in range(2):
        await forget_look(ctx, made)
        await watch(job(ctx))
    assert (await lives.read(ctx, made)).decision is None
    assert (await seen(ctx, made)).grounds == ["split_mismatch"]


async def test_what_was_stopped_since_it_was_due_is_not_looked_at():
    ctx = make_context()
    made = await lives.running(ctx)
    await clear(ctx, made)
    await lives.act(ctx, made, Act.STOP)
    async with tenant_session(ctx) as session:
        await watching.look(session, job(ctx), made.id, before=now())
        await watching.look(session, job(ctx), new_id(), before=now())
    told = await seen(ctx, made)
    assert (told.looked_at, told.items) == (None, [])


async def test_the_published_mismatch_blocks_while_it_runs():
    """5,200 against 4,800 (EXP-06): p 6.3e-5 by chi², 0.027 by the test that holds over all looks."""
    ctx = make_context()
    made = await lives.running(ctx)
    await age(ctx, made, 20)
    await expose(ctx, made, "control", 5200, 520)
    await expose(ctx, made, "green", 4800, 960)
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).state is ExperimentState.RUNNING
    assert ((told := await seen(ctx, made)).step, told.grounds) == ("review", ["split_mismatch"])
    split = (await results(ctx, made)).split
    assert split is not None
    assert (split.p, split.any_time_p) == (pytest.approx(6.3e-5, abs=5e-7), pytest.approx(0.027, abs=5e-4))
    assert split.suspicious


async def harmed(ctx: Context, **settings: Any) -> Experiment:
    made = await guarded(ctx, **settings)
    await expose(ctx, made, "control", 600, 60)
    await expose(ctx, made, "green", 600, 90)
    await do(ctx, made, "control", 300, "Stayed")
    await do(ctx, made, "green", 100, "Stayed")
    return made


async def test_a_harmed_guardrail_stops_the_experiment_below_the_minimum_already():
    ctx = make_context()
    made = await harmed(ctx)
    await watch(job(ctx))
    after = await lives.read(ctx, made)
    assert (after.state, after.decision) == (ExperimentState.STOPPED, None)
    told = await seen(ctx, made)
    assert (told.step, told.variant, told.grounds) == ("stop", "green", ["guardrail_harmed"])
    assert len(await published(ctx, "experiment.advised")) == 1
    assert await watch(job(ctx)) == 0


async def test_or_ramps_it_down_until_nobody_takes_part():
    ctx = make_context()
    made = await harmed(ctx, guardrail_action="ramp_down")
    covered = []
    for _ in range(7):
        await watch(job(ctx))
        await forget_look(ctx, made)
        covered.append((await lives.read(ctx, made)).coverage)
    assert covered == [0.5, 0.25, 0.125, 0.0625, 0, 0, 0]
    after = await lives.read(ctx, made)
    assert (after.state, after.version) == (ExperimentState.RUNNING, made.version + 5), "nobody is not made less"


async def test_or_only_tells_people():
    ctx = make_context()
    made = await harmed(ctx, guardrail_action="review")
    await watch(job(ctx))
    after = await lives.read(ctx, made)
    assert (after.state, after.coverage) == (ExperimentState.RUNNING, 1)
    assert len(await published(ctx, "experiment.advised")) == 1


async def test_a_winner_with_a_harmed_guardrail_is_not_declared():
    ctx = make_context()
    made = await guarded(ctx)
    await clear(ctx, made)
    await do(ctx, made, "control", 900, "Stayed")
    await do(ctx, made, "green", 300, "Stayed")
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).decision is None


@pytest.mark.parametrize("action", ["stop", "ramp_down", "review"])
async def test_an_unharmed_guardrail_hinders_nothing(action: str):
    ctx = make_context()
    made = await guarded(ctx, guardrail_action=action)
    await clear(ctx, made)
    await do(ctx, made, "control", 700, "Stayed")
    await do(ctx, made, "green", 720, "Stayed")
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).decision is not None


async def test_by_hand_no_winner_below_the_minimum_sample_but_an_end():
    ctx = make_context()
    made = await lives.running(ctx)
    await expose(ctx, made, "control", 400, 20)
    await expose(ctx, made, "green", 400, 200)
    with pytest.raises(WinnerNeedsUnits) as refused:
        await lives.decide(ctx, made, "ship", "green")
    assert refused.value.params["least"] == 1000
    assert (await lives.read(ctx, made)).state is ExperimentState.RUNNING
    assert (await lives.decide(ctx, await lives.read(ctx, made), "inconclusive")).decision is not None


async def test_by_hand_no_winner_of_a_wrong_split():
    ctx = make_context()
    made = await lives.running(ctx)
    await expose(ctx, made, "control", 1500, 150)
    await expose(ctx, made, "green", 2200, 600)
    with pytest.raises(WinnerUntrusted):
        await lives.decide(ctx, made, "ship", "green")


async def test_looks_are_stored_by_day_and_hold_together():
    ctx = make_context()
    made = await lives.running(ctx)
    await expose(ctx, made, "control", 600, 60)
    await expose(ctx, made, "green", 600, 110)
    await watch(job(ctx))
    first = next(one for one in (await seen(ctx, made)).items if one.variant == "green")
    assert first.p is not None
    await expose(ctx, made, "control", 600, 78, batch="b")
    await expose(ctx, made, "green", 600, 80, batch="b")
    now_seen = (await results(ctx, made)).metrics[0].arms[1]
    assert now_seen.bounds is not None
    assert first.low is not None
    assert first.high is not None
    assert now_seen.bounds.low >= first.low
    assert now_seen.bounds.high <= first.high
    assert now_seen.bounds.p <= first.p
    assert now_seen.difference is not None
    assert now_seen.difference.p > 0.001
    await forget_look(ctx, made)
    await watch(job(ctx))
    again = [one for one in (await seen(ctx, made)).items if one.variant == "green"]
    assert [one.units for one in again] == [1200]


async def test_an_effect_that_turns_around_is_not_confirmed():
    ctx = make_context()
    made = await lives.running(ctx)
    await age(ctx, made, 20)
    await expose(ctx, made, "control", 1000, 100)
    await expose(ctx, made, "green", 1000, 300, days_ago=3)
    await forget_look(ctx, made)
    await lives.change(ctx, made, settings={"auto_winner": False})
    await watch(job(ctx))
    await expose(ctx, made, "control", 3000, 900, batch="b")
    await expose(ctx, made, "green", 3000, 200, batch="b")
    told = await results(ctx, made)
    assert "drift" in {remark.code for remark in told.warnings}
    assert not told.metrics[0].arms[1].confirmed


async def test_other_settings_begin_the_looks_anew():
    ctx = make_context()
    made = await lives.running(ctx)
    await expose(ctx, made, "control", 600, 60)
    await expose(ctx, made, "green", 600, 140)
    await watch(job(ctx))
    early = next(one for one in (await seen(ctx, made)).items if one.variant == "green")
    changed = await lives.change(ctx, await lives.read(ctx, made), settings={"alpha": 0.01})
    await expose(ctx, changed, "control", 600, 72, batch="b")
    await expose(ctx, changed, "green", 600, 90, batch="b")
    bounds = (await results(ctx, made)).metrics[0].arms[1].bounds
    assert bounds is not None
    assert early.p is not None
    assert bounds.p > early.p


async def test_a_fixed_test_is_not_won_by_looking_again():
    ctx = make_context()
    made = await lives.running(ctx, settings={"monitoring": "fixed"})
    await age(ctx, made, 20)
    await expose(ctx, made, "control", 1100, 110)
    await expose(ctx, made, "green", 1100, 112)
    await watch(job(ctx))
    assert (await seen(ctx, made)).grounds == ["plan_reached", "not_significant"]
    await expose(ctx, made, "control", 900, 60, batch="b")
    await expose(ctx, made, "green", 900, 160, batch="b")
    await forget_look(ctx, made)
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).decision is None
    assert (await seen(ctx, made)).step == "review"
    advice = (await results(ctx, made)).advice
    assert advice is not None
    assert (advice.step, advice.grounds) == ("review", ["plan_reached", "not_significant"])


async def test_but_at_its_first_look_after_the_plan():
    ctx = make_context()
    made = await lives.running(ctx, settings={"monitoring": "fixed"})
    await clear(ctx, made)
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).decision is not None


async def test_weights_that_were_changed_are_no_mismatch_but_need_a_person():
    ctx = make_context()
    made = await lives.running(ctx)
    await age(ctx, made, 20)
    await expose(ctx, made, "control", 1500, 150)
    await expose(ctx, made, "green", 1500, 330)
    ramped = [v.model_dump() | {"weight": w} for v, w in zip(made.variants, (0.1, 0.9), strict=True)]
    await lives.change(ctx, made, variants=ramped)
    await expose(ctx, made, "control", 200, 20, version=2, batch="b")
    await expose(ctx, made, "green", 1800, 400, version=2, batch="b")
    told = await results(ctx, made)
    assert told.split is not None
    assert not told.split.suspicious
    assert [round(u.expected) for u in told.units] == [1700, 3300]
    assert "moving_weights" in {remark.code for remark in told.warnings}
    await watch(job(ctx))
    assert (await lives.read(ctx, made)).decision is None
    assert (await seen(ctx, made)).step == "review"


async def test_a_look_that_fails_is_told_and_does_not_hold_up_others(monkeypatch: pytest.MonkeyPatch):
    ctx = make_context()
    one, other = await lives.running(ctx, "One"), await lives.running(ctx, "Other")
    await expose(ctx, other, "control", 50)
    await expose(ctx, other, "green", 50)
    usual = watching.measure

    async def failing(session: Any, ctx: Context, row: Any, **kw: Any) -> Results:
        if row.id == one.id:
            await session.execute(sa.text("SELECT 1 / 0"))
        return await usual(session, ctx, row, **kw)

    monkeypatch.setattr(watching, "measure", failing)
    assert await watch(job(ctx)) == 2
    assert (await seen(ctx, one)).failure == "results_unavailable"
    assert (await seen(ctx, other)).failure is None
    assert (await seen(ctx, other)).items
    assert await watch(job(ctx)) == 0


async def test_a_refused_deed_goes_to_people():
    ctx = make_context()
    made = await lives.running(ctx)
    await clear(ctx, made)
    await watch(replace(job(ctx), read_only=True))
    told = await seen(ctx, made)
    assert told.step == "review"
    assert told.failure
    assert (await lives.read(ctx, made)).state is ExperimentState.RUNNING


async def test_a_deed_that_is_refused_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    ctx = make_context()
    made = await lives.running(ctx)
    await clear(ctx, made)
    usual = watching.decide_experiment

    async def refused_late(session: Any, ctx: Context, *args: Any) -> Experiment:
        await usual(session, ctx, *args)
        raise Conflict("version_conflict")

    monkeypatch.setattr(watching, "decide_experiment", refused_late)
    await watch(job(ctx))
    after = await lives.read(ctx, made)
    assert (after.state, after.decision) == (ExperimentState.RUNNING, None)
    assert ((told := await seen(ctx, made)).step, told.failure) == ("review", "version_conflict")
    assert await published(ctx, "experiment.decided") == []


async def test_only_running_experiments_are_due_and_only_once_an_hour():
    ctx = make_context()
    made = await lives.running(ctx)
    await lives.create(ctx, "Draft")

    async def due() -> bool:
        return ctx.tenant_id in await upkeep._due(WATCH)

    assert await due()
    assert await watch(job(ctx)) == 1
    assert not await due()
    other = await lives.running(ctx, "Other")
    assert await due(), "a look at one is none at another"
    assert await watch(job(ctx)) == 1
    await lives.act(ctx, other, Act.PAUSE)
    assert not await due()
    await forget_look(ctx, made)
    assert await due()
    await lives.act(ctx, made, Act.PAUSE)
    assert not await due()
    assert await watch(job(ctx)) == 0
    assert timedelta(hours=1) == EVERY
    assert "interval '1 hour'" in looks.DUE


async def test_to_go_on_is_no_news():
    ctx = make_context()
    made = await lives.running(ctx)
    await clear(ctx, made, days=5)
    await watch(job(ctx))
    assert (await seen(ctx, made)).step == "continue"
    assert await published(ctx, "experiment.advised") == []


async def test_since_when_it_is_advised_is_told():
    ctx = make_context()
    made = await lives.running(ctx, settings={"auto_winner": False})
    await clear(ctx, made)
    told = []
    for change in (None, None, "2 days"):
        if change:
            await age(ctx, made, 2)  # too few days again: other advice
        await watch(job(ctx))
        told.append(await seen(ctx, made))
        await forget_look(ctx, made)
    first, again, other = told
    assert first.since == first.looked_at
    assert (again.step, again.since) == (first.step, first.since)
    assert again.looked_at != first.looked_at
    assert (other.step, other.since) == ("continue", other.looked_at)


async def test_what_waits_longest_comes_first():
    ctx = make_context()
    one, other = await lives.running(ctx, "One"), await lives.running(ctx, "Other")
    await watch(job(ctx))
    await forget_look(ctx, one, days=0.1)
    await forget_look(ctx, other, days=0.2)
    never = await lives.running(ctx, "Never looked at")
    async with tenant_session(ctx) as session:
        assert await looks.due(session, now() - EVERY) == [never.id, other.id, one.id]


async def test_two_workers_do_not_look_at_once():
    ctx = make_context()
    made = await lives.running(ctx)
    async with tenant_session(ctx) as session:
        row = await experiments.find_row(session, made.id)
        assert row is not None
        assert await looks.claim(session, row, now() - EVERY) is not None
        await looks.set_watch(session, row.id, {"looked_at": now()})
        assert await looks.claim(session, row, now() - EVERY) is None


async def test_looks_are_the_tenants_own():
    ctx, stranger = make_context(), make_context()
    made = await lives.running(ctx)
    await watch(job(ctx))
    with pytest.raises(NotFound):
        await seen(stranger, made)
    with pytest.raises(Forbidden):
        await seen(replace(ctx, permissions=frozenset()), made)
    with pytest.raises(NotFound):
        async with tenant_session(ctx) as session:
            await service.get_looks(session, ctx, new_id())
