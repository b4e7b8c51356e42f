"""Results of the same test from another tool, typed in on a page and analysed as if measured."""

import statistics
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from scipy import stats

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.result_schemas import Results
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.vocabulary import DecisionOutcome
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from enterprise_app.web.pages.experiments.actions import ExperimentHeadState
from enterprise_app.web.pages.experiments.elsewhere import ElsewhereState, sums_of
from enterprise_app.web.pages.experiments.shapes import line_of
from enterprise_app.web.pages.experiments.state import ExperimentsState
from tests.domains.experiments import lives
from tests.domains.experiments.measured import metric
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner
from tests.web.pages.test_people import at

__all__ = ["act_as", "owner"]
ORDER = {"name": "Order Completed"}
DEFINITIONS: dict[str, dict[str, Any]] = {
    "orders": {"kind": "proportion", "event": ORDER},
    "revenue": {"kind": "revenue", "event": ORDER | {"value": "revenue"}, "currency": "EUR"},
    "median": {"kind": "percentile", "event": ORDER | {"value": "revenue"}, "percentile": 0.5, "currency": "EUR"},
}


async def experiment_of(ctx: Context) -> Experiment:
    made = [await metric(ctx, key, definition) for key, definition in DEFINITIONS.items()]
    uses = [{"metric_id": str(m.id), "role": "secondary" if n else "primary"} for n, m in enumerate(made)]
    return await lives.create(ctx, "Mail", hypothesis="More.", variants=lives.TWO, metrics=uses)


async def submitted(ctx: Context, experiment_id: UUID) -> list[Results]:
    async with tenant_session(ctx) as session:
        return [one.results for one in (await service.list_external_results(session, ctx, experiment_id)).items]


async def filled(root: Any, rows: list[dict[str, str]], **form: str) -> Any:
    """The form with these rows, in the order in which they stand."""
    state = await _call(root, ElsewhereState, "load")
    typed = {f"{arm.id}-{word}": text for arm, row in zip(state.arms, rows, strict=False) for word, text in row.items()}
    return await _call(root, ElsewhereState, "save", form=form | typed)


def test_a_mean_and_a_deviation_say_the_sums() -> None:
    values = [0.0, 0.0, 12.5, 7.0, 0.0, 31.25]
    made = sums_of(len(values), statistics.mean(values), statistics.stdev(values))
    assert made == pytest.approx({"total": sum(values), "squares": sum(v * v for v in values)})
    assert sums_of(1, 4.0, 0.0) == {"total": 4.0, "squares": 16.0}


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_typed_is_analysed(db: JoinedSource, owner: Context, act_as: Any) -> None:
    experiment = await experiment_of(owner)
    root = at(act_as(owner), f"/experiments/{experiment.id}/elsewhere")
    state = await _call(root, ElsewhereState, "load")
    assert [(block.name, block.asked) for block in state.blocks] == [("Orders", "converted"), ("Revenue", "mean")]
    rows = [
        {"units": "1,000", "converted": "100"}, {"units": "1,000", "converted": "130"},
        {"units": "1,000", "mean": "5.2", "deviation": "20"}, {"units": "1,000", "mean": "7.1", "deviation": "22.5"},
    ]  # fmt: skip
    await filled(root, rows, source="Mail tool", started_on="2026-03-01", ended_on="2026-03-14")
    [found] = await submitted(owner, experiment.id)
    orders, revenue = found.metrics
    assert (found.source, found.ended_at and found.ended_at.date().isoformat()) == ("Mail tool", "2026-03-15")
    assert orders.arms[1].difference is not None
    assert orders.arms[1].difference.p == pytest.approx(0.03549, abs=1e-5)  # 100 and 130 of 1,000 each: EXP-04
    welch: Any = stats.ttest_ind_from_stats(7.1, 22.5, 1000, 5.2, 20, 1000, equal_var=False)
    assert revenue.arms[1].difference is not None
    assert revenue.arms[1].difference.p == pytest.approx(welch.pvalue)
    assert await _messages(root) == ["success"]


