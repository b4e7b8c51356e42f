"""The one pass over the events against a recount in plain Python, on random data with everything odd in it."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.domains.experiments.metric_schemas import Definition
from enterprise_app.domains.experiments.queries import analysis
from enterprise_app.domains.experiments.queries.accumulating import Scope
from enterprise_app.domains.experiments.vocabulary import Dimension
from tests.domains.experiments import recount
from tests.domains.experiments.events import START, random_events, random_units, write
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")

ORDERS = {"name": "Order Completed", "value": "revenue"}
LEVEL = {"name": "Level"}
ROUNDS = LEVEL | {"value": "property", "property": "rounds"}
METRICS: list[dict[str, Any]] = [
    {"kind": "proportion", "event": {"name": "Signed Up"}},
    {"kind": "proportion", "event": LEVEL, "window_hours": 24},
    {"kind": "mean", "event": LEVEL | {"filters": [{"field": "device", "op": "ne", "value": "mobile"}]}},
    {"kind": "mean", "event": ROUNDS, "winsorise": 0.9},
    {"kind": "mean", "event": ROUNDS, "winsorise": 0.7, "ignore_zeros": True, "window_hours": 100},
    {"kind": "revenue", "event": ORDERS, "currency": "EUR", "window_hours": 72},
    {"kind": "revenue", "event": ORDERS, "currency": "EUR", "winsorise": 0.95},
    {"kind": "ratio", "event": ROUNDS, "denominator": LEVEL},
    {"kind": "ratio", "event": ORDERS, "denominator": {"name": "Order Completed"}, "currency": "EUR"},
    {"kind": "percentile", "event": ROUNDS, "percentile": 0.5},
    {"kind": "percentile", "event": ROUNDS, "percentile": 0.9, "ignore_zeros": True},
    {"kind": "retention", "event": LEVEL, "first_day": 1, "last_day": 1},
    {"kind": "retention", "event": {"type": "page"}, "first_day": 2, "last_day": 8},
    {"kind": "mean", "event": LEVEL | {"filters": [
        {"field": "properties.rounds", "op": "gte", "value": "12.5"},
        {"field": "properties.plan", "op": "in", "value": ["a", "b"]}]}},
]  # fmt: skip
DEFINITIONS = [Definition.model_validate(m) for m in METRICS]


async def measured(ctx: Context, scope: Scope, dimension: Dimension | None = None) -> Any:
    async with tenant_session(ctx) as session:
        return await analysis.measure(
            session, scope, [analysis.Measured.of(d, cuped=True) for d in DEFINITIONS], dimension
        )


def scope_of(ctx: Context, experiment: UUID, units: dict[UUID, Any], days: int, stopped: int | None) -> Scope:
    counted = [at for _, at, conflicted in units.values() if not conflicted]
    ended = None if stopped is None else START + timedelta(days=stopped)
    return Scope(ctx.tenant_id, experiment, min(counted), max(counted), START + timedelta(days=days), ended)


def taking_part(units: dict[UUID, Any], scope: Scope) -> dict[UUID, tuple[str, datetime]]:
    return {
        unit: (variant, at)
        for unit, (variant, at, conflicted) in units.items()
        if not conflicted and at <= scope.as_of and (scope.ended_at is None or at < scope.ended_at)
    }


@pytest.mark.parametrize(
    ("seed", "days", "stopped"), [(1, 60, None), (2, 12, None), (3, 60, 8), (4, 9, 8), (5, 30, 30)]
)
async def test_sums_are_those_of_a_recount(seed: int, days: int, stopped: int | None) -> None:
    dice, ctx, experiment = random.Random(seed), make_context(), new_id()
    units = random_units(dice, 120)
    events = random_events(dice, units, 1_500)
    await write(ctx, experiment, units, events)
    scope = scope_of(ctx, experiment, units, days, stopped)
    found = await measured(ctx, scope)
    everyone = taking_part(units, scope)
    exposed = {unit: at for unit, (_, at) in everyone.items()}
    for number, definition in enumerate(METRICS):
        totals = recount.values(definition, definition["event"], exposed, events, scope.as_of, scope.ended_at)
        cap = recount.cap_of(definition, totals)
        columns = {"y": {u: recount.worth(definition, t, cap) for u, t in totals.items()}}
        if definition["kind"] not in ("percentile", "retention"):
            before = recount.values(definition, definition["event"], exposed, events, scope.as_of, None, before=True)
            columns["x"] = {u: recount.worth(definition, t, cap) for u, t in before.items()}
        if "denominator" in definition:
            for name, early in (("b", False), ("z", True)):
                told = recount.values(
                    definition, definition["denominator"], exposed, events, scope.as_of, scope.ended_at, before=early
                )
                columns[name] = {u: recount.worth(definition, t, None) for u, t in told.items()}
        for variant in ("control", "blue", "green"):
            arm = found[variant, None][number]
            own = [u for u, (v, _) in everyone.items() if v == variant]
            if definition["kind"] == "retention":
                own = [u for u in own if exposed[u] + timedelta(days=definition["last_day"] + 1) <= scope.as_of]
            check(definition, arm, {name: [column[u] for u in own] for name, column in columns.items()})
            if definition["kind"] == "revenue":
                assert arm.money == sum((totals[u] or 0) for u in own), definition


def check(definition: dict[str, Any], arm: analysis.ArmSums, columns: dict[str, list[float]]) -> None:
    assert arm.n == len(columns["y"]), definition
    if definition["kind"] == "percentile":
        wanted = [v for v in columns["y"] if v != 0 or not definition.get("ignore_zeros")]
        assert sorted(arm.values) == pytest.approx(sorted(wanted), rel=1e-12)
        return
    expected = {name: sum(values) for name, values in columns.items()}
    for a, first in columns.items():
        for b, second in columns.items():
            expected[a + b] = sum(x * y for x, y in zip(first, second, strict=True))
    assert {name: arm.sums[name] for name in arm.sums} == {
        name: pytest.approx(expected[name], rel=1e-9, abs=1e-9) for name in arm.sums
    }, definition
    assert arm.sums, definition


async def test_segments_add_up_to_the_whole() -> None:
    dice, ctx, experiment = random.Random(6), make_context(), new_id()
    units = random_units(dice, 100)
    events = random_events(dice, units, 800)
    await write(ctx, experiment, units, events)
    scope = scope_of(ctx, experiment, units, 60, None)
    whole, parts = await measured(ctx, scope), await measured(ctx, scope, Dimension.DEVICE)
    assert {segment for _, segment in parts} == {"mobile", "desktop", None}
    for (variant, _), arms in whole.items():
        for number, arm in enumerate(arms):
            own = [arms[number] for (v, _), arms in parts.items() if v == variant]
            assert arm.n == sum(a.n for a in own)
            for name, total in arm.sums.items():
                assert total == pytest.approx(sum(a.sums[name] for a in own), rel=1e-9)
    assert {(v, s): a[0].n for (v, s), a in parts.items()} == by_device(units, events, scope)


def by_device(units: dict[UUID, Any], events: list[recount.Seen], scope: Scope) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for unit, (variant, at) in taking_part(units, scope).items():
        told = [e for e in events if e.visitor == unit and e.device and not e.bot]
        told = sorted((e.at, e.device) for e in told if at - timedelta(minutes=30) <= e.at <= scope.as_of)
        segment = told[0][1] if told else None
        found[variant, segment] = found.get((variant, segment), 0) + 1
    return found


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
async def test_every_day_of_the_series_is_a_recount_up_to_its_end(zone: str) -> None:
    dice, ctx, experiment = random.Random(7), make_context(), new_id()
    units = random_units(dice, 60)
    events = random_events(dice, units, 600)
    await write(ctx, experiment, units, events)
    scope = scope_of(ctx, experiment, units, 60, 30)
    chosen = [n for n, m in enumerate(METRICS) if m["kind"] not in ("retention", "percentile")]
    metrics = [analysis.Measured.of(DEFINITIONS[n], cuped=False) for n in chosen]
    async with tenant_session(ctx) as session:
        whole = await analysis.measure(session, scope, metrics)
        caps = [arm.cap for arm in whole["control", None]]
        series = await analysis.steps(session, scope, metrics, caps, zone)
    everyone = taking_part(units, scope)
    exposed = {unit: at for unit, (_, at) in everyone.items()}
    for place, number in enumerate(chosen):
        definition = METRICS[number]
        for day in sorted({s.day for s in series[place]})[::4]:
            until = [e for e in events if e.at.astimezone(ZoneInfo(zone)).date() <= day or e.name == "Order Refunded"]
            totals = recount.values(definition, definition["event"], exposed, until, scope.as_of, scope.ended_at)
            for variant in ("control", "blue", "green"):
                ys = [
                    recount.worth(definition, totals[u], caps[place]) for u, (v, _) in everyone.items() if v == variant
                ]
                own = [s.sums for s in series[place] if s.variant == variant and s.day <= day]
                assert sum(s["y"] for s in own) == pytest.approx(sum(ys), rel=1e-9, abs=1e-7), (definition, day)
                assert sum(s["yy"] for s in own) == pytest.approx(sum(y * y for y in ys), rel=1e-9, abs=1e-6)
