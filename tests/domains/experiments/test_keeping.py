"""Kept sums of units and what changed since are, at any moment, exactly what a recount of all events says."""

import asyncio
import random
import signal
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from enterprise_app.core import db
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.metric_schemas import MetricChange
from enterprise_app.domains.experiments.queries import exposures, keeping_rows
from enterprise_app.domains.experiments.result_schemas import Results
from enterprise_app.domains.experiments.service import keeping
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from tests.conftest import SECRET_KEY
from tests.domains.experiments import lives
from tests.domains.experiments.events import START, write
from tests.domains.experiments.kept import World, mark, roll
from tests.domains.experiments.measured import MEDIAN, ORDERED, ROUNDS, SPENT, Trial, arm, outcome, trial
from tests.domains.experiments.recount import Seen
from tests.factories import make_context

ROOT = Path(__file__).parents[3]
ODD = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
CHANGES = ("expose", "happen", "pass_time", "stop", "delete", "redefine")
DEEDS = (*CHANGES, "happen", "pass_time", "roll", "refresh", "settle", "settle", "check")


async def world(ctx: Context, seed: int) -> World:
    """An experiment whose sums are kept from now on."""
    made = await lives.create(ctx, f"Button {seed}")
    async with tenant_session(ctx) as session:
        assert await keeping_rows.claim(session, ctx.tenant_id, made.id, now(), now())
    return World(ctx, made.id, random.Random(seed))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("deed", CHANGES)
async def test_one_change_after_all_was_kept(deed: str, seed: int) -> None:
    told = await world(make_context(), seed)
    for step in ("expose", "happen", "settle", deed, "check", "settle", "check"):
        await getattr(told, step)()


@pytest.mark.usefixtures("db")
@settings(max_examples=12, deadline=None, suppress_health_check=ODD, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32), deeds=st.lists(st.sampled_from(DEEDS), max_size=16))
async def test_whatever_happens_in_whatever_order(seed: int, deeds: list[str]) -> None:
    told = await world(make_context(), seed)
    for step in ("expose", "happen", "settle", *deeds, "check"):
        await getattr(told, step)()


@pytest.mark.usefixtures("db")
async def test_a_clock_that_goes_back_leaves_nothing_that_nobody_keeps_up() -> None:
    told = await world(make_context(), 1)
    early, late = UUID(int=1), UUID(int=2)
    units = {early: ("green", START, False), late: ("green", START + timedelta(days=5), False)}
    told.units, told.at = units, START + timedelta(days=6)
    await write(told.ctx, told.experiment, units, [])
    await told.settle()
    told.at = START + timedelta(days=3)
    events = [Seen(START + timedelta(days=2), late, name="Level", properties={"rounds": 4})]
    await write(told.ctx, told.experiment, {}, events)
    await mark(told.ctx, events)
    await told.settle()
    told.at = START + timedelta(days=6)
    await told.check()


@pytest.mark.usefixtures("db")
async def test_an_earlier_exposure_is_told_by_nobody_and_counts() -> None:
    told = await world(make_context(), 1)
    other, unit = UUID(int=1), UUID(int=2)
    units = {other: ("green", START, False), unit: ("green", START + timedelta(days=3), False)}
    events = [Seen(START + timedelta(days=2), unit, name="Level", properties={"rounds": 4})]
    told.units, told.at = units, START + timedelta(days=6)
    await write(told.ctx, told.experiment, units, events)
    await told.settle()
    earlier = START + timedelta(days=1)
    async with tenant_session(told.ctx) as session:
        seen = exposures.Exposure(told.experiment, unit, "green", 1, earlier)
        await exposures.write(session, told.ctx.tenant_id, [seen])
    told.units[unit] = ("green", earlier, False)
    await told.check()


async def scalar(ctx: Context, statement: str) -> Any:
    async with tenant_session(ctx) as session:
        return await session.scalar(sa.text(statement))


async def run(ctx: Context, statement: str) -> None:
    async with tenant_session(ctx) as session:
        await session.execute(sa.text(statement))


async def recounted(made: Trial) -> Results:
    """What all events say, as if nothing had ever been kept."""
    await run(made.ctx, "UPDATE experiment_keeping SET question = '-' || question")
    results = await made.results()
    await run(made.ctx, "UPDATE experiment_keeping SET question = substr(question, 2)")
    return results


async def check(made: Trial) -> Results:
    """What is shown is what a recount shows."""
    own, other = await made.results(), await recounted(made)
    assert _close(own.model_dump(exclude={"as_of"}), other.model_dump(exclude={"as_of"}))
    return own