@pytest.mark.asyncio(loop_scope="session")
async def test_problems_stand_at_their_row_and_nothing_is_kept(db: JoinedSource, owner: Context, act_as: Any) -> None:
    experiment = await experiment_of(owner)
    root = at(act_as(owner), f"/experiments/{experiment.id}/elsewhere")
    good, source = {"units": "1000", "converted": "100"}, {"source": "Mail tool"}
    for rows, place in (
        ([good, {"units": "1000"}], 1),
        ([{"units": "10.5", "converted": "1"}, good], 0),
        ([good, {"units": "100", "converted": "101"}], 1),
        ([good, {"units": "many", "converted": "1"}], 1),
        ([{}, {}, good | {"mean": "1", "deviation": "-2"}], 2),
        (
            [
                {},
                {},
                {"units": "10", "mean": "1", "deviation": "-1e40"},
                {"units": "10", "mean": "1", "deviation": "1"},
            ],
            2,
        ),
    ):
        state = await filled(root, rows, **source)
        assert list(state.errors) == [state.arms[place].id], rows
    assert list((await filled(root, [], **source)).errors) == ["metrics"]
    assert list((await filled(root, [good, good])).errors) == ["source"]
    turned = await filled(root, [good, good], **source, started_on="2026-03-02", ended_on="2026-02-01")
    assert list(turned.errors) == ["ended_at"]
    assert list((await filled(root, [good, good], **source, started_on="soon")).errors) == ["started_at"]
    assert await submitted(owner, experiment.id) == []


@pytest.mark.asyncio(loop_scope="session")
async def test_of_a_stranger_there_is_nothing(db: JoinedSource, owner: Context, act_as: Any) -> None:
    root = at(act_as(owner), "/experiments/7d9f8a10-0000-4000-8000-000000000001/elsewhere")
    assert (await _call(root, ElsewhereState, "load")).missing


@pytest.mark.asyncio(loop_scope="session")
async def test_what_ran_elsewhere_began_and_ended_on_the_days_that_are_told(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    experiment = await lives.ready(owner, "Mail", settings={"exposed_when_served": False})
    root = at(act_as(owner), f"/experiments/{experiment.id}")
    assert (await _call(root, ExperimentHeadState, "load")).elsewhere
    await _call(root, ExperimentHeadState, "ask", name="start")
    await _call(root, ExperimentHeadState, "put_day", value="2999-01-01")
    head = await _call(root, ExperimentHeadState, "act", name="start")
    assert list(head.errors) == ["started_at"]
    zone = ZoneInfo(owner.zone)
    today = now().astimezone(zone).date()
    first, last = today - timedelta(days=20), today - timedelta(days=6)
    for name, day in (("start", first), ("stop", last)):
        await _call(root, ExperimentHeadState, "ask", name=name)
        await _call(root, ExperimentHeadState, "put_day", value=day.isoformat())
        await _call(root, ExperimentHeadState, "act", name=name)
    found = await lives.read(owner, experiment)
    assert found.started_at == datetime.combine(first, time.min, zone)
    assert found.stopped_at == datetime.combine(last + timedelta(days=1), time.min, zone), "the last day counts whole"


@pytest.mark.asyncio(loop_scope="session")
async def test_today_and_no_day_mean_now(db: JoinedSource, owner: Context, act_as: Any) -> None:
    for name, day in (("One", ""), ("Two", now().astimezone(ZoneInfo(owner.zone)).date().isoformat())):
        experiment = await lives.ready(owner, name, settings={"exposed_when_served": False})
        root = at(act_as(owner), f"/experiments/{experiment.id}")
        await _call(root, ExperimentHeadState, "load")
        await _call(root, ExperimentHeadState, "act", name="start")
        await _call(root, ExperimentHeadState, "ask", name="stop")
        await _call(root, ExperimentHeadState, "put_day", value=day)
        await _call(root, ExperimentHeadState, "act", name="stop")
        found = await lives.read(owner, experiment)
        assert found.stopped_at is not None
        assert now() - found.stopped_at < timedelta(minutes=1)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_list_says_what_came_of_those_that_are_over(db: JoinedSource, owner: Context, act_as: Any) -> None:
    undecided = await lives.act(owner, await lives.running(owner, "Undecided"), Act.STOP)
    back = await lives.decide(owner, await lives.running(owner, "Back"), "rollback")
    assert (undecided.decision, back.decision is None) == (None, False)
    rows = (await _call(at(act_as(owner), "/experiments"), ExperimentsState, "load")).rows
    told = {row.name: (row.outcome, row.outcome_tone) for row in rows}
    assert told == {"Undecided": ("To be decided", "warning"), "Back": ("Rolled back", "neutral")}
    assert back.decision is not None
    decision = back.decision.model_copy(update={"outcome": DecisionOutcome.SHIP, "served": "green"})
    shipped = line_of(owner, back.model_copy(update={"decision": decision}))
    assert (shipped.outcome, shipped.outcome_tone) == ("Shipped: green", "success")
