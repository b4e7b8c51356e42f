"""EXP-03: who saw which variant: each unit once, within a second, also as sites tell it; two variants conflict."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from enterprise_app.core import db as core_db
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Unavailable
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Entitlements, Limit
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.analytics.service import KeyOwner
from enterprise_app.domains.analytics.vocabulary import DoNotTrack
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import ExperimentNotFound
from enterprise_app.domains.experiments.manifest import VIEWS
from enterprise_app.domains.experiments.schemas import Experiment, Exposures
from enterprise_app.domains.experiments.service import exposing
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from tests.domains.experiments.lives import TWO, act, change, ready, running
from tests.factories import make_context

in_a_rollback = pytest.mark.usefixtures("db")
committed = pytest.mark.usefixtures("committed_db")


async def serve(ctx: Context, experiment: Experiment, *units: str) -> None:
    service.hear(None)
    for unit in units:
        await service.evaluate_flag(ctx, experiment.key, {"targetingKey": unit})


async def seen(ctx: Context, experiment: Experiment) -> Exposures:
    async with tenant_session(ctx) as session:
        return await service.get_exposures(session, ctx, experiment.id)


async def owner_of(ctx: Context) -> KeyOwner:
    free = Entitlements(limits={Limit.EVENTS: UNLIMITED})
    async with tenant_session(ctx) as session:
        from enterprise_app.domains.analytics.schemas import SourceDraft

        source = await analytics.create_source(session, ctx, SourceDraft(name="Site"))
    return KeyOwner(ctx.tenant_id, source.id, (), False, False, DoNotTrack.IGNORE, free)


def viewed(unit: str, at: datetime | None = None, *, name: str = "Experiment Viewed", **told: Any) -> dict[str, Any]:
    sent = {"type": "track", "event": name, "anonymousId": unit, "properties": told, "messageId": str(uuid4())}
    return sent | ({"timestamp": at.isoformat()} if at else {})


@in_a_rollback
async def test_a_unit_is_written_once_however_often_it_asks() -> None:
    ctx = make_context()
    experiment = await running(ctx)
    await serve(ctx, experiment, "a", "b", "a", "a")
    assert (await seen(ctx, experiment)).units == 0, "not on the way of the answer"
    await service.flush_exposures()
    await serve(ctx, experiment, "a", "b", "c")
    await service.flush_exposures()
    exposing.forget_units()  # another process
    await serve(ctx, experiment, "a", "b")
    await service.flush_exposures()
    found = await seen(ctx, experiment)
    assert (found.units, found.conflicted, sum(v.units for v in found.variants)) == (3, 0, 3)
    assert await _units_told() == ["2", "1"]


@in_a_rollback
async def test_groups_hold_everybody_and_nobody_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposing, "GROUP", 2)
    ctx = make_context()
    experiment = await running(ctx)
    await serve(ctx, experiment, *"abcde")
    await service.flush_exposures()
    assert (await seen(ctx, experiment)).units == 5
    await serve(ctx, experiment, *"abcde")
    assert not exposing._waiting


@in_a_rollback
async def test_of_very_many_units_the_oldest_are_forgotten_and_told_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposing, "MOST_KNOWN", 4)
    ctx = make_context()
    experiment = await running(ctx)
    await serve(ctx, experiment, *"abcdefghij")
    assert len(exposing._known) <= 4
    await serve(ctx, experiment, "a")
    await service.flush_exposures()
    assert (await seen(ctx, experiment)).units == 10


@in_a_rollback
async def test_only_who_takes_part_is_exposed() -> None:
    ctx = make_context()
    targeting = [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]
    experiment = await running(ctx, targeting=targeting)
    silent = await running(ctx, "Silent", settings={"exposed_when_served": False})
    draft = await ready(ctx, "Draft")
    await serve(ctx, experiment, "a")
    await serve(ctx, silent, "a")
    await serve(ctx, draft, "a")
    await service.evaluate_flag(ctx, experiment.key, {"targetingKey": "b", "plan": "pro"})
    await service.flush_exposures()
    assert [(await seen(ctx, e)).units for e in (experiment, silent, draft)] == [1, 0, 0]


@committed
async def test_exposures_are_written_within_a_second() -> None:
    ctx = make_context()
    experiment = await running(ctx)
    await serve(ctx, experiment, *(f"u-{n}" for n in range(50)))
    await asyncio.sleep(0.95)
    assert (await seen(ctx, experiment)).units == 50


@committed
async def test_while_the_database_is_away_exposures_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_context()
    experiment = await running(ctx)
    write = exposing.queries.write

    async def down(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(exposing.queries, "write", down)
    await serve(ctx, experiment, "a", "b")
    await asyncio.sleep(exposing.WRITE_AFTER + 0.2)
    monkeypatch.setattr(exposing.queries, "write", write)
    assert (await seen(ctx, experiment)).units == 0
    await asyncio.sleep(exposing.TRY_AGAIN_AFTER + 0.3)
    assert (await seen(ctx, experiment)).units == 2, "tried again, though nobody asked any more"


@committed
async def test_what_waits_for_long_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_context()
    experiment = await running(ctx)
    write = exposing.queries.write

    async def down(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(exposing, "MOST_WAITING", 2)
    monkeypatch.setattr(exposing.queries, "write", down)
    await serve(ctx, experiment, "a", "b")
    for _ in range(3):
        await service.flush_exposures()
    await serve(ctx, experiment, "c")
    monkeypatch.setattr(exposing.queries, "write", write)
    await service.flush_exposures()
    await serve(ctx, experiment, "d", "e")
    await service.flush_exposures()
    assert (await seen(ctx, experiment)).units == 4, "c was given up; there is room again for d and e"


@committed
async def test_processes_that_see_the_same_units_write_each_once() -> None:
    ctx = make_context()
    experiment = await running(ctx)
    told = [
        exposing.Exposure(experiment.id, UUID(int=n), "green" if n % 2 else "control", 1, now()) for n in range(1, 500)
    ]
    groups = [told, told[::-1], told[100:300], told[::3]]
    await asyncio.gather(*(exposing._write(ctx.tenant_id, group) for group in groups))
    found = await seen(ctx, experiment)
    assert (found.units, found.conflicted) == (499, 0)


@committed
async def test_two_processes_with_the_same_units_in_other_orders_do_not_deadlock() -> None:
    """Both hold their first unit and wait for the one in the middle; once it is free, each would need the other's."""
    ctx = make_context()
    experiment = await running(ctx)
    at = now()
    first, middle, last = (exposing.Exposure(experiment.id, UUID(int=n), "green", 1, at) for n in (1, 2, 3))
    async with tenant_session(ctx) as session:
        await exposing.queries.write(session, ctx.tenant_id, [middle])
        writing = [
            asyncio.create_task(exposing._write(ctx.tenant_id, order))
            for order in ([first, middle, last], [last, middle, first])
        ]
        await _until_waiting(2)
    assert await asyncio.gather(*writing, return_exceptions=True) == [None, None]
    found = await seen(ctx, experiment)
    assert (found.units, found.conflicted) == (3, 0)