def _close(own: Any, other: Any) -> bool:
    if isinstance(own, dict):
        return own.keys() == other.keys() and all(_close(own[key], other[key]) for key in own)
    if isinstance(own, list):
        return len(own) == len(other) and all(map(_close, own, other))
    return own == (pytest.approx(other, rel=1e-9, abs=1e-9) if isinstance(other, float) else other)


async def happened(made: Trial) -> None:
    """Store what was made up, with its marks."""
    events = made.events
    await made.store()
    await mark(made.ctx, events)


def some_life(made: Trial, seed: int = 1, count: int = 20) -> None:
    """Units of both variants that play and buy, some of them before they were exposed."""
    dice = random.Random(seed)
    for variant in ("control", "green"):
        for unit in made.expose(variant, count, at=START + timedelta(hours=dice.randrange(200))):
            made.level(unit, dice.randrange(50), hours=dice.randrange(-100, 100))
            if dice.random() < 0.5:
                paid = Decimal(dice.randrange(1, 5000)) / 100
                hours = dice.randrange(50)
                made.happens(unit, "Order Completed", hours=hours, revenue=paid, currency="EUR", order=f"o{unit}")


async def busy(ctx: Context) -> Trial:
    """A running experiment in which much happened."""
    made = await trial(ctx, [SPENT, ORDERED, ROUNDS | {"winsorise": 0.9}, MEDIAN], {"cuped": True})
    some_life(made)
    await happened(made)
    return made


async def keep(ctx: Context, minutes: int = 11) -> int:
    """As if so many minutes had passed, and the rollups were done."""
    await roll(ctx)
    await run(ctx, f"UPDATE experiment_keeping SET kept_at = kept_at - interval '{minutes} minutes'")
    return await keeping.keep_sums(ctx)


@pytest.fixture
def ctx(committed_db: DatabaseUrls) -> Context:
    """In a database with real commits, where days are not those of UTC."""
    return make_context(zone="Asia/Kathmandu")


async def test_kept_sums_are_what_is_read_and_what_came_since_is_added(ctx: Context) -> None:
    made = await busy(ctx)
    assert await keep(ctx) == 1
    await check(made)
    # Sums that nobody would count: so they are read.
    await run(ctx, "UPDATE experiment_unit_sums SET sums = array_fill(7::float8, ARRAY[9])")
    assert arm(await made.results(), number=2).value == 7
    unit = made.expose("green", at=START + timedelta(days=20))[0]
    made.level(unit, 27)
    await happened(made)
    assert arm(await made.results(), number=2).value == pytest.approx((20 * 7 + 7) / 21), "capped with all others"
    assert arm(await recounted(made), number=2).units == 21


async def test_a_refund_reaches_an_order_of_long_ago(ctx: Context) -> None:
    made = await busy(ctx)
    await keep(ctx)
    unit = made.expose("green")[0]
    made.happens(unit, "Order Completed", revenue=Decimal("12.34"), currency="EUR", order="dear")
    await happened(made)
    await keep(ctx)
    before = Decimal(outcome(await check(made)).arms[1].total or 0)
    stranger = made.expose("elsewhere")[0]
    made.happens(stranger, "Order Refunded", hours=700, revenue=Decimal("2.35"), order="dear")
    await happened(made)
    for _ in range(2):
        assert outcome(await check(made)).arms[1].total == str(before - Decimal("2.35"))
        await keep(ctx)


async def test_stopping_replanning_and_new_definitions_are_followed(ctx: Context) -> None:
    made = await busy(ctx)
    await keep(ctx)
    async with tenant_session(ctx) as session:
        other = MetricChange.model_validate({"definition": ORDERED | {"window_hours": 24}})
        await service.update_metric(session, ctx, made.metrics[1].id, made.metrics[1].version, other)
    await check(made)
    made.experiment = await lives.change(ctx, made.experiment, settings={"cuped": False, "monitoring": "fixed"})
    await run(ctx, f"UPDATE experiments SET started_at = '{START:%Y-%m-%d}Z'")
    await check(made)
    assert await keep(ctx) == 1
    await check(made)
    made.experiment = await lives.act(ctx, await lives.read(ctx, made.experiment), Act.STOP)
    await check(made)
    assert await keep(ctx) == 1
    some_life(made, 2, 3)
    await happened(made)
    await roll(ctx)
    await check(made)
    assert await scalar(ctx, "SELECT ended_at FROM experiment_keeping") == made.experiment.stopped_at
    assert await keep(ctx) == 1, "something came after the end"
    await check(made)


async def is_due(ctx: Context) -> bool:
    """As the worker asks, across tenants."""
    async with db._current().system() as session:
        return ctx.tenant_id in set(await session.scalars(sa.text(keeping_rows.DUE)))