async def _until_waiting(count: int) -> None:
    """Until so many sessions wait for another's lock."""
    waiting = sa.text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(5), core_db._current().system() as session:
        while await session.scalar(waiting) != count:
            await asyncio.sleep(0.01)


@in_a_rollback
@pytest.mark.parametrize("together", [True, False])
async def test_a_unit_in_two_variants_is_conflicted_and_counted_apart(together: bool) -> None:
    ctx = make_context()
    experiment = await running(ctx)
    at = now()
    a, b = UUID(int=1), UUID(int=2)
    told = [
        exposing.Exposure(experiment.id, a, "green", 1, at),
        exposing.Exposure(experiment.id, b, "green", 1, at),
        exposing.Exposure(experiment.id, a, "control", 1, at - timedelta(seconds=5)),
    ]
    for group in [told] if together else [[each] for each in told]:
        await exposing._write(ctx.tenant_id, group)
    found = await seen(ctx, experiment)
    assert (found.units, found.conflicted) == (1, 1)
    assert {v.variant: v.units for v in found.variants if v.units} == {"green": 1}
    async with tenant_session(ctx) as session:
        first = sa.text("SELECT first_at FROM experiment_exposures WHERE unit = :unit")
        assert await session.scalar(first, {"unit": a}) == at - timedelta(seconds=5)


@in_a_rollback
async def test_a_conflict_that_comes_with_a_later_group_is_kept_and_never_forgotten() -> None:
    ctx = make_context()
    experiment = await running(ctx)
    at = now()
    found = []
    for group in ([("green", 0)], [("green", 1), ("control", 2)], [("green", -1)]):
        await exposing._write(ctx.tenant_id, [_told(experiment, variant, at, minutes) for variant, minutes in group])
        counted = await seen(ctx, experiment)
        found.append((counted.units, counted.conflicted))
    assert found == [(1, 0), (0, 1), (0, 1)]
    assert await _units_told() == ["1"], "the same unit is no new one"


@in_a_rollback
async def test_the_first_exposure_is_the_earliest_in_whatever_order_they_come() -> None:
    ctx = make_context()
    experiment = await running(ctx)
    at = now()
    for minutes in (0, -2, -1):
        await exposing._write(ctx.tenant_id, [_told(experiment, "green", at, minutes)])
    assert [v.first_at for v in (await seen(ctx, experiment)).variants] == [at - timedelta(minutes=2)]


async def _units_told() -> list[str]:
    told = sa.text("SELECT payload->>'units' FROM event_outbox WHERE kind = 'experiment.units_exposed' ORDER BY seq")
    async with core_db._current().system() as session:
        return list(await session.scalars(told))


def _told(experiment: Experiment, variant: str, at: datetime, minutes: int) -> exposing.Exposure:
    return exposing.Exposure(experiment.id, UUID(int=1), variant, 1, at + timedelta(minutes=minutes))


@committed
async def test_sites_may_say_themselves_who_saw_what() -> None:
    ctx = make_context()
    await _tenant(ctx)
    experiment = await running(ctx)
    owner, key, id_ = await owner_of(ctx), experiment.key, str(experiment.id)
    messages = [
        viewed("a", experiment_id=key, variation_id="green"),
        viewed("a", experiment_id=key, variation_id="green"),
        viewed("b", experiment_id=id_, variation_id="control"),
        viewed("c", experiment_key=key, variant="control"),
        viewed("c", experiment_key=key, variant="green"),
        viewed("d", experiment_id=key, variation_id="red"),
        viewed("e", experiment_id="unknown", variation_id="green"),
        viewed("f", experiment_id=key),
        viewed("g", experiment_id={"a": 1}, variation_id=[1]),
        viewed("h", experiment_id=key, variation_id="green", name="Experiment Seen"),
        viewed("i", now() - timedelta(days=2), experiment_id=key, variation_id="green"),
    ]
    taken = await analytics.take_messages(owner, messages)
    assert taken.accepted == len(messages)
    async with core_db._current().system() as session:
        assert list(await session.scalars(sa.text(VIEWS.due))) == [ctx.tenant_id]
    while await service.take_views(ctx, limit=3):
        pass
    found = await seen(ctx, experiment)
    assert ({v.variant: v.units for v in found.variants}, found.conflicted) == ({"control": 1, "green": 1}, 1)
    async with core_db._current().system() as session:
        assert list(await session.scalars(sa.text(VIEWS.due))) == []
    assert (await analytics.take_messages(owner, messages)).duplicates == len(messages)
    assert await service.take_views(ctx) == 0, "a repeated message is no new view"


@committed
async def test_a_view_counts_for_the_plan_of_its_moment() -> None:
    ctx = make_context()
    await _tenant(ctx)
    experiment = await running(ctx)
    before = now()
    await asyncio.sleep(0.05)
    weights = [TWO[0] | {"weight": 0.9}, TWO[1] | {"weight": 0.1}]
    experiment = await change(ctx, experiment, variants=weights)
    after = now()
    await asyncio.sleep(0.05)
    experiment = await act(ctx, experiment, Act.STOP)
    owner = await owner_of(ctx)
    told: Any = {"experiment_id": experiment.key, "variation_id": "green"}
    await analytics.take_messages(owner, [viewed("a", before, **told), viewed("b", after, **told), viewed("c", **told)])
    await service.take_views(ctx)
    async with tenant_session(ctx) as session:
        versions = list(await session.scalars(sa.text("SELECT version FROM experiment_exposures ORDER BY version")))
    assert versions == [1, 2]


@in_a_rollback
async def test_of_another_tenants_experiment_nothing_is_said() -> None:
    ctx, other = make_context(), make_context()
    experiment = await running(ctx)
    async with tenant_session(other) as session:
        with pytest.raises(ExperimentNotFound):
            await service.get_exposures(session, other, experiment.id)


async def _tenant(ctx: Context) -> None:
    """Events are charged to a tenant that exists."""
    row = "INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES (:id, :slug, :slug, 'Acme', 'STARTER')"
    async with core_db._current().system() as session:
        await session.execute(sa.text(row), {"id": ctx.tenant_id, "slug": str(ctx.tenant_id)})


@in_a_rollback
async def test_several_experiments_are_counted_in_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, stranger = make_context(), make_context()
    one, two, idle = await running(ctx), await running(ctx, "Two"), await running(ctx, "Idle")
    foreign = await running(stranger, "Foreign")
    await serve(ctx, one, *(f"u-{n}" for n in range(20)))
    await serve(ctx, two, "a", "b", "c")
    await serve(stranger, foreign, "a")
    await service.flush_exposures()
    asked: list[str] = []
    async with tenant_session(ctx) as session:
        execute = session.execute

        async def counted(statement: Any, *rest: Any, **more: Any) -> Any:
            asked.append(str(statement))
            return await execute(statement, *rest, **more)

        monkeypatch.setattr(session, "execute", counted)
        wanted = [two.id, uuid4(), idle.id, foreign.id, one.id, two.id]
        found = (await service.list_exposures(session, ctx, wanted)).items
        nothing = (await service.list_exposures(session, ctx, [])).items
    assert [(item.experiment_id, item.units) for item in found] == [(two.id, 3), (idle.id, 0), (one.id, 20)]
    assert (found[1].variants, nothing, len(asked)) == ([], [], 1)
    for item, experiment in ((found[2], one), (found[0], two)):
        alone = await seen(ctx, experiment)
        assert (item.variants, item.conflicted) == (alone.variants, alone.conflicted)