async def test_a_decision_ends_the_keeping(ctx: Context) -> None:
    made = await busy(ctx)
    assert await is_due(ctx)
    await keep(ctx)
    assert not await is_due(ctx)
    before = await check(made)
    await lives.decide(ctx, await lives.read(ctx, made.experiment), "inconclusive")
    assert await scalar(ctx, "SELECT count(*) FROM experiment_unit_sums") == 40
    assert not await is_due(ctx)
    await run(ctx, "UPDATE experiment_keeping SET kept_at = kept_at - interval '61 minutes'")
    assert await is_due(ctx)
    assert await keep(ctx) == 1
    for table in ("experiment_unit_sums", "experiment_keeping", "analytics_followers", "analytics_followed"):
        assert await scalar(ctx, f"SELECT count(*) FROM {table}") == 0, table
    assert await keep(ctx) == 0
    frozen = await made.results()
    assert (frozen.frozen, outcome(frozen).arms[1].total) == (True, outcome(before).arms[1].total)


async def test_what_is_stored_while_a_worker_counts_is_not_lost(ctx: Context) -> None:
    made = await busy(ctx)
    await keep(ctx)
    unit = made.expose("green")[0]
    await made.store()
    async with tenant_session(ctx) as open_:
        event = {"tenant": ctx.tenant_id, "unit": unit, "at": START + timedelta(hours=3)}
        await open_.execute(sa.text(_EVENT), event)
        await open_.execute(sa.text("INSERT INTO analytics_dirty (tenant_id, slot_at) VALUES (:tenant, :at)"), event)
        assert await keeping.refresh_sums(ctx, made.experiment.id)
        assert arm(await made.results(), number=1).units == 21
        assert (await check(made)).metrics
    converted = await check(made)
    assert await keeping.refresh_sums(ctx, made.experiment.id)
    assert _close(converted.model_dump(exclude={"as_of"}), (await check(made)).model_dump(exclude={"as_of"}))


_EVENT = """
    INSERT INTO analytics_events (tenant_id, occurred_at, id, received_at, source_id, visitor_id, is_bot, type, name)
    VALUES (:tenant, :at, gen_random_uuid(), :at, :tenant, :unit, false, 'track', 'Order Completed')
"""


async def some_unit(ctx: Context) -> tuple[UUID, datetime]:
    """One of the green ones, and when it was exposed."""
    async with tenant_session(ctx) as session:
        chosen = sa.text(
            "SELECT unit, first_at FROM experiment_exposures WHERE variant = 'green' ORDER BY unit LIMIT 1"
        )
        row = (await session.execute(chosen)).one()
        return row.unit, row.first_at


async def test_events_changed_by_hand_are_counted_after_a_rebuild(ctx: Context) -> None:
    made = await busy(ctx)
    await keep(ctx)
    unit, first_at = await some_unit(ctx)
    made.events.append(Seen(first_at + timedelta(hours=2), unit, name="Level", properties={"rounds": 49}))
    await made.store()
    own, other = await made.results(), await recounted(made)
    assert arm(own, number=2).value != arm(other, number=2).value, "nobody was told"
    async with tenant_session(ctx) as session:
        await analytics.recount(session, ctx)
    await check(made)
    await keep(ctx)
    await check(made)


async def test_two_workers_at_once_count_as_one(ctx: Context) -> None:
    made = await busy(ctx)
    first, second = await asyncio.gather(keeping.keep_sums(ctx), keeping.keep_sums(ctx))
    assert first + second >= 1
    some_life(made, 3, 10)
    await happened(made)
    done = await asyncio.gather(*(keeping.refresh_sums(ctx, made.experiment.id) for _ in range(3)))
    assert any(done)
    await check(made)
    assert await scalar(ctx, "SELECT count(*) FROM experiment_unit_sums") == 60


async def test_workers_killed_at_any_point_lose_and_repeat_nothing(ctx: Context, committed_db: DatabaseUrls) -> None:
    made = await busy(ctx)
    await keep(ctx)
    for round_ in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.domains.experiments.keeper", committed_db.direct_admin, SECRET_KEY,
            str(ctx.tenant_id), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout
        assert await process.stdout.readline() == b"kept\n"
        for step in range(3):
            some_life(made, 10 * round_ + step, 2)
            await happened(made)
            await (roll(ctx) if step == 1 else asyncio.sleep(random.random() / 5))
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        assert arm(await made.results()).units == 20 + 6 * (round_ + 1)
        await check(made)
    assert await keep(ctx) == 1
    await check(made)
